import Alignment
import ModelGraph
import TensorCore
import Testing

/// Small networks in the words of one framework and of another.
@Suite struct `Values of two networks are aligned by the graph` {
  static let normalization = Layer.batchNormalization(
    .init(mean: ramp([4], 1), variance: ramp([4], 2), epsilon: 1e-5))
  static let scale = Layer.scale(.init(scale: ramp([4], 3), bias: ramp([4], 4)))
  static let normalizationAndScale = Layer.batchNormalization(
    .init(
      mean: ramp([4], 1), variance: ramp([4], 2), gamma: ramp([4], 3), beta: ramp([4], 4),
      epsilon: 1e-5))

  static func ramp(_ shape: Shape, _ seed: Int) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { Float(($0 * 7 + seed * 13) % 31 + 1) / 16 })
  }

  static func convolution(
    _ seed: Int, from inputs: Int = 4, to outputs: Int = 4, kernel: Int = 3, padding: Int = 1,
    stride: Int = 1, bias: Tensor? = nil
  ) -> Layer {
    .convolution(
      .init(
        kernel: ramp([outputs, inputs, kernel, kernel], seed), bias: bias, stride: Extent(stride),
        padding: Padding(vertical: padding, horizontal: padding)))
  }

  static func network(_ nodes: [Node]) throws -> Network {
    try Network(name: "n", nodes: [Node("data", .input(.init(shape: [1, 4, 8, 8])))] + nodes)
  }

  static let sum = Layer.elementwise(.init(operation: .sum))
  static let split = Layer.passThrough(.init(kind: .split))

  /// `first=second` for each pair whose names differ, the name alone for the others.
  static func pairs(_ first: Network, _ second: Network) -> [String] {
    Alignment(first, second).values.map {
      $0.first == $0.second ? $0.first : "\($0.first)=\($0.second)"
    }
  }

  @Test func `a normalization and its scale are one layer elsewhere`() throws {
    let caffe = try Self.network([
      Node("conv1", Self.convolution(1), inputs: ["data"]),
      Node("bn_conv1", Self.normalization, inputs: ["conv1"]),
      Node("scale_conv1", Self.scale, inputs: ["bn_conv1"]),
      Node("conv1_relu", .relu(.init()), inputs: ["scale_conv1"]),
    ])
    let keras = try Self.network([
      Node("conv1", Self.convolution(1), inputs: ["data"]),
      Node("bn_conv1", Self.normalizationAndScale, inputs: ["conv1"]),
      Node("conv1_relu", .relu(.init()), inputs: ["bn_conv1"]),
    ])
    let alignment = Alignment(caffe, keras)
    #expect(Self.pairs(caffe, keras) == ["conv1", "scale_conv1=bn_conv1", "conv1_relu"])
    #expect(alignment.onlyInFirst == ["bn_conv1"] && alignment.onlyInSecond.isEmpty)
    #expect(
      alignment.weights.map { "\($0.first) \($0.second)" }
        == [
          "bn_conv1/mean bn_conv1/mean", "bn_conv1/variance bn_conv1/variance",
          "scale_conv1/scale bn_conv1/gamma", "scale_conv1/bias bn_conv1/beta",
          "conv1/kernel conv1/kernel",
        ].sorted { $0.hasPrefix("conv1") && !$1.hasPrefix("conv1") })
    #expect(Self.pairs(keras, caffe) == ["conv1", "bn_conv1=scale_conv1", "conv1_relu"])
  }

  @Test func `a name may mean the convolution here and its activation there`() throws {
    let keras = try Self.network([
      Node("conv1/linear", Self.convolution(1), inputs: ["data"]),
      Node("conv1", .relu(.init()), inputs: ["conv1/linear"]),
      Node("conv2/linear", Self.convolution(2), inputs: ["conv1"]),
      Node("conv2", .relu(.init()), inputs: ["conv2/linear"]),
    ])
    let caffe = try Self.network([
      Node("conv1", Self.convolution(1), inputs: ["data"]),
      Node("conv1_relu", .relu(.init()), inputs: ["conv1"]),
      Node("conv2", Self.convolution(2), inputs: ["conv1_relu"]),
      Node("conv2_relu", .relu(.init()), inputs: ["conv2"]),
    ])
    #expect(
      Self.pairs(keras, caffe) == [
        "conv1/linear=conv1", "conv1=conv1_relu", "conv2/linear=conv2", "conv2=conv2_relu",
      ])
  }

  @Test func `padding, splits, flattening and dropout are seen through`() throws {
    let first = try Self.network([
      Node(
        "pad", .zeroPadding(.init(spatial: Padding(vertical: 1, horizontal: 1))), inputs: ["data"]),
      Node("conv", Self.convolution(1, padding: 0), inputs: ["pad"]),
      Node("split", Self.split, inputs: ["conv"]),
      Node("pool", .globalPooling(.init(kind: .average)), inputs: ["split"]),
      Node("flat", .flatten(.init()), inputs: ["pool"]),
      Node("drop", .passThrough(.init(kind: .dropout, rate: 0.5)), inputs: ["flat"]),
      Node("fc", .fullyConnected(.init(kernel: Self.ramp([3, 4], 5))), inputs: ["drop"]),
    ])
    let second = try Self.network([
      Node("c", Self.convolution(1), inputs: ["data"]),
      Node("p", .globalPooling(.init(kind: .average)), inputs: ["c"]),
      Node("f", .fullyConnected(.init(kernel: Self.ramp([3, 4], 5))), inputs: ["p"]),
    ])
    // What enters a layer at the same place is the same, whatever moved it there.
    #expect(Self.pairs(first, second) == ["split=c", "drop=p", "fc=f"])
  }

  @Test(arguments: [false, true])
  func `branches are told apart by their weights, whatever their order`(hasNames: Bool) throws {
    func unit(_ names: [String], swapped: Bool) throws -> Network {
      let branches = [
        Node(names[0], Self.convolution(1), inputs: ["data"]),
        Node(names[1], Self.convolution(2), inputs: ["data"]),
      ]
      return try Self.network(
        (swapped ? branches.reversed() : branches) + [
          Node("sum", Self.sum, inputs: swapped ? [names[1], names[0]] : names)
        ])
    }
    let names = hasNames ? ["a", "b"] : ["x", "y"]
    let pairs = Self.pairs(
      try unit(["a", "b"], swapped: false), try unit(names, swapped: true))
    #expect(pairs == (hasNames ? ["a", "b", "sum"] : ["a=x", "b=y", "sum"]))
  }

  @Test func `a fault does not hide the layer it is in`() throws {
    func network(_ changed: Layer) throws -> Network {
      try Self.network([
        Node("a", Self.convolution(1), inputs: ["data"]),
        Node("b", changed, inputs: ["a"]),
        Node("sum", Self.sum, inputs: ["a", "b"]),
        Node("c", Self.convolution(3, stride: 2), inputs: ["sum"]),
      ])
    }
    let sound = try network(Self.convolution(2))
    for fault in [
      Self.convolution(9), Self.convolution(2, kernel: 5, padding: 2),
      Self.convolution(2, bias: Self.ramp([4], 6)),
    ] {
      #expect(Self.pairs(sound, try network(fault)) == ["a", "b", "sum", "c"])
    }
  }

  @Test func `swapped branches are still the same branches`() throws {
    func network(swapped: Bool) throws -> Network {
      try Self.network([
        Node("a", Self.convolution(1), inputs: ["data"]),
        Node("b", Self.convolution(2), inputs: ["data"]),
        Node(
          "joined", .concatenation(.init()), inputs: swapped ? ["b", "a"] : ["a", "b"]),
      ])
    }
    let pairs = Self.pairs(try network(swapped: false), try network(swapped: true))
    #expect(pairs.contains("joined"))
  }

  @Test func `a normalization that was folded is the convolution into which it was`() throws {
    let apart = try Self.network([
      Node("conv", Self.convolution(1), inputs: ["data"]),
      Node("bn", Self.normalizationAndScale, inputs: ["conv"]),
      Node("relu", .relu(.init()), inputs: ["bn"]),
    ])
    let folded = try Self.network([
      Node("conv", Self.convolution(8, bias: Self.ramp([4], 2)), inputs: ["data"]),
      Node("relu", .relu(.init()), inputs: ["conv"]),
    ])
    let alignment = Alignment(apart, folded)
    #expect(Self.pairs(apart, folded) == ["bn=conv", "relu"])
    #expect(alignment.onlyInFirst == ["conv"] && alignment.weights.isEmpty)
  }

  @Test func `a stride may be a selection behind the layer`() throws {
    let strided = try Self.network([
      Node("conv", Self.convolution(1, stride: 2), inputs: ["data"]),
      Node("relu", .relu(.init()), inputs: ["conv"]),
    ])
    let selected = try Self.network([
      Node("conv", Self.convolution(1), inputs: ["data"]),
      Node(
        "every_second",
        .pooling(.init(kind: .maximum, kernel: Extent(1), stride: Extent(2))), inputs: ["conv"]),
      Node("relu", .relu(.init()), inputs: ["every_second"]),
    ])
    #expect(Self.pairs(strided, selected) == ["conv=every_second", "relu"])
  }
}
