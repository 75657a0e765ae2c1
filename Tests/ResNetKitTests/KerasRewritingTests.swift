import ResNetKit
import TestSupport
import Testing

/// What Keras expresses in another way computes the same numbers, in the oracle.
@Suite struct KerasRewritingTests {
  /// Writes layers behind an input in each form, reads them and compares the outputs.
  @discardableResult
  private func compare(
    _ input: Shape, _ nodes: [Node], bound: Double = 0
  ) throws -> WrittenKerasModel {
    let model = try Model.sample(input, nodes)
    let written = try WrittenKerasModel(model)
    let expected = try model.values()
    for (form, copy) in written.copies {
      let found = try copy.values()
      #expect(copy.network.outputs.count == model.network.outputs.count)
      for (original, twin) in zip(model.network.outputs, copy.network.outputs) {
        let pair = zip(try #require(expected[original]), try #require(found[twin]))
        let error = pair.map { abs($0 - $1) }.max() ?? .infinity
        #expect(error <= bound, "\(original) in \(form)")
        #expect(expected[original]?.count == found[twin]?.count)
      }
    }
    return written
  }

  private func convolution(_ layer: Layer.Convolution) -> Node {
    Node("conv", .convolution(layer), inputs: ["data"])
  }

  /// The notes as they begin.
  private func notes(_ written: WrittenKerasModel) -> [String] {
    written.files.notes.map { String($0.split(separator: ":")[0]) }
  }

  @Test(
    arguments: [
      (Padding.none, Extent(1), Extent(1), 1, []),
      (Padding(vertical: 1, horizontal: 1), Extent(1), Extent(1), 2, []),
      (
        Padding(vertical: 1, horizontal: 1), Extent(2), Extent(1), 1,
        ["wrote padding that Keras' convolutions and poolings do not have as layers that pad"]
      ),
      (
        Padding(top: 0, left: 0, bottom: 1, right: 1), Extent(2), Extent(1), 4,
        ["wrote windows that are the same for this input size, but not for every size"]
      ),
      (
        Padding(top: 2, left: 1, bottom: 3, right: 0), Extent(height: 1, width: 3), Extent(1), 4,
        [
          "wrote padding that Keras' convolutions and poolings do not have as layers that pad",
          "wrote strides as a maximum of one element behind a layer of stride 1",
        ]
      ),
      (
        Padding(vertical: 2, horizontal: 2), Extent(2), Extent(2), 1,
        ["wrote strides as a maximum of one element behind a layer of stride 1"]
      ),
    ] as [(Padding, Extent, Extent, Int, [String])])
  func `convolutions of any padding and stride`(
    padding: Padding, stride: Extent, dilation: Extent, groups: Int, expected: [String]
  ) throws {
    let layer = Layer.Convolution(
      kernel: .noise([8, 4 / groups, 3, 3]), bias: .noise([8], seed: 2), stride: stride,
      padding: padding, dilation: dilation, groups: groups)
    let written = try compare([1, 4, 8, 8], [convolution(layer)])
    #expect(notes(written) == expected)
  }

  @Test(arguments: [
    Layer.ZeroPadding(spatial: Padding(top: 0, left: 3, bottom: 2, right: 1)),
    Layer.ZeroPadding(channelsAfter: 3),
    Layer.ZeroPadding(
      spatial: Padding(top: 1, left: 0, bottom: 0, right: 2), channelsBefore: 1, channelsAfter: 2),
    Layer.ZeroPadding(),
  ])
  func `zeros around images and channels`(layer: Layer.ZeroPadding) throws {
    let pool = Layer.Pooling(kind: .average, kernel: Extent(2), stride: Extent(1))
    try compare(
      [1, 3, 5, 4],
      [
        Node("pad", .zeroPadding(layer), inputs: ["data"]),
        Node("pool", .pooling(pool), inputs: ["pad"]),
      ])
  }

  /// The poolings of networks that are known, over images of 8 × 7.
  static let poolings: [Layer.Pooling] = [
    .init(kind: .maximum, kernel: Extent(2), stride: Extent(2)),
    .init(kind: .maximum, kernel: Extent(3), stride: Extent(2), rounding: .ceil),
    .init(
      kind: .maximum, kernel: Extent(3), stride: Extent(2),
      padding: Padding(vertical: 1, horizontal: 1)),
    .init(kind: .average, kernel: Extent(3), stride: Extent(2), rounding: .ceil),
    .init(
      kind: .average, kernel: Extent(3), stride: Extent(2),
      padding: Padding(vertical: 1, horizontal: 1)),
    .init(
      kind: .average, kernel: Extent(3), stride: Extent(2),
      padding: Padding(vertical: 1, horizontal: 1), rounding: .ceil, clipsLastWindow: true),
    .init(
      kind: .average, kernel: Extent(3), stride: Extent(1),
      padding: Padding(vertical: 1, horizontal: 1), divisor: .imageWindow),
    .init(
      kind: .average, kernel: Extent(height: 2, width: 3), stride: Extent(height: 2, width: 1),
      rounding: .floor, divisor: .imageWindow),
  ]

  @Test(arguments: poolings, [false, true])
  func `poolings over numbers of both signs and behind a rectifier`(
    layer: Layer.Pooling, isRectified: Bool
  ) throws {
    let rectifier = Node("relu", .relu(.init()), inputs: ["data"])
    let pool = Node("pool", .pooling(layer), inputs: [isRectified ? "relu" : "data"])
    try compare([1, 3, 8, 7], isRectified ? [rectifier, pool] : [pool], bound: 1e-14)
  }

  @Test func `a maximum over a window behind the last row, behind a rectifier`() throws {
    let layer = Layer.Pooling(
      kind: .maximum, kernel: Extent(3), stride: Extent(2),
      padding: Padding(vertical: 1, horizontal: 1), rounding: .ceil, clipsLastWindow: true)
    let written = try compare(
      [1, 3, 8, 7],
      [
        Node("relu", .relu(.init()), inputs: ["data"]),
        Node("pool", .pooling(layer), inputs: ["relu"]),
      ])
    #expect(
      written.files.notes == [
        "padded the images of maximum poolings with zeros, which never win over inputs of 0 and "
          + "above: pool"
      ])
  }

