import Lowering
import ResNet
import TestSupport
import Testing

@testable import ONNXFormat

@Suite struct ONNXLoweringTests {
  @Test(arguments: LoweringLaws.descriptions.indices)
  func `what is lowered for ONNX computes the same`(_ index: Int) throws {
    let model = try LoweringLaws.descriptions[index].network(named: "net", seed: 3)
    var lowered = try LoweredNetwork(model)
    try lowered.apply(GraphDraft.passes)
    #expect(try LoweringLaws.faults(of: lowered, from: model, tolerance: 1e-13) == [])
  }
}
