import Foundation
import ResNetKit
import TestSupport
import Testing

/// A definition without weights is described as the whole model is.
@Suite struct DefinitionTests {
  /// What does not depend on the numbers of the weights.
  private static func outline(_ summary: ModelSummary) -> [String] {
    summary.rows.map {
      "\($0.name) \($0.typeName) \($0.cost.outputShapes) \($0.cost.parameterCount) "
        + "\($0.cost.storedCount) \($0.cost.multiplyAccumulates)"
    } + ["\(summary.architecture)"]
  }

  private static func expectSame(
    _ definition: [InputFile], _ whole: [InputFile],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let alone = try #require(try ModelFormats.readDefinition(definition))
    let summary = try ModelSummary(of: alone)
    let model = try ModelSummary(of: ModelFormats.read(whole).model)
    #expect(outline(summary) == outline(model), sourceLocation: sourceLocation)
    #expect(!summary.hasWeights && model.hasWeights, sourceLocation: sourceLocation)
    #expect(summary.rows.allSatisfy { $0.statistics == nil }, sourceLocation: sourceLocation)
  }

  /// Every definition in a folder that has a caffemodel of its name beside it.
  private static func pairs(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Places.fixture(folder)).sorted()
      .filter { $0.hasSuffix(".prototxt") }.map { "\(folder)/\($0.dropLast(9))" }
      .filter { FileManager.default.fileExists(atPath: Places.fixture("\($0).caffemodel")) }
  }

  @Test(arguments: try pairs(in: "layers") + pairs(in: "digits"))
  func `a definition of Caffe has the layers and costs of its model`(_ name: String) throws {
    let definition = try InputFile(path: Places.fixture("\(name).prototxt"))
    let weights = try InputFile(path: Places.fixture("\(name).caffemodel"))
    guard let whole = try? ModelFormats.read([definition, weights]).model else { return }
    // A model without weights is a model, and dialects may only be told by the weights.
    guard whole.provenance.format != "caffe-nvidia" else { return }
    try Self.expectSame([definition], [definition, weights])
  }

  @Test func `files with weights and without need are no definition`() throws {
    let names = ["digits/digits-resnet.prototxt", "digits/digits-resnet.caffemodel"]
    let files = try names.map { try InputFile(path: Places.fixture($0)) }
    #expect(try ModelFormats.readDefinition(files) == nil)
    #expect(try ModelFormats.readDefinition([files[1]]) == nil)
  }

  @Test(arguments: ["layers/line.keras"])
  func `a definition of Keras has the layers and costs of its model`(_ name: String) throws {
    let file = try InputFile(path: Places.fixture("keras/\(name)"))
    let archive = try ZipArchive(file.bytes)
    let member = try #require(archive["config.json"])
    let definition = InputFile(path: "config.json", bytes: try archive.contents(of: member))
    try Self.expectSame([definition], [file])
  }

  @Test func `what is wrong with a definition is told as ever`() {
    let text = InputFile(
      path: "net.prototxt",
      bytes: Bytes(
        Array("input: 'data' layer { name: 'a' type: 'Hardmax' bottom: 'data' top: 'a' }".utf8)))
    let error = #expect(throws: FormatError.self) { try ModelFormats.readDefinition([text]) }
    #expect(error?.kind == .badModel && error?.file == "net.prototxt")
  }
}

/// Definitions that others wrote; skipped where `RESNET_TOOLKIT_DATA` names no folder.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
struct RealDefinitionTests {
  @Test(arguments: [
    ("ResNet-50-deploy.prototxt", "ResNet-50 v1", 25_557_096, 3_857_973_248),
    ("ResNet-101-deploy.prototxt", "ResNet-101 v1", 44_549_160, 7_570_194_432),
    ("ResNet-152-deploy.prototxt", "ResNet-152 v1", 60_192_808, 11_282_415_616),
  ])
  func `the authors' definitions are recognised without any weight`(
    _ name: String, _ architecture: String, _ parameters: Int, _ products: Int
  ) throws {
    let file = try InputFile(path: "\(Places.realData ?? "")/caffe-msra/\(name)")
    let clock = ContinuousClock()
    var summary: ModelSummary?
    let time = try clock.measure {
      summary = try ModelFormats.readDefinition([file]).map { try ModelSummary(of: $0) }
    }
    #expect(summary?.architecture.description.hasPrefix(architecture) == true)
    #expect(summary?.parameterCount == parameters)
    #expect(summary?.multiplyAccumulates == products)
    #expect(time < .seconds(60))  // against a hang only
  }
}
