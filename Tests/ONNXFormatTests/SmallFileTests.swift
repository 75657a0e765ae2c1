import Foundation
import ResNetKit
import TestSupport
import Testing

/// The small files of `fixtures/onnx/small`, each one odd thing that a reader must get right, with
/// what they mean in float64: see `fixtures/onnx/small.py`.
@Suite struct SmallFileTests {
  static let names: [String] = {
    let folder = Places.fixture("onnx/small")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()
  static let sound = names.filter { !$0.hasPrefix("refused-") }
  static let refused = names.filter { $0.hasPrefix("refused-") }

  static func model(_ name: String) throws -> Model {
    try ModelFormats.read([InputFile(path: Places.fixture("onnx/small/\(name).onnx"))]).model
  }

  static func fixture(_ name: String, for model: Model) throws -> Fixture {
    let arrays = try NPZ.read(InputFile(path: Places.fixture("onnx/small/\(name).npz")))
    return try Fixture(arrays: arrays, for: model)
  }

  @Test func `all are there`() {
    #expect(Self.sound.count >= 68)
    #expect(Self.refused.count >= 12)
  }

  @Test(arguments: sound)
  func `a graph computes what it means`(_ name: String) throws {
    let model = try Self.model(name)
    let fixture = try Self.fixture(name, for: model)
    #expect(fixture.unmatched.isEmpty, "\(fixture.unmatched)")
    #expect(!fixture.goldens.isEmpty)
    let scale = try RoundingScale(of: model.network, for: fixture)
    for engine in [Engine.fast(threadCount: 2), .oracle] {
      let result = try FixtureVerification(
        of: model.network, on: fixture, engine: engine, scale: scale)
      #expect(result.passes, "\(engine): \(result.firstDiverging.map { "\($0)" } ?? "")")
    }
  }

  @Test(arguments: sound)
  func `every weight has its source, and no initializer is used silently`(_ name: String) throws {
    let model = try Self.model(name)
    let targets = Set(model.network.allWeights.map(\.name))
    #expect(Set(model.provenance.ledger.entries.map(\.target)).isSubset(of: targets))
  }

  @Test(arguments: refused)
  func `what no network is, is refused in one line`(_ name: String) throws {
    let error = #expect(throws: FormatError.self) { try Self.model(name) }
    #expect(error?.kind == .badModel)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func `transpositions around every convolution leave no trace`() throws {
    let model = try Self.model("channels-last")
    #expect(model.provenance.format == "onnx-channels-last")
    let moves = model.network.nodes.filter { $0.layer.typeName == "permutation" }
    #expect(moves.isEmpty, "\(moves.map(\.name))")
  }

  @Test func `external data may be named beside its model`() throws {
    let paths = ["external-data.onnx", "external-data.data"].map {
      Places.fixture("onnx/small/\($0)")
    }
    for files in [paths, paths.reversed()] {
      let model = try Model(contentsOf: files[0], files[1])
      #expect(model.provenance.files.map(\.name) == ["external-data.onnx", "external-data.data"])
    }
    let other = Places.fixture("digits/labels.txt")
    #expect(throws: FormatError.self) { try Model(contentsOf: paths[0], other) }
  }

  @Test func `initializers that nobody reads are told`() throws {
    let leftOut = try Self.model("unused").provenance.ledger.leftOut
    #expect(!leftOut.isEmpty)
  }
}
