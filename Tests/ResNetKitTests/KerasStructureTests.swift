import ResNetKit
import TestSupport
import Testing

/// What a user of Keras knows a model by survives: layers, their names, their weights.
@Suite struct KerasStructureTests {
  /// The layers as our reader names them, of both whole forms, which must agree.
  private func layers(_ input: Shape, _ nodes: [Node]) throws -> [String] {
    let model = try Model.sample(input, nodes)
    let written = try WrittenKerasModel(model)
    let (expected, output) = (try model.values(), model.network.outputs[0])
    for copy in written.copies.values {
      let found = try copy.values()[copy.network.outputs[0]]
      let pairs = zip(try #require(expected[output]), try #require(found))
      #expect((pairs.map { abs($0 - $1) }.max() ?? .infinity) < 1e-13)
    }
    let names = written.copies.mapValues { $0.network.nodes.map(\.name) }
    #expect(names[.hdf5] == names[.archive])
    return names[.archive] ?? []
  }

  private func convolution(_ kernel: Shape) -> Layer {
    .convolution(.init(kernel: .noise(kernel), bias: .noise([kernel[0]])))
  }

  // MARK: Files of Keras

  static let files = [
    ["eras/tf2.12.h5"], ["eras/tf2.15.keras"], ["eras/keras3.0.keras"], ["eras/keras3.15.h5"],
    ["layers/channels_first.keras"], ["layers/convolutions.keras"], ["layers/shared.keras"],
    ["layers/activations.keras"], ["layers/line.keras"], ["layers/pooling.keras"],
    ["layers/rearranging.keras"], ["old/keras0.3.h5", "old/keras0.3.json"],
    ["old/keras1-nameless.h5", "old/keras1-nameless.json"],
    ["old/keras1.0.6-tf.h5", "old/keras1.0.6-tf.json"], ["old/keras1.2-th.h5"],
    ["inferred/cifar.h5"],
  ]
  /// Padding on one side, averages and differences of values, and axes that are exchanged without
  /// need become other layers.
  static let rewritten = ["line", "pooling", "rearranging", "activations"].map {
    "layers/\($0).keras"
  }

  @Test(arguments: files)
  func `a model of Keras is the same after its way through Keras' files`(
    _ names: [String]
  ) throws {
    let files = try names.map { try InputFile(path: Places.fixture("keras/\($0)")) }
    let model = try KerasFormat().readModel(from: files, options: ReadingOptions()).model
    let written = try WrittenKerasModel(model)
    // Of nested models the layers are in one.
    func flat(_ name: String) -> String { name.replacing("/", with: "_") }
    func weights(_ network: Network) -> [String: Tensor] {
      Dictionary(uniqueKeysWithValues: network.weights.map { (flat($0.name), $0.tensor) })
    }
    let (expected, original) = (try model.values(), weights(model.network))
    for copy in written.copies.values {
      if !Self.rewritten.contains(names[0]) {
        #expect(
          Set(copy.network.nodes.map { flat($0.name) })
            == Set(model.network.nodes.map { flat($0.name) }))
      }
      let found = weights(copy.network)
      #expect(Set(found.keys) == Set(original.keys))
      for (name, tensor) in found {
        #expect(original[name].map { tensor.isBitEqual(to: $0) } == true, "\(name)")
      }
      let values = try copy.values()
      #expect(copy.network.outputs.count == model.network.outputs.count)
      for (left, right) in zip(model.network.outputs, copy.network.outputs) {
        let pair = zip(try #require(expected[left]), try #require(values[right]))
        #expect((pair.map { abs($0 - $1) }.max() ?? .infinity) < 1e-12, "\(left)")
      }
    }
  }

  // MARK: Files of Caffe

  /// What Keras has no layers for.
  static let refusals: [String: String] = [
    "bias-two-axes": "adds a constant of [5, 7]", "dialect-v0": "local response normalization",
    "lrn-across": "local response normalization", "lrn-across-k": "local response normalization",
    "lrn-within": "local response normalization", "lrn-within-k": "local response normalization",
    "pooling-max-pad-clipped": "Keras pads no maximum pooling", "power-root": "computes powers",
    "power-square": "computes powers", "power-zero": "computes powers",
    "scale-last-axis": "by a constant of [7]", "scale-two-axes": "by a constant of [3, 5]",
    "scale-second-input-bias": "multiplies two values and adds",
  ]

  @Test(arguments: LayerCaseTests.cases)
  func `a case of Caffe computes the same in Keras, or is refused for what it is`(
    _ name: String
  ) throws {
    let model = try LayerCaseTests.model(name)
    if let reason = Self.refusals[name] {
      let error = #expect(throws: FormatError.self) { try KerasFormat().encode(model) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
      return
    }
    let written = try WrittenKerasModel(model)
    let expected = try model.values()
    for copy in written.copies.values {
      let found = try copy.values()
      #expect(copy.network.outputs.count == model.network.outputs.count)
      for (left, right) in zip(model.network.outputs, copy.network.outputs) {
        let values = try #require(expected[left])
        let pair = zip(values, try #require(found[right]))
        let scale = values.map(abs).max() ?? 0
        let error = pair.map { $0 == $1 || $0.isNaN && $1.isNaN ? 0 : abs($0 - $1) }.max()
        #expect((error ?? .infinity) <= 1e-6 * scale, "\(left)")
      }
    }
  }

  // MARK: Names

  @Test func `names that Keras does not take are replaced`() throws {
    let names = try layers(
      [1, 3, 5, 5],
      [
        Node("a/b", .relu(.init()), inputs: ["data"]), Node("a b", .tanh, inputs: ["a/b"]),
        Node("_c", .sigmoid, inputs: ["a b"]), Node(".", .tanh, inputs: ["_c"]),
        Node("A_b", .tanh, inputs: ["."]),
      ])
    #expect(names == ["data", "a_b", "a_b_2", "x_c", "x.", "A_b"])
  }

  @Test func `a name that is fit stays whatever others become`() throws {
    let nodes = [
      Node("conv#2", .relu(.init()), inputs: ["data"]), Node("conv_2", .tanh, inputs: ["conv#2"]),
    ]
    #expect(try layers([1, 3, 5, 5], nodes) == ["data", "conv_2_2", "conv_2"])
    let notes = try KerasFormat().encode(.sample([1, 3, 5, 5], nodes)).notes
    #expect(notes.count == 1 && notes[0].hasSuffix("in names: conv#2 to conv_2_2"))
  }

  // MARK: Layers of Keras that are several canonical ones

  @Test func `a depthwise convolution is part of a layer only if it was`() throws {
    func pair(_ first: String, channels: Int) throws -> [String]? {
      let nodes = [
        Node(
          first,
          .convolution(.init(kernel: .noise([2 * channels, 1, 3, 3]), groups: channels)),
          inputs: ["data"]),
        Node("sep", convolution([5, 2 * channels, 1, 1]), inputs: [first]),
      ]
      let model = try Model.sample([1, channels, 6, 6], nodes)
      return try WrittenKerasModel(model).tensors[.weights]?.map(\.target.object)
    }
    let separable = (0..<3).map { "/layers/separable_conv2d/vars/\($0)" }
    #expect(try pair("sep/depthwise", channels: 4) == separable)
    #expect(try pair("sep/depthwise", channels: 1) == separable)
    #expect(
      try pair("depth", channels: 4) == [
        "/layers/depthwise_conv2d/vars/0", "/layers/conv2d/vars/0", "/layers/conv2d/vars/1",
      ])
  }

  @Test func `a flattened image in the order of Keras is that which Keras has`() throws {
    let statistics = Tensor([60], [Float](repeating: 0.5, count: 60))
    let nodes = [
      Node("flat", .flatten(.init()), inputs: ["data"]),
      Node("drop", .passThrough(.init(kind: .dropout)), inputs: ["flat"]),
      Node(
        "drop/plain/image", .reshape(.init(extents: [3, 4, 5], axis: 1)), inputs: ["drop"]),
      Node(
        "drop/plain/channels-last", .permutation(.init(axes: [0, 2, 3, 1])),
        inputs: ["drop/plain/image"]),
      Node("drop/plain", .flatten(.init()), inputs: ["drop/plain/channels-last"]),
      Node(
        "norm", .batchNormalization(.init(mean: statistics, variance: statistics, epsilon: 0.5)),
        inputs: ["drop/plain"]),
    ]
    #expect(try layers([1, 3, 4, 5], nodes) == ["data"] + nodes.map(\.name))
  }

  @Test func `the gate of an image has the axes it was pooled to`() throws {
    let nodes = [
      Node("pool", .globalPooling(.init(kind: .average)), inputs: ["data"]),
      Node("gate", convolution([3, 3, 1, 1]), inputs: ["pool"]),
      Node("product/operand", .flatten(.init()), inputs: ["gate"]),
      Node("product", .scale(.init(scale: nil, axis: 0)), inputs: ["data", "product/operand"]),
    ]
    #expect(try layers([1, 3, 4, 5], nodes) == ["data"] + nodes.map(\.name))
    // Pooled and repeated at once.
    let short = [
      nodes[0], Node("product/operand", .flatten(.init()), inputs: ["pool"]), nodes[3],
    ]
    #expect(try layers([1, 3, 4, 5], short) == ["data"] + short.map(\.name))
  }

  @Test func `axes that are exchanged and exchanged again keep the layer's name`() throws {
    let nodes = [
      Node("turn", .permutation(.init(axes: [0, 2, 1, 3])), inputs: ["data"]),
      Node("conv", convolution([2, 4, 1, 1]), inputs: ["turn"]),
    ]
    #expect(try layers([1, 3, 4, 5], nodes) == ["data", "turn", "conv"])
  }

  @Test(arguments: [[0, 2, 1, 3], [0, 2, 3, 1]])
  func `slopes of channels whose axis is not Keras' last are those of exchanged axes`(
    axes: [Int]
  ) throws {
    let nodes = [
      Node("turn", .permutation(.init(axes: axes)), inputs: ["data"]),
      Node("prelu", .prelu(.init(slope: .noise([4]))), inputs: ["turn"]),
    ]
    #expect(try layers([1, 3, 4, 5], nodes) == ["data"] + nodes.map(\.name))
  }

  @Test func `a line made an image is one layer`() throws {
    let nodes = [
      Node("image/rows", .reshape(.init(extents: [4, 5, 3], axis: 1)), inputs: ["data"]),
      Node("image", .permutation(.init(axes: [0, 3, 1, 2])), inputs: ["image/rows"]),
      Node("conv", convolution([2, 3, 1, 1]), inputs: ["image"]),
    ]
    #expect(try layers([1, 60], nodes) == ["data"] + nodes.map(\.name))
  }

  @Test(arguments: [[1, 3, 4, 5], [1, 7]] as [Shape])
  func `slopes of each element are one rectifier`(input: Shape) throws {
    let slopes = Tensor.noise(Shape(Array(input.dimensions.dropFirst())))
    let nodes = [
      Node("prelu/right", .relu(.init()), inputs: ["data"]),
      Node("prelu/left/mirrored", .power(.init(scale: -1)), inputs: ["data"]),
      Node("prelu/left", .relu(.init()), inputs: ["prelu/left/mirrored"]),
      Node("prelu/slopes", .scale(.init(scale: slopes)), inputs: ["prelu/left"]),
      Node(
        "prelu", .elementwise(.init(operation: .sum, coefficients: [1, -1])),
        inputs: ["prelu/right", "prelu/slopes"]),
    ]
    let written = try WrittenKerasModel(.sample(input, nodes))
    #expect(written.tensors[.weights]?.map(\.target.object) == ["/layers/p_re_lu/vars/0"])
    let kept = try layers(input, nodes)
    #expect(kept == (input.rank == 4 ? ["data"] + nodes.map(\.name) : ["data", "prelu"]))
  }
}
