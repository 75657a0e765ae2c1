import ModelGraph
import ResNetKit
import TensorCore
import TestSupport
import Testing
import Verification

private let levels = InstructionSet.allCases.filter(\.isAvailable)

/// Random networks, every layer of which is judged alone against the oracle.
@Suite struct RandomGraphTests {
  private static func verify(
    _ seed: UInt64, _ options: ExecutionOptions
  ) throws -> [LayerVerification.Result] {
    let network = try randomNetwork(seed: seed)
    var random = SeededGenerator(seed: seed &+ 1000)
    let shape = try network.shapes(for: [:])["data"]!
    return try LayerVerification(
      of: network, inputs: ["data": random.tensor(shape)], options: options
    ).results.filter { !$0.agrees }
  }

  @Test(arguments: UInt64(0)..<300)
  func `every layer is within its bound, on every instruction set`(_ seed: UInt64) throws {
    for level in levels {
      for isStrict in [false, true] {
        let options = ExecutionOptions(
          threadCount: Int(seed % 3) + 1, instructionSet: level, isStrict: isStrict)
        let outside = try Self.verify(seed, options)
        #expect(outside.isEmpty, "\(level), strict: \(isStrict): \(outside)")
      }
    }
  }

  @Test(arguments: [(64, 56), (128, 28), (256, 14), (512, 7), (48, 15), (33, 9)])
  func `Winograd's convolution is within its bound`(_ channels: Int, _ side: Int) throws {
    var random = SeededGenerator(seed: 3)
    let layer = Layer.Convolution(
      kernel: random.tensor([16, channels, 3, 3]), bias: random.tensor([16]),
      padding: Padding(vertical: 1, horizontal: 1))
    let shape: Shape = [1, channels, side, side]
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: shape))),
        Node("y", .convolution(layer), inputs: ["data"]),
      ])
    // As after a rectifier: half of the elements are zero.
    let data = Tensor(shape, random.tensor(shape).floats.map { max($0, 0) })
    for level in levels {
      let options = ExecutionOptions(instructionSet: level)
      let results = try LayerVerification(of: network, inputs: ["data": data], options: options)
        .results
      let outside = results.filter { !$0.agrees }
      #expect(outside.isEmpty, "\(level): \(outside)")
    }
  }
}
