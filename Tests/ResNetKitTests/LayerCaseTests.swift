import Foundation
import ResNetKit
import TestSupport
import Testing

/// Every case of `fixtures/layers`: one layer type, option or dialect of Caffe each, with golden
/// values of OpenCV's Caffe importer or of float64 NumPy.
@Suite struct LayerCaseTests {
  static let cases: [String] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: Places.fixture("layers"))) ?? []
    return names.filter { $0.hasSuffix(".npz") }.map { String($0.dropLast(4)) }.sorted()
  }()

  /// How the cases are read whose files do not say it all.
  static let options: [String: ReadingOptions] = [
    "dialect-input-name": ReadingOptions(inputShape: [2, 3, 5, 7]),
    "dialect-input-none": ReadingOptions(inputShape: [2, 3, 5, 7]),
    "dialect-nvidia-factor-zero": ReadingOptions(caffe: .init(dialect: .nvidia)),
    "fork-extra-weights": ReadingOptions(caffe: .init(ignoresExtraWeights: true)),
    "dialect-column-major": ReadingOptions(
      inputShape: [2, 3, 6, 8], caffe: .init(hasColumnMajorKernels: true)),
  ]

  /// The definition and weights of a case, as far as it has them.
  static func model(_ name: String) throws -> Model {
    let paths = ["prototxt", "caffemodel"].map { Places.fixture("layers/\(name).\($0)") }
    let files = try paths.filter { FileManager.default.fileExists(atPath: $0) }
      .map { try InputFile(path: $0) }
    return try CaffeFormat().readModel(from: files, options: options[name] ?? ReadingOptions())
      .model
  }

  static func verification(_ name: String, _ engine: Engine) throws -> FixtureVerification {
    let model = try model(name)
    let arrays = try NPZ.read(InputFile(path: Places.fixture("layers/\(name).npz")))
    let fixture = try Fixture(arrays: arrays, for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    return try FixtureVerification(of: model.network, on: fixture, engine: engine, scale: scale)
  }

  @Test func `the cases are there`() { #expect(Self.cases.count >= 110) }

  @Test(arguments: cases)
  func `the oracle computes what Caffe means`(_ name: String) throws {
    let result = try Self.verification(name, .oracle)
    #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
    #expect(result.comparedCount == result.valueCount)
  }

  @Test(arguments: cases)
  func `the executor stays within rounding of it`(_ name: String) throws {
    let result = try Self.verification(name, .fast(threadCount: 2))
    #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
  }

  @Test(arguments: cases)
  func `each layer alone stays within its derived bound`(_ name: String) throws {
    let model = try Self.model(name)
    let arrays = try NPZ.read(InputFile(path: Places.fixture("layers/\(name).npz")))
    let inputs = try Fixture(arrays: arrays, for: model).inputs
    let result = try LayerVerification(of: model.network, inputs: inputs)
    #expect(result.firstDiverging == nil, "\(result.firstDiverging.map { "\($0)" } ?? "")")
  }

  @Test(arguments: cases)
  func `the native file holds the same model`(_ name: String) throws {
    let folder = TemporaryFolder()
    let model = try Self.model(name)
    let path = folder.path("case.resnet")
    try NativeFormat().write(model, to: OutputFile(path: path, replacing: false))
    let copy = try NativeFormat().readModel(
      from: [InputFile(path: path)], options: ReadingOptions()
    ).model
    #expect(copy.network.nodes.map(\.name) == model.network.nodes.map(\.name))
    #expect(copy.network.weights.count == model.network.weights.count)
    for (a, b) in zip(copy.network.weights, model.network.weights) {
      #expect(a.name == b.name && a.tensor.isBitEqual(to: b.tensor))
    }
    #expect(copy.provenance == model.provenance)
    let again = folder.path("again.resnet")
    try NativeFormat().write(copy, to: OutputFile(path: again, replacing: false))
    #expect(FileManager.default.contentsEqual(atPath: path, andPath: again))
  }
}
