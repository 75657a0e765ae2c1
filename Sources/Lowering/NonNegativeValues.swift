internal import ModelGraph

extension LoweredNetwork {
  /// The values no element of which is below zero, whatever enters the network.
  var nonNegativeValues: Set<String> {
    var found: Set<String> = []
    for node in nodes where node.layer.isNonNegative(node.inputs.map(found.contains)) {
      found.formUnion(node.outputs)
    }
    return found
  }
}

extension Layer {
  /// Whether no element of the result is below zero, where so much is known of the inputs.
  fileprivate func isNonNegative(_ inputs: [Bool]) -> Bool {
    switch self {
    case .activation(let function): function.isNonNegative(inputs[0])
    case .softmax(let layer): !layer.isLogarithmic
    case .elementwise(let layer):
      switch layer.operation {
      case .sum: inputs.allSatisfy { $0 } && layer.coefficients.allSatisfy { $0 >= 0 }
      case .product, .minimum: inputs.allSatisfy { $0 }
      case .maximum: inputs.contains(true)
      }
    case .scale(let layer): layer.scale == nil && layer.bias == nil && inputs == [true, true]
    case .bias(let layer): layer.bias == nil && inputs == [true, true]
    case .zeroPadding(let layer): inputs[0] && layer.value >= 0
    case .concatenation, .pooling, .globalPooling, .slice, .crop, .flatten, .reshape, .permutation,
      .passThrough:
      inputs.allSatisfy { $0 }
    case .input, .convolution, .batchNormalization, .prelu, .fullyConnected,
      .localResponseNormalization:
      false
    }
  }
}

extension Layer.Activation {
  fileprivate func isNonNegative(_ input: Bool) -> Bool {
    switch self {
    case .relu(let layer): layer.negativeSlope == 0
    case .sigmoid, .softplus, .exponential, .absolute, .hardSigmoid: true
    case .power(let layer):
      input && layer.power == 1 && layer.scale >= 0 && layer.shift >= 0
    case .clip(let minimum, _): minimum >= 0
    case .elu, .selu, .celu, .tanh, .silu, .hardSwish, .gelu, .geluTanh, .mish, .softsign,
      .logarithm, .errorFunction:
      false
    }
  }
}
