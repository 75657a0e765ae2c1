import Foundation
import ResNetKit
import TestSupport
import Testing

/// Networks along lines, 1-D in Keras, by `fixtures/keras/make_lines.py` and by others: read, and
/// written as they were.
@Suite struct KerasLineTests {
  static let names = ["lines/residual", "lines/separable", "lines/reshaped", "layers/line"]

  static func model(_ name: String) throws -> Model {
    try ModelFormats.read([InputFile(path: Places.fixture("keras/\(name).keras"))]).model
  }

  static func verify(_ model: Model, _ arrays: [(name: String, tensor: Tensor)]) throws {
    let fixture = try Fixture(arrays: arrays, for: model)
    #expect(fixture.unmatched.isEmpty, "\(fixture.unmatched)")
    let scale = try RoundingScale(of: model.network, inputs: fixture.inputs)
    for engine in [Engine.fast(threadCount: 2), .oracle] {
      let result = try FixtureVerification(
        of: model.network, on: fixture, engine: engine, scale: scale)
      #expect(result.passes, "\(engine): \(result.firstDiverging.map { "\($0)" } ?? "")")
    }
  }

  @Test(arguments: names)
  func `every layer along a line computes what Keras computes`(_ name: String) throws {
    try Self.verify(
      try Self.model(name), try NPZ.read(InputFile(path: Places.fixture("keras/\(name).npz"))))
  }

  @Test(
    .enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"),
    arguments: ["oned", "oned_pad"])
  func `a network for signals computes what Keras computes`(_ name: String) throws {
    let path = RealModelTests.data("cases/keras/\(name)")
    let model = try ModelFormats.read([InputFile(path: path + ".keras")]).model
    let names = ["x0": "input", "y0": "output"]
    let arrays = try NPZ.read(InputFile(path: path + ".io.npz"))
    try Self.verify(model, arrays.map { (names[$0.name] ?? $0.name, $0.tensor) })
  }

  /// The classes, names, settings and shapes of the layers with weights or windows in an archive.
  private func layers(_ path: String) throws -> [String: [String: String]] {
    let archive = try ZipArchive(InputFile(path: path).bytes)
    let member = try #require(archive["config.json"])
    let json = try JSON(parsing: archive.contents(of: member))
    guard case .array(let layers)? = json["config"]?["layers"] else { return [:] }
    let kept = [
      "kernel_size", "pool_size", "strides", "padding", "dilation_rate", "groups", "cropping",
      "depth_multiplier", "keepdims", "axis", "shared_axes", "filters", "batch_input_shape",
      "target_shape", "dims",
    ]
    var found: [String: [String: String]] = [:]
    for layer in layers {
      guard case .string(let name)? = layer["name"], case .string(let type)? = layer["class_name"]
      else { continue }
      var settings = ["class": type]
      for setting in kept {
        guard let value = layer["config"]?[setting], value != .null else { continue }
        settings[setting] = value.text()
      }
      // Where the windows are the same, padding may be no padding.
      if type.hasSuffix("Pooling1D") { settings["padding"] = nil }
      // Of one group, of the last axis: as they are without a word.
      if settings["groups"] == "1" { settings["groups"] = nil }
      if settings["axis"] == "2" { settings["axis"] = "-1" }
      if settings["keepdims"] == "false" { settings["keepdims"] = nil }
      found[name] = settings
    }
    return found
  }

