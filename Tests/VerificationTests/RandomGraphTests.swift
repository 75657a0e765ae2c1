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
}
