internal import ModelGraph

/// The names of layers in a file: one for each case of `Layer`.
enum LayerType: String, CaseIterable {
  case input, convolution, batchNormalization, scale, bias, relu, prelu, elu, sigmoid, tanh, power
  case pooling, globalPooling, elementwise, concatenation, slice, zeroPadding, fullyConnected
  case flatten, reshape, permutation, softmax, localResponseNormalization, passThrough
}

extension Layer {
  /// The name the layer's type has in a file.
  var type: LayerType {
    switch self {
    case .input: .input
    case .convolution: .convolution
    case .batchNormalization: .batchNormalization
    case .scale: .scale
    case .bias: .bias
    case .relu: .relu
    case .prelu: .prelu
    case .elu: .elu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .power: .power
    case .pooling: .pooling
    case .globalPooling: .globalPooling
    case .elementwise: .elementwise
    case .concatenation: .concatenation
    case .slice: .slice
    case .zeroPadding: .zeroPadding
    case .fullyConnected: .fullyConnected
    case .flatten: .flatten
    case .reshape: .reshape
    case .permutation: .permutation
    case .softmax: .softmax
    case .localResponseNormalization: .localResponseNormalization
    case .passThrough: .passThrough
    }
  }
}