  @Test(arguments: names)
  func `lines come back as lines, through the native format too`(_ name: String) throws {
    let model = try Self.model(name)
    let folder = TemporaryFolder()
    let path = folder.path("model.resnet")
    try NativeFormat().write(model, to: OutputFile(path: path, replacing: false))
    let expected = try layers(Places.fixture("keras/\(name).keras"))
    for source in [model, try ModelFormats.read([InputFile(path: path)]).model] {
      let written = try WrittenKerasModel(source)
      let found = try layers(written.path(.archive))
      let windows = expected.filter { $0.value["class"]?.hasSuffix("D") == true }
      for (layer, settings) in windows where settings["class"] != "SpatialDropout1D" {
        #expect(found[layer] == settings, "\(layer)")
      }
      #expect(found.values.allSatisfy { $0["class"]?.hasSuffix("2D") == false })
      #expect(
        found.values.count { $0["class"] == "Reshape" }
          == expected.values.count { $0["class"] == "Reshape" })
      #expect(
        found.values.count { $0["class"] == "Permute" }
          == expected.values.count { $0["class"] == "Permute" })
      let values = try model.values()
      for copy in written.copies.values {
        let pairs = zip(
          try #require(values[model.network.outputs[0]]),
          try #require(try copy.values()[copy.network.outputs[0]]))
        #expect((pairs.map { abs($0 - $1) }.max() ?? .infinity) < 1e-12)
        let weights = Dictionary(
          uniqueKeysWithValues: copy.network.weights.map { ($0.name, $0.tensor) })
        for (name, tensor) in model.network.weights {
          #expect(weights[name].map { $0.isBitEqual(to: tensor) } == true, "\(name)")
        }
      }
    }
  }

  @Test func `an image of one row is no line`() throws {
    let model = try Model.sample(
      [1, 2, 1, 9],
      [Node("conv", .convolution(.init(kernel: .noise([3, 2, 1, 3]))), inputs: ["data"])])
    let written = try WrittenKerasModel(model)
    let found = try layers(written.path(.archive))
    #expect(found["conv"]?["class"] == "Conv2D")
    #expect(found["data"]?["batch_input_shape"] == "[null,1,9,2]")
  }

  @Test func `a layer that sees several rows takes a line as an image`() throws {
    let nodes = [
      Node("data", .input(.init(shape: [1, 2, 1, 9], isLine: true))),
      Node(
        "conv",
        .convolution(
          .init(kernel: .noise([3, 2, 3, 3]), padding: Padding(vertical: 1, horizontal: 1))),
        inputs: ["data"]),
      Node("relu", .relu(.init()), inputs: ["conv"]),
      Node("sum", .elementwise(.init(operation: .sum)), inputs: ["relu", "relu"]),
    ]
    let model = Model(
      network: try Network(name: "rows", nodes: nodes), provenance: Provenance(format: "test"))
    let written = try WrittenKerasModel(model)
    let found = try layers(written.path(.archive))
    #expect(found["data"]?["batch_input_shape"] == "[null,9,2]")
    #expect(found["conv"]?["class"] == "Conv2D")
    #expect(found["data_image"]?["target_shape"] == "[1,9,2]")
  }

  @Test(arguments: [
    Layer.ZeroPadding(spatial: Padding(top: -1, left: -2, bottom: 0, right: -1)),
    Layer.ZeroPadding(spatial: Padding(top: -1, left: 2, bottom: 3, right: -1)),
  ])
  func `images are cut as they are padded`(_ layer: Layer.ZeroPadding) throws {
    let model = try Model.sample(
      [1, 3, 5, 6], [Node("cut", .zeroPadding(layer), inputs: ["data"])])
    let data = Tensor.noise([1, 3, 5, 6], seed: 7)
    var values: [[Double]] = []
    for engine in [Engine.oracle, .fast(threadCount: 1)] {
      try engine.run(model.network, inputs: ["data": data], observing: ["cut"]) {
        values.append($1.doubles)
      }
    }
    let (top, left) = (layer.spatial.top, layer.spatial.left)
    let (height, width) = (5 + top + layer.spatial.bottom, 6 + left + layer.spatial.right)
    let expected = (0..<3 * height * width).map { index in
      let (row, column) = (index / width % height - top, index % width - left)
      let isInside = 0..<5 ~= row && 0..<6 ~= column
      return isInside ? data.doubles[(index / (height * width) * 5 + row) * 6 + column] : 0
    }
    #expect(values == [expected, expected])
    let written = try WrittenKerasModel(model)
    for copy in written.copies.values {
      #expect(try copy.values()[copy.network.outputs[0]] == model.values()["cut"])
    }
    if top < 0, left < 0 {
      #expect(try WrittenModel(model).copy.values()["cut"] == model.values()["cut"])
    } else {
      #expect(throws: FormatError.self) { try CaffeFormat().encode(model) }
    }
  }
}
