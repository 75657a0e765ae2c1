import ModelGraph
import TensorCore
import Testing

/// A layer with the values it reads: between them the samples have every case and every option.
struct SampleLayer: CustomTestStringConvertible, Sendable {
  var name: String
  var layer: Layer
  var inputs = ["image"]
  var outputs: [String]?

  var testDescription: String { name }

  /// `image` is [2, 4, 6, 6], `row` [2, 12], `factor` [2, 4].
  static let surroundings = [
    Node("image", .input(Layer.Input(shape: [2, 4, 6, 6]))),
    Node("row", .input(Layer.Input(shape: [2, 12]))),
    Node("factor", .input(Layer.Input(shape: [2, 4]))),
  ]

  /// A network of this layer and what it reads.
  var network: Network {
    get throws {
      try Network(
        name: "sample",
        nodes: Self.surroundings + [Node(name, layer, inputs: inputs, outputs: outputs)])
    }
  }

  static let all: [SampleLayer] = [
    SampleLayer(name: "input", layer: .input(Layer.Input(shape: [1, 3, 224, 224])), inputs: []),
    SampleLayer(name: "scalar", layer: .input(Layer.Input(shape: [])), inputs: []),
    SampleLayer(
      name: "convolution",
      layer: .convolution(
        Layer.Convolution(
          kernel: .ramp([6, 2, 3, 2]), bias: .ramp([6]), stride: Extent(height: 2, width: 1),
          padding: Padding(top: 1, left: 2, bottom: 3, right: 4),
          dilation: Extent(height: 1, width: 2), groups: 2))),
    SampleLayer(
      name: "convolution without bias",
      layer: .convolution(Layer.Convolution(kernel: .ramp([1, 4, 1, 1])))),
    SampleLayer(
      name: "batch normalization",
      layer: .batchNormalization(
        Layer.BatchNormalization(mean: .ramp([4]), variance: .ramp([4]), epsilon: 1e-5))),
    SampleLayer(
      name: "learned batch normalization",
      layer: .batchNormalization(
        Layer.BatchNormalization(
          mean: .ramp([4]), variance: .ramp([4]), factor: .ramp([1]), gamma: .ramp([4]),
          beta: .ramp([4]), epsilon: 1.001e-5))),
    SampleLayer(
      name: "scale", layer: .scale(Layer.Scale(scale: .ramp([4, 6]), bias: .ramp([4, 6])))),
    SampleLayer(
      name: "scale by an input", layer: .scale(Layer.Scale(scale: nil, axis: 0)),
      inputs: ["image", "factor"]),
    SampleLayer(name: "bias", layer: .bias(Layer.Bias(bias: .ramp([6]), axis: 2))),
    SampleLayer(
      name: "bias by an input", layer: .bias(Layer.Bias(bias: nil, axis: 0)),
      inputs: ["image", "factor"]),
    SampleLayer(name: "relu", layer: .relu(Layer.ReLU())),
    SampleLayer(name: "leaky relu", layer: .relu(Layer.ReLU(negativeSlope: 0.1, maximum: 6))),
    SampleLayer(name: "prelu", layer: .prelu(Layer.PReLU(slope: .ramp([4])))),
    SampleLayer(name: "elu", layer: .elu(Layer.ELU(alpha: 0.3))),
    SampleLayer(name: "sigmoid", layer: .sigmoid),
    SampleLayer(name: "tanh", layer: .tanh),
    SampleLayer(name: "power", layer: .power(Layer.Power(power: 0.5, scale: -2, shift: 1e300))),
    SampleLayer(name: "clip", layer: .activation(.clip(minimum: -1, maximum: .infinity))),
    SampleLayer(name: "selu", layer: .activation(.selu(alpha: 1.6732632, gamma: 1.050701))),
    SampleLayer(name: "celu", layer: .activation(.celu(alpha: 0.3))),
    SampleLayer(
      name: "hard sigmoid", layer: .activation(.hardSigmoid(slope: 0.2, offset: 0.5))),
    SampleLayer(name: "silu", layer: .activation(.silu)),
    SampleLayer(name: "hard swish", layer: .activation(.hardSwish)),
    SampleLayer(name: "gelu", layer: .activation(.gelu)),
    SampleLayer(name: "gelu by tanh", layer: .activation(.geluTanh)),
    SampleLayer(name: "mish", layer: .activation(.mish)),
    SampleLayer(name: "softplus", layer: .activation(.softplus)),
    SampleLayer(name: "softsign", layer: .activation(.softsign)),
    SampleLayer(name: "absolute", layer: .activation(.absolute)),
    SampleLayer(name: "exponential", layer: .activation(.exponential)),
    SampleLayer(name: "logarithm", layer: .activation(.logarithm)),
    SampleLayer(name: "error function", layer: .activation(.errorFunction)),
    SampleLayer(
      name: "max pooling",
      layer: .pooling(
        Layer.Pooling(
          kind: .maximum, kernel: Extent(3), stride: Extent(2), rounding: .ceil,
          clipsLastWindow: true, divisor: .imageWindow))),
    SampleLayer(
      name: "dilated pooling",
      layer: .pooling(
        Layer.Pooling(
          kind: .average, kernel: Extent(2), stride: Extent(1),
          dilation: Extent(height: 2, width: 1)))),
    SampleLayer(
      name: "average pooling",
      layer: .pooling(
        Layer.Pooling(
          kind: .average, kernel: Extent(height: 3, width: 2), stride: Extent(height: 1, width: 3),
          padding: Padding(vertical: 1, horizontal: 0)))),
    SampleLayer(
      name: "global pooling", layer: .globalPooling(Layer.GlobalPooling(kind: .average))),
    SampleLayer(
      name: "sum",
      layer: .elementwise(Layer.Elementwise(operation: .sum, coefficients: [1, -0.25])),
      inputs: ["image", "image"]),
    SampleLayer(
      name: "product", layer: .elementwise(Layer.Elementwise(operation: .product)),
      inputs: ["image", "image", "image"]),
    SampleLayer(
      name: "maximum", layer: .elementwise(Layer.Elementwise(operation: .maximum))),
    SampleLayer(
      name: "minimum", layer: .elementwise(Layer.Elementwise(operation: .minimum))),
    SampleLayer(
      name: "concatenation", layer: .concatenation(Layer.Concatenation(axis: 3)),
      inputs: ["image", "image"]),
    SampleLayer(
      name: "slice", layer: .slice(Layer.Slice(axis: 1, points: [1, 3])),
      outputs: ["a", "b", "slice"]),
    SampleLayer(
      name: "even slice", layer: .slice(Layer.Slice(axis: 2, points: nil)), outputs: ["a", "b"]),
    SampleLayer(name: "crop", layer: .crop(Layer.Crop(axis: 2, start: 1, end: -1, step: 2))),
    SampleLayer(name: "open crop", layer: .crop(Layer.Crop(axis: 3, start: -2))),
    SampleLayer(
      name: "padding with a number",
      layer: .zeroPadding(
        Layer.ZeroPadding(
          spatial: Padding(top: 1, left: 2, bottom: 3, right: 4), value: -.infinity))),
    SampleLayer(
      name: "zero padding",
      layer: .zeroPadding(
        Layer.ZeroPadding(
          spatial: Padding(top: 1, left: 2, bottom: 3, right: 4), channelsBefore: 5,
          channelsAfter: 6))),
    SampleLayer(
      name: "fully connected",
      layer: .fullyConnected(
        Layer.FullyConnected(kernel: .ramp([3, 6]), bias: .ramp([3]), axis: 3))
    ),
    SampleLayer(name: "flatten", layer: .flatten(Layer.Flatten(axis: 2, endAxis: 3))),
    SampleLayer(
      name: "reshape", layer: .reshape(Layer.Reshape(extents: [3, -1], axis: 1, axisCount: 1)),
      inputs: ["row"]),
    SampleLayer(
      name: "reshape of all axes", layer: .reshape(Layer.Reshape(extents: [0, -1])),
      inputs: ["row"]),
    SampleLayer(name: "permutation", layer: .permutation(Layer.Permutation(axes: [0, 2, 3, 1]))),
    SampleLayer(name: "softmax", layer: .softmax(Layer.Softmax(axis: 2))),
    SampleLayer(
      name: "log softmax", layer: .softmax(Layer.Softmax(axis: 1, isLogarithmic: true))),
    SampleLayer(
      name: "normalization across channels",
      layer: .localResponseNormalization(
        Layer.LocalResponseNormalization(size: 5, alpha: 1e-4, beta: 0.75, k: 2))),
    SampleLayer(
      name: "normalization within a channel",
      layer: .localResponseNormalization(
        Layer.LocalResponseNormalization(region: .withinChannel, size: 3, alpha: 5e-5, beta: 0.75))),
    SampleLayer(name: "dropout", layer: .passThrough(Layer.PassThrough(kind: .dropout))),
    SampleLayer(
      name: "dropout with rate", layer: .passThrough(Layer.PassThrough(kind: .dropout, rate: 0.3))),
    SampleLayer(
      name: "augmentation",
      layer: .passThrough(
        Layer.PassThrough(kind: .augmentation, definition: #"{"class_name":"RandomFlip"}"#))),
    SampleLayer(
      name: "line", layer: .input(Layer.Input(shape: [2, 3, 1, 8], isLine: true)), inputs: []),
    SampleLayer(name: "split", layer: .passThrough(Layer.PassThrough(kind: .split))),
  ]
}

extension Tensor {
  /// 0.5, 1.5, 2.5, …: no element is like another.
  static func ramp(_ shape: Shape) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { Float($0) + 0.5 })
  }
}
