import Foundation
import ResNetKit
import TestSupport
import Testing

/// Every case of `fixtures/layers`, read, written and read again.
@Suite struct CaffeWritingTests {
  /// Batch normalizations of forks with scale and offset are written as two layers, and half
  /// precision is widened.
  private static let rewritten: Set = [
    "dialect-nvidia", "dialect-nvidia-digits", "dialect-nvidia-raw", "fork-bn-pspnet",
    "fork-bn-segstereo", "fork-half",
  ]
  private static let kept = LayerCaseTests.cases.filter { !rewritten.contains($0) }

  @Test(arguments: kept)
  func `a model of Caffe comes back with the same layers and bits`(_ name: String) throws {
    let model = try LayerCaseTests.model(name)
    let written = try WrittenModel(model)
    #expect(try written.copy.networkFile() == model.networkFile())
    #expect(written.copy.network.inputs.map(\.name) == model.network.inputs.map(\.name))
  }

  @Test(
    arguments: kept.filter { name in
      FileManager.default.fileExists(atPath: Places.fixture("layers/\(name).caffemodel"))
    })
  func `the caffemodel alone holds the definition too`(_ name: String) throws {
    let model = try LayerCaseTests.model(name)
    let written = try WrittenModel(model)
    let copy = try CaffeFormat().readModel(
      from: [InputFile(path: written.weights)], options: ReadingOptions()
    ).model
    #expect(try copy.networkFile() == model.networkFile())
  }

  @Test(arguments: LayerCaseTests.cases)
  func `written files pass the golden values of the originals`(_ name: String) throws {
    let arrays = try NPZ.read(InputFile(path: Places.fixture("layers/\(name).npz")))
    let copy = try WrittenModel(LayerCaseTests.model(name)).copy
    let fixture = try Fixture(arrays: arrays, for: copy)
    let scale = try RoundingScale(of: copy.network, for: fixture)
    let result = try FixtureVerification(
      of: copy.network, on: fixture, engine: .oracle, scale: scale)
    #expect(result.passes && result.comparedCount == result.valueCount)
  }

  @Test(arguments: LayerCaseTests.cases)
  func `what was written before is written again byte by byte`(_ name: String) throws {
    let model = try LayerCaseTests.model(name)
    let first = try WrittenModel(model)
    var copy = first.copy
    copy.preprocessing = model.preprocessing  // a comment, which no reader reads
    let second = try WrittenModel(copy)
    #expect(first.folder.contents == second.folder.contents)
    for file in first.folder.contents {
      let (a, b) = (first.folder.path(file), second.folder.path(file))
      #expect(FileManager.default.contentsEqual(atPath: a, andPath: b))
    }
  }

  @Test func `mean image and labels come back with the network`() throws {
    let names = [
      "digits-resnet.prototxt", "digits-resnet.caffemodel", "mean.binaryproto", "labels.txt",
    ]
    let files = try names.map { try InputFile(path: Places.fixture("digits/\($0)")) }
    let model = try CaffeFormat().readModel(from: files, options: ReadingOptions()).model
    let written = try WrittenModel(model)
    #expect(try written.copy.networkFile() == model.networkFile())
    #expect(written.copy.labels == model.labels)
    guard case .image(let original) = model.preprocessing?.mean,
      case .image(let copy) = written.copy.preprocessing?.mean
    else {
      Issue.record("expected mean images")
      return
    }
    #expect(copy.isBitEqual(to: original))
    // Both are what Caffe's tools write: the very bytes.
    for (name, original) in [("mean.binaryproto", files[2]), ("labels.txt", files[3])] {
      #expect(
        FileManager.default.contentsEqual(atPath: written.folder.path(name), andPath: original.path)
      )
    }
  }

  @Test func `payloads of a caffemodel of the present dialect are the same bytes`() throws {
    let weights = try InputFile(path: Places.fixture("digits/digits-resnet.caffemodel"))
    let model = try CaffeFormat().readModel(
      from: [InputFile(path: Places.fixture("digits/digits-resnet.prototxt")), weights],
      options: ReadingOptions()
    ).model
    let written = try WrittenModel(model)
    let file = try InputFile(path: written.weights)
    let stored = Dictionary(uniqueKeysWithValues: written.tensors.map { ($0.weight, $0) })
    #expect(stored.count == model.provenance.ledger.entries.count)
    for entry in model.provenance.ledger.entries {
      let weight = try #require(stored[entry.target])
      let (source, target) = (entry.source, weight.target)
      #expect(target.object == source.object && weight.transforms.isEmpty)
      #expect(
        file.bytes.slice(from: try #require(target.byteOffset), count: target.byteCount)
          == weights.bytes.slice(from: try #require(source.byteOffset), count: source.byteCount))
    }
  }
}
