import Foundation
import ResNetKit
import TestSupport
import Testing

/// Small Caffe files behind public reports, with goldens of OpenCV: skipped where
/// RESNET_TOOLKIT_DATA does not name their folder.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA names no folder of real models"))
struct CaffeCaseTests {
  static let options: [String: ReadingOptions] = [
    "caffe-trained-heads": ReadingOptions(caffe: .init(ignoresExtraWeights: true)),
    "caffe-digits-all-in-one": ReadingOptions(
      inputShape: [1, 3, 224, 224], caffe: .init(state: .init(stages: ["deploy"]))),
  ]

  private static func file(_ path: String) throws -> InputFile {
    try InputFile(path: "\(Places.realData ?? "")/cases/\(path)")
  }

  static func model(
    _ name: String, _ options: ReadingOptions? = nil, weights: String = "net.caffemodel"
  ) throws -> Model {
    try CaffeFormat().readModel(
      from: CaffeSource(
        definition: file("\(name)/net.prototxt"), weights: file("\(name)/\(weights)")),
      options: options ?? Self.options[name] ?? ReadingOptions()
    ).model
  }

  static let golden = [
    "caffe-trained-heads", "caffe-ceil-mode", "caffe-unknown-filler-field", "caffe-dup-weightless",
    "caffe-relu6",
  ]
  static let others = [
    "caffe-opencv-fp16-eps", "caffe-axpy", "caffe-bn-psp", "caffe-dwconv",
    "caffe-digits-all-in-one",
  ]

  private static func verification(
    _ model: Model, _ name: String, _ engine: Engine
  ) throws -> FixtureVerification {
    let fixture = try Fixture(arrays: NPZ.read(file("\(name)/golden.npz")), for: model)
    let scale = try RoundingScale(of: model.network, inputs: fixture.inputs)
    return try FixtureVerification(of: model.network, on: fixture, engine: engine, scale: scale)
  }

  @Test(arguments: golden)
  func `OpenCV computes the same`(_ name: String) throws {
    let model = try Self.model(name)
    for engine in [Engine.oracle, .fast(threadCount: 1)] {
      let result = try Self.verification(model, name, engine)
      #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
      #expect(result.comparedCount > 0)
    }
  }

  /// What is read can be written, and computes the same there.
  @Test(arguments: golden + others)
  func `the way back to Caffe and the native file keep every value`(_ name: String) throws {
    let model = try Self.model(name)
    let written = try WrittenModel(model)
    let output = model.network.outputs[0]
    let (expected, found) = (try model.values(), try written.copy.values())
    #expect(found[written.copy.network.outputs[0]] == expected[output])

    let folder = TemporaryFolder()
    let path = folder.path("net.resnet")
    try NativeFormat().write(model, to: OutputFile(path: path, replacing: false))
    let native = try NativeFormat().readModel(
      from: [InputFile(path: path)], options: ReadingOptions()
    ).model
    #expect(native.provenance == model.provenance)
    #expect(try native.values()[output] == expected[output])
  }

  /// The golden is that of the weights before OpenCV's tool made them shorter.
  @Test func `half precision keeps epsilon and changes no more than its rounding`() throws {
    let name = "caffe-opencv-fp16-eps"
    let full = try Self.model(name, weights: "full.caffemodel")
    #expect(try Self.verification(full, name, .oracle).passes)
    let half = try Self.model(name)
    for model in [half, full, try Self.model(name, ReadingOptions(caffe: .init(dialect: .bvlc)))] {
      let epsilons = model.network.nodes.compactMap { node -> Double? in
        if case .batchNormalization(let layer) = node.layer { layer.epsilon } else { nil }
      }
      #expect(epsilons == [Double(Float(1e-7))])
      #expect(model.provenance.format == "caffe")
    }
    let arrays = try NPZ.read(Self.file("\(name)/golden.npz"))
    let golden = try #require(arrays.first { $0.name == "output" }).tensor.doubles
    let output = half.network.outputs[0]
    let fixture = try Fixture(arrays: arrays, for: half)
    try Engine.oracle.run(half.network, inputs: fixture.inputs, observing: [output]) { _, value in
      let error = zip(value.doubles, golden).map { abs($0 - $1) }.max() ?? .infinity
      #expect(error < 0x1p-11 * (golden.map(abs).max() ?? 0))
    }
  }

