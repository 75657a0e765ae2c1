import Kernels
import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import Runtime

@Suite("What decides which kernels run")
struct ChoiceTests {
  /// 3 × 3 over a square of so many channels, which stay as many.
  private func convolution(_ channels: Int, side: Int) -> ConvolutionGeometry {
    let unit = Windows.Size(height: 1, width: 1)
    let image = Windows.Size(height: side, width: side)
    return ConvolutionGeometry(
      inputChannels: channels, outputChannels: channels, groups: 1,
      windows: Windows(
        input: image, output: image, kernel: Windows.Size(height: 3, width: 3), stride: unit,
        dilation: unit, leadingPadding: unit, trailingPadding: unit))
  }

  @Test(arguments: [(1, true), (11, true), (40, false)])
  func `weights may be large where that saves much and they fit`(
    _ count: Int, _ isLarge: Bool
  ) throws {
    let kernels = try #require(BlockedKernels(.scalar))
    let deep = convolution(256, side: 14)
    let table = CostTable(.avx2)
    #expect(table.winograd(deep, tile: 4, kernels: kernels) == .infinity)
    let chosen = table.weighing([ConvolutionGeometry](repeating: deep, count: count), kernels)
    #expect((chosen.winograd(deep, tile: 4, kernels: kernels) < .infinity) == isLarge)
  }

  @Test func `weights stay small where most of the time goes elsewhere`() throws {
    let kernels = try #require(BlockedKernels(.scalar))
    let deep = convolution(256, side: 14)
    let shallow = [ConvolutionGeometry](repeating: convolution(64, side: 112), count: 8)
    let chosen = CostTable(.avx2).weighing(shallow + [deep], kernels)
    #expect(chosen.winograd(deep, tile: 4, kernels: kernels) == .infinity)
  }

  @Test func `a session for another batch packs no weights anew, for another image it may`() throws
  {
    let session = try Session(block(), threads: 1)
    func run(_ shape: Shape) throws -> PackedWeights {
      var random = SeededGenerator(seed: 9)
      _ = try session.run(["data": random.tensor(shape)])
      return session.plan.weights
    }
    let one = try run([1, 4, 6, 6])
    let three = try run([3, 4, 6, 6])
    #expect(one === three && !three.isMissing)
    let larger = try run([1, 4, 64, 64])
    #expect(larger === one || !larger.agrees(with: one))
  }

  @Test(arguments: InstructionSet.allCases)
  func `an instruction set that the processor lacks is refused by name`(
    _ set: InstructionSet
  ) throws {
    let options = ExecutionOptions(instructionSet: set)
    if set.isAvailable {
      #expect(try ExecutionPlan(for: block(), options: options).options == options)
    } else {
      let error = #expect(throws: NetworkError.self) {
        try ExecutionPlan(for: block(), options: options)
      }
      #expect(error?.reason.contains("does not run \(set.rawValue), only scalar") == true)
    }
  }

  @Test func `a gate of one number a channel is computed in blocks`() throws {
    var random = SeededGenerator(seed: 5)
    let kernels: [Tensor] = [random.tensor([20, 20, 1, 1]), random.tensor([7, 20, 1, 1])]
    let network = try Network(
      name: "gated",
      nodes: [
        Node("data", .input(.init(shape: [2, 20, 5, 4]))),
        Node("x", .convolution(.init(kernel: kernels[0])), inputs: ["data"]),
        Node("mean", .globalPooling(.init(kind: .average)), inputs: ["x"]),
        Node("gate", .activation(.sigmoid), inputs: ["mean"]),
        Node("y", .elementwise(.init(operation: .product)), inputs: ["gate", "x"]),
        Node("z", .convolution(.init(kernel: kernels[1])), inputs: ["y"]),
      ])
    let data: [String: Tensor] = ["data": random.tensor([2, 20, 5, 4])]
    let session = try Session(network, threads: 2)
    #expect(session.plan.steps.contains { $0.kernel is ChannelAffineKernel })
    var values: [String: [Float]] = [:]
    try Session(network, observing: .all).run(data) { values[$0.name] = Array($0.elements) }
    let (x, gate, y) = (values["x"]!, values["gate"]!, values["y"]!)
    #expect(y == x.indices.map { x[$0] * gate[$0 / 20] })
    #expect(try session.run(data)["z"]?.floats == values["z"])
  }
}
