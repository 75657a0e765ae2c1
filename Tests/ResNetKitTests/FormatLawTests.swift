import ResNet
import TestSupport
import Testing

/// Every format keeps the laws of formats; a new one is one line here.
@Suite struct FormatLawTests {
  static let ways = [
    ["net.resnet"], ["net.keras"], ["net.h5"], ["net.onnx"], ["net.caffemodel", "net.prototxt"],
  ]

  /// Units behind activations without weights in shortcuts, and bottlenecks before with all of them.
  static let descriptions = [LoweringLaws.descriptions[0], LoweringLaws.descriptions[5]]

  @Test(arguments: ways, descriptions)
  func `a model comes back, and is written again byte for byte`(
    _ names: [String], _ description: ResNetDescription
  ) throws {
    let laws = try #require(FormatLaws(writing: names))
    let folder = TemporaryFolder(inMemory: true)
    let model = try description.model(named: "net", seed: 5)
    let faults = try laws.roundTripFaults(of: model, in: folder.path)
    #expect(faults == [])
  }

  @Test(arguments: ways, descriptions)
  func `the ledger of what was written balances`(
    _ names: [String], _ description: ResNetDescription
  ) throws {
    let laws = try #require(FormatLaws(writing: names))
    let folder = TemporaryFolder(inMemory: true)
    let model = try description.model(named: "net", seed: 5)
    let faults = try laws.ledgerFaults(of: model, in: folder.path)
    #expect(faults == [])
  }

  @Test(arguments: ways)
  func `a damaged file is read or refused`(_ names: [String]) throws {
    let laws = try #require(FormatLaws(writing: names))
    let folder = TemporaryFolder(inMemory: true)
    let model = try Self.descriptions[0].model(named: "net", seed: 5)
    let faults = try laws.damageFaults(of: model, in: folder.path, seed: 11)
    #expect(faults == [])
  }
}