  /// OpenCV 4.10 takes the second and the third input of Axpy for each other: SENet's own layer says
  /// `F = a · X + Y` with X second (hujie-frank/SENet, axpy_layer.hpp).
  @Test func `Axpy is what OpenCV computes of its inputs exchanged`() throws {
    let definition = try Self.file("caffe-axpy/net.prototxt")
    let text = String(decoding: definition.bytes.array, as: UTF8.self)
    let exchanged = text.replacing(
      "bottom: \"c2\" bottom: \"c1\" top: \"axpy\"",
      with: "bottom: \"c1\" bottom: \"c2\" top: \"axpy\"")
    #expect(exchanged != text)
    let folder = TemporaryFolder()
    let model = try CaffeFormat().readModel(
      from: CaffeSource(
        definition: InputFile(path: try folder.write("net.prototxt", text: exchanged)),
        weights: Self.file("caffe-axpy/net.caffemodel"))
    ).model
    #expect(try Self.verification(model, "caffe-axpy", .oracle).passes)
    #expect(try !Self.verification(Self.model("caffe-axpy"), "caffe-axpy", .oracle).passes)
  }

  /// `y = slope · (x − mean) / sqrt(variance + eps) + bias`, by the source of hszhao/PSPNet.
  @Test func `BN of PSPNet is scale, offset, mean and variance`() throws {
    let model = try Self.model("caffe-bn-psp")
    let arrays = try NPZ.read(Self.file("caffe-bn-psp/x.npz"))
    let input = try #require(arrays.first { $0.name == "input" }).tensor
    var values: [String: Tensor] = [:]
    try Engine.oracle.run(model.network, inputs: ["data": input], observing: ["c1", "b1"]) {
      values[$0] = $1
    }
    guard
      case .batchNormalization(let layer) = try #require(
        model.network.nodes.first { $0.name == "b1" }
      ).layer
    else {
      Issue.record("expected a batch normalization")
      return
    }
    let (x, y) = (try #require(values["c1"]).doubles, try #require(values["b1"]).doubles)
    let area = x.count / 8
    for channel in 0..<8 {
      let deviation = (layer.variance.doubles[channel] + Double(Float(1e-5))).squareRoot()
      for index in channel * area..<(channel + 1) * area {
        let expected =
          layer.gamma!.doubles[channel] * (x[index] - layer.mean.doubles[channel]) / deviation
          + layer.beta!.doubles[channel]
        #expect(abs(y[index] - expected) < 1e-12)
      }
    }
  }

  @Test func `a depthwise type is a convolution with a group for each channel`() throws {
    let model = try Self.model("caffe-dwconv")
    let definition = try Self.file("caffe-dwconv/net.prototxt")
    let text = String(decoding: definition.bytes.array, as: UTF8.self)
      .replacing("DepthwiseConvolution", with: "Convolution")
    let folder = TemporaryFolder()
    let plain = try CaffeFormat().readModel(
      from: CaffeSource(
        definition: InputFile(path: try folder.write("net.prototxt", text: text)),
        weights: Self.file("caffe-dwconv/net.caffemodel"))
    ).model
    #expect(try model.values() == plain.values())
  }

  @Test(arguments: [
    ("caffe-trained-heads", "--ignore-extra-weights"),
    ("caffe-digits-all-in-one", "name a stage with --stage: train, val, deploy"),
  ])
  func `without an option the error names it`(name: String, message: String) throws {
    let error = #expect(throws: FormatError.self) { try Self.model(name, ReadingOptions()) }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test func `what was left out is in the ledger`() throws {
    let ledger = try Self.model("caffe-trained-heads").provenance.ledger
    #expect(ledger.leftOut.map(\.object) == ["fc6/blobs[0]"])
    #expect(ledger.entries.count == 4)
  }

  @Test(arguments: [
    (["mixed-layers/net.prototxt"], "expected layer as before, found layers"),
    (["wrong-files/solver.prototxt"], "the settings of a solver"),
    (["wrong-files/train.prototxt"], "expected a caffemodel with the weights of c1, b1, s1, fc"),
    (["wrong-files/train.prototxt", "wrong-files/half.caffemodel"], "which seems to be cut off"),
  ])
  func `what cannot be read is told for what it is`(files: [String], message: String) throws {
    let error = #expect(throws: FormatError.self) {
      try CaffeFormat().readModel(
        from: files.map { try Self.file("caffe-\($0)") }, options: ReadingOptions()
      ).model
    }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }
}
