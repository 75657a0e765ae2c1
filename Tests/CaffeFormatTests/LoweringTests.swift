import Lowering
import ResNet
import TestSupport
import Testing

@testable import CaffeFormat

@Suite struct CaffeLoweringTests {
  @Test(arguments: LoweringLaws.descriptions.indices)
  func `what is lowered for Caffe computes the same`(_ index: Int) throws {
    let model = try LoweringLaws.descriptions[index].network(named: "net", seed: 3)
    var lowered = try LoweredNetwork(model)
    try lowered.apply(CaffeGraph.passes)
    #expect(try LoweringLaws.faults(of: lowered, from: model, tolerance: 1e-13) == [])
  }
}