  @Test(arguments: [
    Layer.Pooling(
      kind: .maximum, kernel: Extent(5), stride: Extent(2),
      padding: Padding(vertical: 1, horizontal: 1)),
    Layer.Pooling(
      kind: .average, kernel: Extent(3), stride: Extent(2),
      padding: Padding(vertical: 1, horizontal: 1), divisor: .imageWindow),
  ])
  func `poolings that Keras cannot express are refused`(layer: Layer.Pooling) throws {
    let model = try Model.sample(
      [1, 1, 8, 8], [Node("pool", .pooling(layer), inputs: ["data"])])
    let error = #expect(throws: FormatError.self) { try KerasFormat().encode(model) }
    #expect(error?.description.contains("pool: Keras") == true)
  }

  @Test(arguments: [0, 1, 4] as [Float])
  func `statistics are divided by their factor`(factor: Float) throws {
    let normalization = Layer.BatchNormalization(
      mean: .noise([3]), variance: Tensor([3], [1, 2, 0.5] as [Float]),
      factor: Tensor([1], [factor]), epsilon: 1e-3)
    let written = try compare(
      [1, 3, 4, 4], [Node("bn", .batchNormalization(normalization), inputs: ["data"])],
      bound: 1e-12)
    #expect(
      written.tensors[.hdf5]?.map(\.transforms)
        == [[Ledger.Transform]](
          repeating: factor == 1 ? [] : [.divide(by: factor == 0 ? .infinity : 4)], count: 2))
  }

  @Test func `Caffe's pair of normalization and scale is one layer`() throws {
    let normalization = Layer.BatchNormalization(
      mean: .noise([3]), variance: Tensor([3], [1, 2, 0.5] as [Float]), epsilon: 1e-3)
    let written = try compare(
      [1, 3, 4, 4],
      [
        Node("bn", .batchNormalization(normalization), inputs: ["data"]),
        Node(
          "scale", .scale(.init(scale: .noise([3], seed: 3), bias: .noise([3], seed: 4))),
          inputs: ["bn"]),
      ], bound: 1e-14)
    #expect(
      written.files.notes == [
        "wrote scales and biases as gamma and beta of the normalization before them: scale into bn"
      ])
    #expect(
      written.tensors[.archive]?.map(\.weight)
        == ["scale/scale", "scale/bias", "bn/mean", "bn/variance"])
  }

  @Test(arguments: [[1, 3, 4, 4], [1, 3]] as [Shape])
  func `scales and biases of channels, alone`(input: Shape) throws {
    try compare(
      input,
      [
        Node(
          "scale", .scale(.init(scale: .noise([3], seed: 3), bias: .noise([3], seed: 4))),
          inputs: ["data"]),
        Node("bias", .bias(.init(bias: .noise([3], seed: 5))), inputs: ["scale"]),
        Node("number", .scale(.init(scale: Tensor([], [2.5] as [Float]))), inputs: ["bias"]),
      ], bound: 1e-14)
  }

  @Test func `a second input scales the channels of an image`() throws {
    try compare(
      [1, 3, 4, 4],
      [
        Node("pool", .globalPooling(.init(kind: .average)), inputs: ["data"]),
        Node("gate", .flatten(.init()), inputs: ["pool"]),
        Node("product", .scale(.init(scale: nil, axis: 0)), inputs: ["data", "gate"]),
      ], bound: 1e-15)
  }

  @Test func `matrices behind images get the order of their rows`() throws {
    let written = try compare(
      [1, 3, 4, 5],
      [
        Node("flat", .flatten(.init()), inputs: ["data"]),
        Node("drop", .passThrough(.init(kind: .dropout)), inputs: ["flat"]),
        Node("fc", .fullyConnected(.init(kernel: .noise([6, 60]))), inputs: ["drop"]),
        Node(
          "direct", .fullyConnected(.init(kernel: .noise([2, 60]), bias: .noise([2]))),
          inputs: ["data"]),
      ], bound: 1e-14)
    #expect(
      notes(written).contains(
        "put the rows of matrices behind flattened images into Keras' order, channels last"))
  }

  @Test func `a flattened image that leaves has the canonical order`() throws {
    try compare([1, 3, 4, 5], [Node("flat", .flatten(.init()), inputs: ["data"])])
  }

  @Test(arguments: [
    Layer.reshape(.init(extents: [0, 10, 6])), .reshape(.init(extents: [0, 5, 4, 3])),
    .flatten(.init(axis: 2)), .flatten(.init(axis: 1, endAxis: 2)),
    .permutation(.init(axes: [0, 2, 3, 1])), .permutation(.init(axes: [0, 1, 3, 2])),
  ])
  func `elements are moved and named anew`(layer: Layer) throws {
    try compare(
      [1, 3, 4, 5],
      [
        Node("relu", .relu(.init(negativeSlope: 0.25)), inputs: ["data"]),
        Node("move", layer, inputs: ["relu"]),
        Node("tanh", .tanh, inputs: ["move"]),
      ])
  }

  @Test func `values combined, joined and bent`() throws {
    try compare(
      [1, 3, 4, 5],
      [
        Node("elu", .elu(.init(alpha: 0.5)), inputs: ["data"]),
        Node("prelu", .prelu(.init(slope: .noise([3]))), inputs: ["data"]),
        Node("one", .prelu(.init(slope: .noise([1]))), inputs: ["data"]),
        Node(
          "sum", .elementwise(.init(operation: .sum, coefficients: [1, -2, 0.5])),
          inputs: ["elu", "prelu", "one"]),
        Node("product", .elementwise(.init(operation: .product)), inputs: ["sum", "elu"]),
        Node("maximum", .elementwise(.init(operation: .maximum)), inputs: ["product", "data"]),
        Node("concat", .concatenation(.init(axis: 1)), inputs: ["maximum", "sum"]),
        Node("rows", .concatenation(.init(axis: 2)), inputs: ["concat", "concat"]),
        Node("cap", .relu(.init(maximum: 0.5)), inputs: ["rows"]),
        Node("power", .power(.init(scale: 2, shift: -1)), inputs: ["cap"]),
        Node("softmax", .softmax(.init(axis: 1)), inputs: ["power"]),
        Node("sigmoid", .sigmoid, inputs: ["rows"]),
      ], bound: 1e-13)
  }

  @Test func `an activation that was part of a layer of Keras is so again`() throws {
    let written = try compare(
      [1, 3, 5, 5],
      [
        Node(
          "conv", .convolution(.init(kernel: .noise([2, 3, 1, 1]))), inputs: ["data"],
          outputs: ["conv/linear"]),
        Node("conv/relu", .relu(.init()), inputs: ["conv/linear"], outputs: ["conv"]),
        Node("tanh", .tanh, inputs: ["conv"]),
      ], bound: 1e-15)
    #expect(
      written.copies[.archive]?.network.nodes.flatMap(\.outputs)
        == ["data", "conv/linear", "conv", "tanh"])
  }

  @Test func `layers that share all weights are called twice`() throws {
    let kernel = Tensor.noise([3, 3, 3, 3])
    let layer = Layer.convolution(
      .init(kernel: kernel, padding: Padding(vertical: 1, horizontal: 1)))
    let written = try compare(
      [1, 3, 5, 5],
      [Node("a", layer, inputs: ["data"]), Node("b", layer, inputs: ["a"])], bound: 1e-14)
    #expect(written.tensors[.weights]?.map(\.target.object) == ["/layers/conv2d/vars/0"])
    #expect(written.copies[.hdf5]?.network.weights.count == 1)
  }

  @Test(
    arguments: [
      (
        .localResponseNormalization(.init(size: 5, alpha: 1, beta: 0.75)),
        "layer: Keras has no layer of local response normalization"
      ),
      (
        .power(.init(power: 2)),
        "layer: Keras has no layer that computes powers, found (0.0 + 1.0 x) ^ 2.0"
      ),
      (.softmax(.init(axis: 0)), "layer: Keras has no softmax over the batch"),
      (
        .relu(.init(negativeSlope: -1)),
        "layer: Keras' rectifiers have slopes of 0 or more, found -1.0"
      ),
      (
        .scale(.init(scale: .noise([3, 4]))),
        "layer: Keras has no layer that multiplies [1, 3, 4, 5] by a constant of [3, 4]"
      ),
      (
        .reshape(.init(extents: [3, 1, 4, 5])),
        "layer: Keras has no layer that changes the batch, found [1, 3, 4, 5] to [3, 1, 4, 5]"
      ),
    ] as [(Layer, String)])
  func `what Keras cannot express is refused`(layer: Layer, message: String) throws {
    let model = try Model.sample([1, 3, 4, 5], [Node("layer", layer, inputs: ["data"])])
    let error = #expect(throws: FormatError.self) { try KerasFormat().encode(model) }
    #expect(error?.description == message)
  }

  @Test(arguments: [ElementType.float16, .bfloat16, .float64])
  func `every type of number is stored as Keras reads it`(type: ElementType) throws {
    let kernel = Tensor(
      shape: [2, 1, 1, 1], elementType: type,
      bytes: Bytes([UInt8](repeating: 0x3c, count: 2 * type.byteCount)))!
    let written = try compare([1, 1, 2, 2], [convolution(.init(kernel: kernel))])
    #expect(
      written.tensors[.hdf5]?[0].target.elementType == (type == .float64 ? .float64 : .float32))
  }

  @Test func `the same model gives the same bytes`() throws {
    let network = try ResNetDescription.cifar(depth: 8).network(named: "sample", seed: 1)
    let model = Model(network: network, provenance: Provenance(format: "test"))
    let (first, second) = (try WrittenKerasModel(model), try WrittenKerasModel(model))
    for form in KerasFiles.Form.allCases {
      #expect(
        try InputFile(path: first.path(form)).bytes == InputFile(path: second.path(form)).bytes)
    }
  }

  @Test func `names that are too long for one attribute are cut as Keras cuts them`() throws {
    let nodes = (0..<2000).map { index in
      Node(
        "a-layer-with-a-long-name-to-fill-the-attribute-\(index)", .tanh,
        inputs: [
          index == 0 ? "data" : "a-layer-with-a-long-name-to-fill-the-attribute-\(index - 1)"
        ])
    }
    let written = try compare([1, 1], nodes)
    #expect(written.copies[.hdf5]?.network.nodes.count == 2001)
  }
}
