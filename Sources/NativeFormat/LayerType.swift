internal import ModelGraph

/// The names of layers in a file: one for each case of `Layer`.
enum LayerType: String, CaseIterable {
  case input, convolution, batchNormalization, scale, bias, relu, prelu, elu, sigmoid, tanh, power
  case activation, crop, padding, logSoftmax, dilatedPooling
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
    case .activation(.relu): .relu
    case .activation(.elu): .elu
    case .activation(.sigmoid): .sigmoid
    case .activation(.tanh): .tanh
    case .activation(.power): .power
    case .activation: .activation
    case .prelu: .prelu
    case .pooling(let layer): layer.dilation == Extent(1) ? .pooling : .dilatedPooling
    case .globalPooling: .globalPooling
    case .elementwise: .elementwise
    case .concatenation: .concatenation
    case .slice: .slice
    case .crop: .crop
    case .zeroPadding(let layer): layer.value == 0 ? .zeroPadding : .padding
    case .fullyConnected: .fullyConnected
    case .flatten: .flatten
    case .reshape: .reshape
    case .permutation: .permutation
    case .softmax(let layer): layer.isLogarithmic ? .logSoftmax : .softmax
    case .localResponseNormalization: .localResponseNormalization
    case .passThrough: .passThrough
    }
  }
}
