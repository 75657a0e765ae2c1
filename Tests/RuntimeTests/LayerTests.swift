import ModelGraph
import Reference
import Runtime
import TensorCore
import TestSupport
import Testing

/// One layer with inputs for it.
struct LayerCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let layer: Layer
  let inputs: [Shape]
  let outputs: Int

  init(_ name: String, _ layer: Layer, _ inputs: Shape..., outputs: Int = 1) {
    testDescription = name
    self.layer = layer
    self.inputs = inputs
    self.outputs = outputs
  }

  var network: Network {
    get throws {
      let sources = inputs.enumerated().map { Node("x\($0)", .input(.init(shape: $1))) }
      let results = outputs == 1 ? nil : (0..<outputs).map { "y\($0)" }
      let node = Node("y", layer, inputs: sources.map(\.name), outputs: results)
      return try Network(name: testDescription, nodes: sources + [node])
    }
  }
}

/// A convolution over integers.
private func convolution(
  _ kernel: Shape, bias: Bool = true, stride: Extent = Extent(1), padding: Padding = .none,
  dilation: Extent = Extent(1), groups: Int = 1
) -> Layer {
  var random = SeededGenerator(seed: UInt64(kernel.elementCount))
  return .convolution(
    .init(
      kernel: random.integers(kernel), bias: bias ? random.integers([kernel[0]]) : nil,
      stride: stride, padding: padding, dilation: dilation, groups: groups))
}

private func pooling(
  _ kind: Layer.PoolingKind, _ kernel: Extent, stride: Extent, padding: Padding = .none,
  rounding: Rounding = .floor, clips: Bool = false,
  divisor: Layer.Pooling.Divisor = .paddedWindow
) -> Layer {
  .pooling(
    .init(
      kind: kind, kernel: kernel, stride: stride, padding: padding, rounding: rounding,
      clipsLastWindow: clips, divisor: divisor))
}

private func integers(_ shape: Shape, in range: ClosedRange<Int> = -3...3) -> Tensor {
  var random = SeededGenerator(seed: UInt64(shape.elementCount))
  return random.integers(shape, in: range)
}

private let lopsided = Padding(top: 2, left: 0, bottom: 1, right: 3)
private let image: Shape = [2, 5, 9, 7]

