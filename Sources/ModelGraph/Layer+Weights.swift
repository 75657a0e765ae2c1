public import TensorCore

extension Layer {
  /// The part a weight plays in its layer; with the layer's name it is the weight's name.
  public enum WeightRole: String, Sendable, CaseIterable {
    /// Kernels of a convolution, matrix of a fully connected layer.
    case kernel
    /// Addend.
    case bias
    /// Factor of a scale layer.
    case scale
    /// Slope of a PReLU.
    case slope
    /// Batch normalization's mean, times its factor.
    case mean
    /// Batch normalization's variance, times its factor.
    case variance
    /// Batch normalization's factor.
    case factor
    /// Batch normalization's learned scale.
    case gamma
    /// Batch normalization's learned offset.
    case beta
  }

  /// The layer's weights, in a fixed order.
  public var weights: [(role: WeightRole, tensor: Tensor)] {
    var list: [(role: WeightRole, tensor: Tensor)] = []
    _ = mapWeights { role, tensor in
      list.append((role, tensor))
      return tensor
    }
    return list
  }

  /// The layer with each weight replaced by what `transform` makes of it.
  public func mapWeights(_ transform: (WeightRole, Tensor) -> Tensor) -> Layer {
    func map(_ role: WeightRole, _ tensor: Tensor?) -> Tensor? {
      tensor.map { transform(role, $0) }
    }
    switch self {
    case .convolution(var layer):
      layer.kernel = transform(.kernel, layer.kernel)
      layer.bias = map(.bias, layer.bias)
      return .convolution(layer)
    case .fullyConnected(var layer):
      layer.kernel = transform(.kernel, layer.kernel)
      layer.bias = map(.bias, layer.bias)
      return .fullyConnected(layer)
    case .batchNormalization(var layer):
      layer.mean = transform(.mean, layer.mean)
      layer.variance = transform(.variance, layer.variance)
      layer.factor = map(.factor, layer.factor)
      layer.gamma = map(.gamma, layer.gamma)
      layer.beta = map(.beta, layer.beta)
      return .batchNormalization(layer)
    case .scale(var layer):
      layer.scale = map(.scale, layer.scale)
      layer.bias = map(.bias, layer.bias)
      return .scale(layer)
    case .bias(var layer):
      layer.bias = map(.bias, layer.bias)
      return .bias(layer)
    case .prelu(var layer):
      layer.slope = transform(.slope, layer.slope)
      return .prelu(layer)
    case .input, .activation, .pooling, .globalPooling, .elementwise, .concatenation, .slice, .crop,
      .zeroPadding, .flatten, .reshape, .permutation, .softmax, .localResponseNormalization,
      .passThrough:
      return self
    }
  }

  /// The layer's type in the words of this field.
  public var typeName: String {
    switch self {
    case .input: "input"
    case .convolution: "convolution"
    case .batchNormalization: "batch normalization"
    case .scale: "scale"
    case .bias: "bias"
    case .activation(let function): function.name
    case .prelu: "PReLU"
    case .pooling(let layer): layer.kind == .maximum ? "max pooling" : "average pooling"
    case .globalPooling(let layer):
      layer.kind == .maximum ? "global max pooling" : "global average pooling"
    case .elementwise(let layer): "element-wise \(layer.operation)"
    case .concatenation: "concatenation"
    case .slice: "slice"
    case .crop: "crop"
    case .zeroPadding(let layer): layer.value == 0 ? "zero padding" : "padding"
    case .fullyConnected: "fully connected"
    case .flatten: "flatten"
    case .reshape: "reshape"
    case .permutation: "permutation"
    case .softmax(let layer): layer.isLogarithmic ? "log softmax" : "softmax"
    case .localResponseNormalization: "local response normalization"
    case .passThrough(let layer): layer.kind.rawValue
    }
  }
}
