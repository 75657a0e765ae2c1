import Foundation
import ResNetKit
import TestSupport
import Testing

/// Networks that real versions of Keras wrote, with the values they computed: see
/// `fixtures/keras/make_eras.py` and `make_layers.py`.
@Suite struct KerasFixtureTests {
  private func verify(
    _ files: [String], _ golden: String, options: ReadingOptions = ReadingOptions()
  ) throws -> Model {
    let inputs = try files.map { try InputFile(path: Places.fixture("keras/\($0)")) }
    let model = try ModelFormats.read(inputs, options: options).model
    let arrays = try NPZ.read(InputFile(path: Places.fixture("keras/\(golden).npz")))
    let fixture = try Fixture(arrays: arrays, for: model)
    #expect(fixture.unmatched.isEmpty, "\(fixture.unmatched)")
    let scale = try RoundingScale(of: model.network, for: fixture)
    for engine in [Engine.fast(threadCount: 2), .oracle] {
      let result = try FixtureVerification(
        of: model.network, on: fixture, engine: engine, scale: scale)
      #expect(result.passes, "\(engine): \(result.firstDiverging.map { "\($0)" } ?? "")")
    }
    return model
  }

  @Test(arguments: [
    "convolutions", "pooling", "activations", "rearranging", "shared", "line", "channels_first",
  ])
  func `every layer computes what Keras computes`(_ name: String) throws {
    let model = try verify(["layers/\(name).keras"], "layers/\(name)")
    let format = name == "channels_first" ? "keras-3-channels-first" : "keras-3"
    #expect(model.provenance.format == format)
    #expect(model.provenance.arrayLayout == (name == "channels_first" ? .nchw : .nhwc))
    let weights = model.network.weights.map(\.name)
    #expect(Set(model.provenance.ledger.entries.map(\.target)) == Set(weights))
  }

  /// The forms of one network, each by the version that its name says.
  static let eras: [[String]] = [
    "tf2.12", "tf2.13", "tf2.14", "tf2.15", "keras3.0", "keras3.5", "keras3.6", "keras3.15",
  ]
  .flatMap { tag in
    let forms = [["\(tag).h5"], ["\(tag).keras"], ["\(tag).weights.h5", "\(tag).json"]]
    return tag.hasPrefix("tf") ? forms + [["\(tag)-only.h5", "\(tag).json"]] : forms
  }

  @Test(arguments: eras)
  func `a network is the same in every form of every version`(_ files: [String]) throws {
    let tag = files[0].prefix { $0 != "-" }
      .replacingOccurrences(of: ".weights.h5", with: "")
      .replacingOccurrences(of: ".h5", with: "").replacingOccurrences(of: ".keras", with: "")
    let model = try verify(files.map { "eras/\($0)" }, "eras/\(tag)")
    #expect(model.provenance.ledger.entries.count == 17)
  }

  /// Such a layer is saved once, in the place that is met first; see `make_shared.py`.
  @Test(
    arguments: [
      "shared_with_chain-tf2.13", "shared_with_chain-tf2.14", "shared_with_chain-keras3.0",
      "shared_with_chain-keras3.15",
      "shared_with_nested-tf2.14", "shared_with_nested-keras3.0", "shared_with_nested-keras3.15",
    ], [".keras", ".weights.h5"])
  func `a layer that two models have in common has the weights of both`(
    _ name: String, _ form: String
  ) throws {
    let files = ["\(name)\(form)"] + (form == ".keras" ? [] : ["\(name).json"])
    let model = try verify(files.map { "shared/\($0)" }, "shared/\(name)")
    let shared = name.contains("chain") ? ["both"] : ["early", "late"]
    for layer in shared {
      let said = model.provenance.notes.contains { $0.contains("\(layer), saved once") }
      #expect(said, "\(layer): \(model.provenance.notes)")
    }
  }

  @Test func `groups that fit the definition in no version's way are refused`() throws {
    let files = ["shared_with_nested-tf2.14.weights.h5", "shared_with_chain-tf2.14.json"]
    let error = try #require(throws: FormatError.self) {
      try ModelFormats.read(
        files.map { try InputFile(path: Places.fixture("keras/shared/\($0)")) },
        options: ReadingOptions()
      ).model
    }
    #expect(error.description.contains("expected the weights of the definition"))
  }

  @Test(arguments: [
    (["keras0.3.h5", "keras0.3.json"], "keras-0-channels-first", true),
    (["keras1.0.5.h5", "keras1.0.5.json"], "keras-1-channels-first", true),
    (["keras1.0.6-tf.h5", "keras1.0.6-tf.json"], "keras-1", false),
    (["keras1-nameless.h5", "keras1-nameless.json"], "keras-1", false),
    (["keras1.2-th.h5"], "keras-1-channels-first", true),
  ])
  func `files of versions that no longer run are read as those read them`(
    _ files: [String], _ format: String, _ flips: Bool
  ) throws {
    let name = files[0].dropLast(".h5".count)
    let model = try verify(files.map { "old/\($0)" }, "old/\(name)")
    #expect(model.provenance.format == format)
    let transforms = model.provenance.ledger.entries.flatMap(\.transforms)
    #expect(transforms.contains(.flipKernels) == flips)
    let squares = transforms.contains { if case .square = $0 { true } else { false } }
    #expect(squares == ["keras0.3", "keras1.0.5"].contains(name))
    // What a file does not say is told as an assumption.
    #expect(model.provenance.notes.contains { $0.contains("assumed") })
  }

  @Test(arguments: ["caffe-names", "caffe-scales", "applications", "applications-v2", "cifar"])
  func `a definition is inferred from the names and shapes of weights`(_ name: String) throws {
    let shape: Shape? = name == "cifar" ? nil : [1, 3, 64, 64]
    let model = try verify(
      ["inferred/\(name).h5"], "inferred/\(name)", options: ReadingOptions(inputShape: shape))
    // Each assumption is said, with the option that changes it.
    #expect(model.provenance.notes.contains("the file has no definition"))
    #expect(model.provenance.notes.contains { $0.contains("(--epsilon)") })
    let tellsStride = model.provenance.notes.contains { $0.contains("(--stride)") }
    #expect(tellsStride == (name != "applications-v2" && name != "cifar"))
  }

  @Test func `what is assumed about weights without a definition can be changed`() throws {
    let file = try InputFile(path: Places.fixture("keras/inferred/caffe-names.h5"))
    let options = ReadingOptions(
      assumptions: .init(stride: .middle, epsilon: 0.25, padsPooling: true))
    let layers = Dictionary(
      try ModelFormats.read([file], options: options).model.network.nodes.map {
        ($0.name, $0.layer)
      }
    ) { first, _ in first }
    guard case .convolution(let first)? = layers["res3a_branch2a"],
      case .convolution(let middle)? = layers["res3a_branch2b"],
      case .batchNormalization(let norm)? = layers["bn3a_branch2a"],
      case .zeroPadding? = layers["pool1_pad"]
    else {
      Issue.record("expected the layers of a ResNet")
      return
    }
    #expect(first.stride == Extent(1) && middle.stride == Extent(2) && norm.epsilon == 0.25)
  }

  @Test func `what running_std is can be said`() throws {
    let files = ["old/keras1-nameless.h5", "old/keras1-nameless.json"].map {
      Places.fixture("keras/\($0)")
    }
    let model = try ModelFormats.read(
      try files.map { try InputFile(path: $0) },
      options: ReadingOptions(keras: .init(runningDeviation: .deviation))
    ).model
    #expect(
      model.provenance.ledger.entries.contains { $0.transforms == [.square(adding: 0.01)] })
  }
}