/// Layers that compute exactly over small integers.
private let exactCases: [LayerCase] = [
  LayerCase("1×1", convolution([6, 5, 1, 1]), image),
  LayerCase("1×1, stride", convolution([6, 5, 1, 1], stride: Extent(2)), image),
  LayerCase("1×1, padded", convolution([6, 5, 1, 1], padding: lopsided), image),
  LayerCase(
    "3×3, same size", convolution([7, 5, 3, 3], padding: .init(vertical: 1, horizontal: 1)), image),
  LayerCase("3×3, no bias", convolution([7, 5, 3, 3], bias: false), image),
  LayerCase("5×3, lopsided padding", convolution([4, 5, 5, 3], padding: lopsided), image),
  LayerCase(
    "3×3, different strides",
    convolution([4, 5, 3, 3], stride: Extent(height: 2, width: 3), padding: lopsided), image),
  LayerCase(
    "3×3, dilated, same size",
    convolution([4, 5, 3, 3], padding: .init(vertical: 2, horizontal: 2), dilation: Extent(2)),
    image),
  LayerCase(
    "2×3, dilated",
    convolution([4, 5, 2, 3], padding: lopsided, dilation: Extent(height: 3, width: 2)), image),
  LayerCase("kernel as large as the image", convolution([4, 5, 9, 7]), image),
  LayerCase(
    "padding larger than the kernel",
    convolution([3, 5, 2, 2], padding: .init(vertical: 4, horizontal: 5)),
    image),
  LayerCase("groups", convolution([6, 2, 3, 3], padding: lopsided, groups: 3), [2, 6, 5, 7]),
  LayerCase("groups, 1×1", convolution([6, 2, 1, 1], groups: 3), [2, 6, 5, 7]),
  LayerCase("depthwise", convolution([5, 1, 3, 3], padding: lopsided, groups: 5), image),
  LayerCase(
    "depthwise, two outputs each, stride",
    convolution([10, 1, 3, 3], stride: Extent(2), padding: lopsided, groups: 5), image),
  LayerCase(
    "large image, unfolded by tile", convolution([4, 3, 3, 3], padding: lopsided), [2, 3, 41, 37]),
  LayerCase(
    "large image, stride 2, unfolded by tile",
    convolution([4, 3, 7, 7], stride: Extent(2), padding: .init(vertical: 3, horizontal: 3)),
    [1, 3, 75, 81]),
  LayerCase(
    "fully connected", .fullyConnected(.init(kernel: integers([11, 315]), bias: integers([11]))),
    image),
  LayerCase(
    "fully connected from axis 2, no bias",
    .fullyConnected(.init(kernel: integers([3, 63]), axis: 2)), image),
  LayerCase("scale", .scale(.init(scale: integers([5]), bias: integers([5]))), image),
  LayerCase("scale by one number", .scale(.init(scale: integers([1], in: 2...2), axis: 0)), image),
  LayerCase(
    "scale along two axes", .scale(.init(scale: integers([5, 9]), bias: integers([5, 9]))), image),
  LayerCase(
    "scale along the last axes", .scale(.init(scale: integers([9, 7]), axis: 2)), image),
  LayerCase("scale by another value", .scale(.init(scale: nil, axis: 0)), image, [2, 5]),
  LayerCase(
    "scale by another value of its shape", .scale(.init(scale: nil, axis: 0)), image, image),
  LayerCase("bias", .bias(.init(bias: integers([5]))), image),
  LayerCase("bias of a matrix", .bias(.init(bias: integers([35]))), [3, 35]),
  LayerCase("bias from another value", .bias(.init(bias: nil, axis: 1)), image, [5, 9]),
  LayerCase("ReLU", .relu(.init()), image),
  LayerCase("leaky ReLU", .relu(.init(negativeSlope: 0.25)), image),
  LayerCase("capped ReLU", .relu(.init(maximum: 2)), image),
  LayerCase("leaky capped ReLU", .relu(.init(negativeSlope: 0.5, maximum: 1)), image),
  LayerCase("PReLU", .prelu(.init(slope: integers([5]))), image),
  LayerCase("PReLU, one slope", .prelu(.init(slope: integers([1], in: 2...2))), image),
  LayerCase("power 1", .power(.init(scale: 2, shift: -1)), image),
  LayerCase("square", .power(.init(power: 2, scale: 2, shift: 1)), image),
  LayerCase("clip", .activation(.clip(minimum: -2, maximum: 1)), image),
  LayerCase("absolute value", .activation(.absolute), image),
  LayerCase("hard sigmoid", .activation(.hardSigmoid(slope: 0.25, offset: 0.5)), image),
  LayerCase("max pooling", pooling(.maximum, Extent(3), stride: Extent(2)), image),
  LayerCase(
    "max pooling, padded, rounded up",
    pooling(.maximum, Extent(4), stride: Extent(2), padding: lopsided, rounding: .ceil), image),
  LayerCase(
    "max pooling, overhanging, clipped",
    pooling(
      .maximum, Extent(2), stride: Extent(height: 2, width: 3),
      padding: .init(vertical: 1, horizontal: 1),
      rounding: .ceil, clips: true), image),
  LayerCase(
    "average pooling by padded windows",
    pooling(.average, Extent(4), stride: Extent(1), padding: lopsided), image),
  LayerCase(
    "average pooling by windows in the image",
    pooling(
      .average, Extent(2), stride: Extent(2), padding: .init(vertical: 1, horizontal: 1),
      divisor: .imageWindow), image),
  LayerCase(
    "max pooling of all", pooling(.maximum, Extent(height: 9, width: 7), stride: Extent(1)), image),
  LayerCase(
    "dilated max pooling",
    .pooling(
      .init(
        kind: .maximum, kernel: Extent(3), stride: Extent(height: 1, width: 2), dilation: Extent(2),
        padding: lopsided, rounding: .ceil)), image),
  LayerCase(
    "dilated average pooling by padded windows",
    .pooling(
      .init(
        kind: .average, kernel: Extent(2), stride: Extent(1), dilation: Extent(height: 3, width: 4),
        padding: lopsided)), image),
  LayerCase("average of 8 × 4", .globalPooling(.init(kind: .average)), [2, 19, 8, 4]),
  LayerCase("global maximum", .globalPooling(.init(kind: .maximum)), image),
  LayerCase("sum", .elementwise(.init(operation: .sum)), image, image, image),
  LayerCase(
    "sum with coefficients", .elementwise(.init(operation: .sum, coefficients: [2, -3])), image,
    image),
  LayerCase("product", .elementwise(.init(operation: .product)), image, image, image),
  LayerCase("maximum", .elementwise(.init(operation: .maximum)), image, image, image),
  LayerCase("minimum", .elementwise(.init(operation: .minimum)), image, image, image),
  LayerCase(
    "sum, broadcast", .elementwise(.init(operation: .sum, coefficients: [2, -3, 1])), image,
    [5, 1, 7], [2, 1, 9, 1]),
  LayerCase("product, broadcast", .elementwise(.init(operation: .product)), [9, 1], image),
  LayerCase("maximum, broadcast", .elementwise(.init(operation: .maximum)), [9, 1], [1, 7]),
  LayerCase("minimum, broadcast", .elementwise(.init(operation: .minimum)), image, [1]),
  LayerCase("concatenation", .concatenation(.init()), image, [2, 3, 9, 7], [2, 1, 9, 7]),
  LayerCase("concatenation of rows", .concatenation(.init(axis: 2)), image, [2, 5, 4, 7]),
  LayerCase("slice", .slice(.init(points: [1, 3])), image, outputs: 3),
  LayerCase("slice in equal parts", .slice(.init(axis: 2, points: nil)), image, outputs: 3),
  LayerCase("crop of rows", .crop(.init(axis: 2, start: 1, end: -1, step: 2)), image),
  LayerCase("crop of channels", .crop(.init(axis: 1, start: -3)), image),
  LayerCase("crop past the end", .crop(.init(axis: 3, start: -100, end: 100, step: 3)), image),
  LayerCase(
    "padding with a number",
    .zeroPadding(.init(spatial: lopsided, channelsBefore: 2, channelsAfter: 1, value: -2)), image),
  LayerCase(
    "zero padding",
    .zeroPadding(.init(spatial: lopsided, channelsBefore: 2, channelsAfter: 1)), image),
  LayerCase("flatten", .flatten(.init()), image),
  LayerCase("reshape", .reshape(.init(extents: [0, -1, 3])), image),
  LayerCase("permutation", .permutation(.init(axes: [0, 2, 3, 1])), image),
  LayerCase("permutation of the batch", .permutation(.init(axes: [3, 1, 0, 2])), image),
  LayerCase("permutation of a matrix", .permutation(.init(axes: [1, 0])), [3, 35]),
  LayerCase("dropout", .passThrough(.init(kind: .dropout)), image),
]

