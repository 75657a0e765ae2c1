import Lowering
import ResNet
import TestSupport
import Testing

@testable import KerasFormat

@Suite struct KerasLoweringTests {
  @Test(arguments: LoweringLaws.descriptions.indices)
  func `what is lowered for Keras computes the same`(_ index: Int) throws {
    let model = try LoweringLaws.descriptions[index].network(named: "net", seed: 3)
    var lowered = try LoweredNetwork(model)
    try lowered.apply(KerasGraph.passes)
    #expect(try LoweringLaws.faults(of: lowered, from: model, tolerance: 1e-13) == [])
  }
}
