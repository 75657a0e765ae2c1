import Foundation
import ResNetKit
import TestSupport
import Testing

/// The example of the README, run as it stands.
@Suite struct ExampleTests {
  @Test func `a model is read, run and verified in a few lines`() throws {
    let definition = Places.fixture("digits/digits-resnet.prototxt")
    let weights = Places.fixture("digits/digits-resnet.caffemodel")
    let fixture = Places.fixture("digits/digits-golden-layers.npz")

    let model = try Model(contentsOf: definition, weights)
    let arrays = try NPZ.read(InputFile(path: fixture))
    let golden = try Fixture(arrays: arrays, for: model)

    let session = try Session(model, threads: 2)
    let outputs = try session.run(golden.inputs)
    #expect(outputs["prob"]?.shape == [2, 10])

    let scale = try RoundingScale(of: model.network, for: golden)
    let verification = try FixtureVerification(
      of: model.network, on: golden, engine: .fast(threadCount: 2), scale: scale)
    #expect(verification.passes)
  }

  @Test(arguments: [["net.resnet"], ["net.keras"], ["net.weights.h5", "net.json"], ["caffe/"]])
  func `a model is written where names say what format`(_ names: [String]) throws {
    let definition = Places.fixture("digits/digits-resnet.prototxt")
    let weights = Places.fixture("digits/digits-resnet.caffemodel")
    let model = try Model(contentsOf: weights, definition)
    let folder = TemporaryFolder()
    let paths = names.map { folder.path($0) + ($0.hasSuffix("/") ? "/" : "") }
    if paths.count == 1 {
      try model.write(to: paths[0])
    } else {
      try model.write(to: paths[0], paths[1])
    }
    let files =
      names == ["caffe/"]
      ? ["net.prototxt", "net.caffemodel"].map { folder.path("caffe/" + $0) } : paths
    let written =
      files.count == 1
      ? try Model(contentsOf: files[0]) : try Model(contentsOf: files[0], files[1])
    let data = try SeededInput.noise(for: model.network)
    let comparison = try ModelComparison(
      model.network, written.network, inputs: data, engine: .fast(threadCount: 2))
    #expect(comparison.passes, "\(comparison.firstDiverging?.value ?? "weights")")
  }

  @Test func `a name that is no model's is refused, and nothing is written`() throws {
    let model = try Model(contentsOf: Places.fixture("digits/digits-resnet.caffemodel"))
    let folder = TemporaryFolder()
    #expect(throws: FormatError.self) { try model.write(to: folder.path("net.onnxx")) }
    #expect(throws: FormatError.self) { try model.write(to: folder.path("net.prototxt")) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }
}