/// Layers that round.
private let roundingCases: [LayerCase] = [
  LayerCase(
    "batch normalization",
    .batchNormalization(
      .init(
        mean: integers([5]), variance: integers([5], in: 1...4), factor: Tensor([1], [Float(3)]),
        gamma: integers([5]), beta: integers([5]), epsilon: 1e-5)), image),
  LayerCase(
    "batch normalization that saw nothing",
    .batchNormalization(
      .init(
        mean: integers([5]), variance: integers([5], in: 1...4), factor: Tensor([1], [Float(0)]),
        epsilon: 1e-3)), image),
  LayerCase(
    "batch normalization of a matrix",
    .batchNormalization(
      .init(mean: integers([9]), variance: integers([9], in: 1...4), epsilon: 1e-5)), [4, 9]),
  LayerCase("average of 3 × 3", pooling(.average, Extent(3), stride: Extent(2)), image),
  LayerCase(
    "dilated average pooling by windows in the image",
    .pooling(
      .init(
        kind: .average, kernel: Extent(3), stride: Extent(2), dilation: Extent(2),
        padding: lopsided, divisor: .imageWindow)), image),
  LayerCase("global average", .globalPooling(.init(kind: .average)), image),
  LayerCase("ELU", .elu(.init(alpha: 0.7)), image),
  LayerCase("sigmoid", .sigmoid, image),
  LayerCase("tanh", .tanh, image),
  LayerCase("SELU", .activation(.selu(alpha: 1.6732632, gamma: 1.050701)), image),
  LayerCase("CELU", .activation(.celu(alpha: 0.3)), image),
  LayerCase("hard sigmoid that rounds", .activation(.hardSigmoid(slope: 0.2, offset: 0.5)), image),
  LayerCase("SiLU", .activation(.silu), image),
  LayerCase("hard swish", .activation(.hardSwish), image),
  LayerCase("GELU", .activation(.gelu), image),
  LayerCase("GELU by tanh", .activation(.geluTanh), image),
  LayerCase("Mish", .activation(.mish), image),
  LayerCase("softplus", .activation(.softplus), image),
  LayerCase("softsign", .activation(.softsign), image),
  LayerCase("exponential", .activation(.exponential), image),
  LayerCase("error function", .activation(.errorFunction), image),
  LayerCase("square root", .power(.init(power: 0.5, scale: 0.5, shift: 4)), image),
  LayerCase("softmax", .softmax(.init()), image),
  LayerCase("softmax of a row", .softmax(.init(axis: 1)), [3, 10]),
  LayerCase("log softmax", .softmax(.init(isLogarithmic: true)), image),
  LayerCase(
    "normalization across channels",
    .localResponseNormalization(.init(size: 3, alpha: 0.5, beta: 0.75, k: 2)), image),
  LayerCase(
    "normalization within a channel",
    .localResponseNormalization(.init(region: .withinChannel, size: 5, alpha: 0.5, beta: 0.75)),
    image),
]

