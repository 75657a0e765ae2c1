import Foundation
import ResNetKit
import TestSupport
import Testing

/// What Caffe expresses in another way computes the same numbers, bit by bit in the oracle.
@Suite struct CaffeRewritingTests {
  /// Writes layers behind an input, reads them and compares the values of some names.
  ///
  /// - Parameter values: the value of the copy for each value of the original.
  private func compare(
    _ input: Shape, _ nodes: [Node], _ values: [String: String]
  ) throws -> WrittenModel {
    let model = try Model.sample(input, nodes)
    let written = try WrittenModel(model)
    let (expected, found) = (try model.values(), try written.copy.values())
    for (original, copy) in values {
      #expect(expected[original] != nil && expected[original] == found[copy], "\(original)")
    }
    return written
  }

  private func convolution(_ layer: Layer.Convolution, input: String = "data") -> Node {
    Node("conv", .convolution(layer), inputs: [input])
  }

  @Test(arguments: [
    (Padding(top: 0, left: 0, bottom: 1, right: 1), Extent(2), Extent(1), 1),
    (Padding(top: 2, left: 0, bottom: 0, right: 3), Extent(1), Extent(1), 2),
    (Padding(top: 3, left: 1, bottom: 1, right: 3), Extent(height: 2, width: 3), Extent(2), 4),
    (Padding(top: 0, left: 4, bottom: 2, right: 1), Extent(3), Extent(height: 2, width: 3), 1),
  ])
  func `asymmetric padding becomes symmetric with a larger kernel`(
    padding: Padding, stride: Extent, dilation: Extent, groups: Int
  ) throws {
    let layer = Layer.Convolution(
      kernel: .noise([4, 4 / groups, 3, 2]), bias: .noise([4], seed: 2), stride: stride,
      padding: padding, dilation: dilation, groups: groups)
    let written = try compare([2, 4, 9, 8], [convolution(layer)], ["conv": "conv"])
    #expect(written.files.notes.count == 1)
    #expect(
      written.files.notes[0].hasPrefix("enlarged kernels by zeros, exact for finite numbers"))
    #expect(written.tensors.map(\.transforms.count) == [1, 0])
  }

  @Test func `zero padding moves into the convolution behind it`() throws {
    let written = try compare(
      [1, 3, 8, 8],
      [
        Node(
          "pad", .zeroPadding(.init(spatial: Padding(vertical: 3, horizontal: 2))), inputs: ["data"]
        ),
        convolution(
          .init(
            kernel: .noise([4, 3, 7, 7]), stride: Extent(2),
            padding: Padding(vertical: 0, horizontal: 1)), input: "pad"),
        Node("relu", .relu(.init()), inputs: ["conv"]),
      ], ["conv": "conv", "relu": "relu"])
    #expect(written.files.notes == ["moved zero padding to the convolution behind it: pad to conv"])
    #expect(written.files.definition.contains("pad: 3\n"))
    #expect(written.copy.network.nodes.map(\.name) == ["data", "conv", "relu"])
  }

  @Test func `asymmetric zero padding and asymmetric padding add up`() throws {
    let written = try compare(
      [1, 3, 8, 8],
      [
        Node("pad", .zeroPadding(.init(spatial: Padding(top: 1, left: 0))), inputs: ["data"]),
        convolution(
          .init(
            kernel: .noise([4, 3, 3, 3]), padding: Padding(top: 0, left: 1, bottom: 1, right: 2)),
          input: "pad"),
      ], ["conv": "conv"])
    #expect(written.tensors[0].transforms == [.surroundWithZeros(Padding(left: 1))])
  }

  @Test(arguments: [
    Layer.ZeroPadding(spatial: Padding(vertical: 1, horizontal: 1)),
    Layer.ZeroPadding(spatial: Padding(top: 0, left: 3, bottom: 2, right: 1)),
    Layer.ZeroPadding(channelsAfter: 3), Layer.ZeroPadding(channelsBefore: 2, channelsAfter: 1),
    Layer.ZeroPadding(
      spatial: Padding(top: 1, left: 0, bottom: 0, right: 2), channelsBefore: 1, channelsAfter: 2),
    Layer.ZeroPadding(),
  ])
  func `other zero padding becomes a convolution that copies`(layer: Layer.ZeroPadding) throws {
    let pool = Layer.Pooling(kind: .maximum, kernel: Extent(2), stride: Extent(1))
    let written = try compare(
      [2, 3, 5, 4],
      [
        Node("pad", .zeroPadding(layer), inputs: ["data"]),
        Node("pool", .pooling(pool), inputs: ["pad"]),
      ], ["pad": "pad", "pool": "pool"])
    #expect(
      written.files.notes == [
        "wrote zero padding as a convolution with ones and zeros, exact for finite numbers: pad"
      ])
    #expect(written.tensors.map(\.weight) == [nil])
  }

  @Test(arguments: [
    // Of the ResNets of Keras: the last row and column are read by no window.
    (8, Padding(vertical: 1, horizontal: 1), 9, false),
    // All are read, and Caffe's rounding up is as good.
    (7, Padding(vertical: 1, horizontal: 1), 9, false),
    // What is not read is more than zeros.
    (8, Padding(top: 0, left: 0), 8, true),
    (9, Padding(top: 2, left: 2, bottom: 0, right: 1), 11, false),
  ])
  func `zeros that no window of a pooling reads are left out`(
    side: Int, padding: Padding, written extent: Int, roundsDown: Bool
  ) throws {
    let pool = Layer.Pooling(kind: .maximum, kernel: Extent(3), stride: Extent(2))
    let written = try compare(
      [1, 2, side, side],
      [
        Node("pad", .zeroPadding(.init(spatial: padding)), inputs: ["data"]),
        Node("pool", .pooling(pool), inputs: ["pad"]),
      ], ["pool": "pool"])
    #expect(try written.copy.network.shapes()["pad"] == [1, 2, extent, extent])
    #expect(written.files.definition.contains("round_mode") == roundsDown)
  }

  @Test func `padding that two layers read stays a layer`() throws {
    let written = try compare(
      [1, 3, 5, 5],
      [
        Node(
          "pad", .zeroPadding(.init(spatial: Padding(vertical: 1, horizontal: 1))), inputs: ["data"]
        ),
        convolution(.init(kernel: .noise([2, 3, 3, 3])), input: "pad"),
        Node("relu", .relu(.init()), inputs: ["pad"]),
      ], ["pad": "pad", "conv": "conv", "relu": "relu"])
    #expect(written.copy.network.nodes.map(\.name) == ["data", "pad", "conv", "relu"])
  }

  @Test(
    arguments: [
      // Rounded up, Caffe has as many windows.
      (Layer.Pooling(kind: .average, kernel: Extent(3), stride: Extent(2)), 7, ["poolings"]),
      (Layer.Pooling(kind: .average, kernel: Extent(3), stride: Extent(2)), 8, ["round_mode"]),
      // The first of the ways to pad `same`.
      (
        Layer.Pooling(
          kind: .maximum, kernel: Extent(3), stride: Extent(2),
          padding: Padding(top: 0, left: 0, bottom: 1, right: 1), divisor: .imageWindow), 8,
        ["poolings"]
      ),
      (
        Layer.Pooling(
          kind: .average, kernel: Extent(3), stride: Extent(2),
          padding: Padding(vertical: 1, horizontal: 1), rounding: .ceil, clipsLastWindow: true), 8,
        []
      ),
      (
        Layer.Pooling(
          kind: .maximum, kernel: Extent(3), stride: Extent(2),
          padding: Padding(vertical: 1, horizontal: 1)), 8, ["round_mode"]
      ),
      (
        Layer.Pooling(
          kind: .average, kernel: Extent(1), stride: Extent(2), divisor: .imageWindow), 8,
        ["convolutions with ones"]
      ),
    ] as [(Layer.Pooling, Int, [String])])
  func `poolings have the same windows in Caffe`(
    layer: Layer.Pooling, side: Int, notes: [String]
  ) throws {
    let written = try compare(
      [1, 2, side, side], [Node("pool", .pooling(layer), inputs: ["data"])], ["pool": "pool"])
    #expect(written.files.notes.count == notes.count)
    for (note, part) in zip(written.files.notes, notes) { #expect(note.contains(part)) }
  }

  @Test(arguments: [true, false], [true, false])
  func `batch normalization becomes BatchNorm and Scale`(hasGamma: Bool, hasBeta: Bool) throws {
    let layer = Layer.BatchNormalization(
      mean: .noise([3]), variance: Tensor([3], [0.5, 1, 2] as [Float]),
      gamma: hasGamma ? .noise([3], seed: 4) : nil, beta: hasBeta ? .noise([3], seed: 5) : nil,
      epsilon: 0.5)
    let isScaled = hasGamma || hasBeta
    let written = try compare(
      [2, 3, 2, 2],
      [
        Node("norm", .batchNormalization(layer), inputs: ["data"]),
        Node("norm_normalized", .relu(.init()), inputs: ["norm"]),
      ], ["norm": "norm", "norm_normalized": "norm_normalized"])
    #expect(written.files.notes.isEmpty == !isScaled)
  }

  @Test func `a capped rectifier becomes Clip`() throws {
    let written = try compare(
      [2, 3, 2, 2],
      [
        Node("power", .power(.init(scale: 9)), inputs: ["data"]),
        Node("relu6", .relu(.init(maximum: 6)), inputs: ["power"]),
      ], ["relu6": "relu6"])
    #expect(
      written.files.notes == [
        "wrote capped rectifiers as Clip layers, which Caffe knows since 2018: relu6"
      ])
  }

  @Test func `an output that a split hands on stays an output`() throws {
    let written = try compare(
      [1, 3],
      [
        Node("tanh", .tanh, inputs: ["data"]),
        Node("split", .passThrough(.init(kind: .split)), inputs: ["tanh"]),
        Node("other", .sigmoid, inputs: ["tanh"]),
      ], ["split": "split", "other": "other"])
    #expect(written.copy.network.outputs == ["split", "other"])
  }

  @Test(arguments: [
    (Shape([1]), 1), (Shape([1, 1]), 0), (Shape([]), 4), (Shape([3]), 1), (Shape([3, 2]), 1),
    (Shape([2]), 3), (Shape([1, 3, 2, 2]), 0), (Shape([1]), 0),
  ])
  func `operands keep their axes, single numbers lose them`(shape: Shape, axis: Int) throws {
    let written = try compare(
      [1, 3, 2, 2],
      [
        Node(
          "scale",
          .scale(.init(scale: .noise(shape), bias: .noise(shape, seed: 3), axis: axis)),
          inputs: ["data"]),
        Node("bias", .bias(.init(bias: .noise(shape, seed: 5), axis: axis)), inputs: ["scale"]),
      ], ["scale": "scale", "bias": "bias"])
    #expect(written.tensors.count == 3)
  }

  @Test(arguments: [ElementType.float16, .bfloat16])
  func `half precision is widened, and no number changes`(type: ElementType) throws {
    var generator = SeededGenerator(seed: 1)
    // Every exponent but that of infinities and NaNs.
    let bits = (0..<64).map { _ in UInt16.random(in: 0..<0x7c00, using: &generator) }
    let bytes = Bytes(bits.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
    let kernel = try #require(Tensor(shape: [8, 8], elementType: type, bytes: bytes))
    let written = try compare(
      [1, 8], [Node("fc", .fullyConnected(.init(kernel: kernel)), inputs: ["data"])], ["fc": "fc"])
    #expect(
      written.files.notes == [
        "widened weights to float32, which changes no value: fc/kernel (\(type))"
      ])
    #expect(written.tensors[0].transforms == [.widen(from: type)])
    #expect(written.copy.network.weights[0].tensor.doubles == kernel.doubles)
  }

  @Test func `parameters that float32 cannot hold are rounded and told`() throws {
    let model = try Model.sample([1, 3], [Node("elu", .elu(.init(alpha: 0.1)), inputs: ["data"])])
    let written = try WrittenModel(model)
    #expect(
      written.files.notes == [
        "rounded parameters to float32, as Caffe has them: alpha 0.1 of elu"
      ])
    guard case .activation(.elu(let elu)) = written.copy.network.nodes[1].layer else {
      Issue.record("expected an ELU layer")
      return
    }
    #expect(elu.alpha == Double(Float(0.1)))
  }

  @Test func `inputs that nobody reads are left out`() throws {
    let written = try compare(
      [1, 3],
      [Node("extra", .input(.init(shape: [1]))), Node("tanh", .tanh, inputs: ["data"])],
      ["tanh": "tanh"])
    #expect(written.files.notes == ["left out inputs that no layer reads: extra"])
    #expect(written.copy.network.inputs.map(\.name) == ["data"])
  }

  @Test func `residual networks of the papers are written`() throws {
    var preActivated = ResNetDescription.imageNet(.bottleneck, [1, 1, 1, 1])
    preActivated.activation = .before
    preActivated.widths = [8, 16, 32, 64]
    preActivated.widthPerGroup = 8
    preActivated.stem.width = 8
    (preActivated.image.height, preActivated.image.width) = (64, 64)
    let networks = [
      try ResNetDescription.cifar(depth: 8).network(named: "sample", seed: 1),
      try preActivated.network(named: "sample", seed: 1),
    ]
    for network in networks {
      let model = Model(network: network, provenance: Provenance(format: "test"))
      let copy = try WrittenModel(model).copy.network
      let (expected, found) = (try network.shapes(), try copy.shapes())
      for node in network.nodes { #expect(found[node.name] == expected[node.name]) }
      #expect(copy.outputs == network.outputs)
    }
  }
}