@Suite("Layers against the oracle")
struct LayerTests {
  @Test(arguments: exactCases)
  func `over small integers a layer is exact`(_ test: LayerCase) throws {
    try compare(test) { found, expected, _ in
      for (found, expected) in zip(found, expected) { try #require(Double(found) == expected) }
    }
  }

  @Test(arguments: roundingCases)
  func `a layer that rounds stays within its bound`(_ test: LayerCase) throws {
    try compare(test) { found, expected, bounds in
      for ((found, expected), bound) in zip(zip(found, expected), bounds) {
        try #require(abs(Double(found) - expected) <= bound)
      }
    }
  }

  private func compare(
    _ test: LayerCase, _ check: ([Float], [Double], [Double]) throws -> Void
  ) throws {
    var random = SeededGenerator(seed: 7)
    let network = try test.network
    let inputs = test.inputs.map { random.integers($0) }
    let named = Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ("x\($0)", $1) })
    let plan = try ExecutionPlan(for: network)
    let results = try ExecutionContext(plan).run(named)
    let node = try #require(network.nodes.last)
    let values = inputs.map { OracleValue(shape: $0.shape, elements: $0.doubles) }
    let expected = try Oracle.evaluate(node, values)
    let magnitudes = try Oracle.magnitudes(node, values)
    #expect(results.count == node.outputs.count)
    for (index, name) in node.outputs.enumerated() {
      let result = try #require(results[name])
      #expect(result.shape == expected[index].shape)
      #expect(plan.shapes[name] == result.shape)
      let chain = Double(plan.additionChain(of: name) ?? 0)
      let factor = (2 * chain.squareRoot() + 3) * 0x1p-24
      try check(
        result.floats, expected[index].elements, magnitudes[index].elements.map { $0 * factor })
    }
  }
}
