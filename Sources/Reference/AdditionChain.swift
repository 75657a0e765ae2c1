internal import ModelGraph
internal import TensorCore

extension Layer {
  /// The length of the longest chain of additions when each output is summed term by term; 0 for a
  /// layer that moves or selects elements without rounding.
  func additionChain(inputs: [Shape]) -> Int {
    switch self {
    case .convolution(let layer):
      layer.kernel.shape.elementCount(from: 1) + (layer.bias == nil ? 0 : 1)
    case .fullyConnected(let layer):
      layer.kernel.shape[1] + (layer.bias == nil ? 0 : 1)
    case .activation(.relu(let layer)): layer.negativeSlope == 0 ? 0 : 1
    case .activation(.clip), .activation(.absolute): 0
    case .batchNormalization, .scale, .bias, .prelu, .activation: 2
    case .pooling(let layer):
      layer.kind == .maximum ? 0 : layer.kernel.height * layer.kernel.width
    case .globalPooling(let layer):
      layer.kind == .maximum ? 0 : inputs[0].elementCount(from: 2)
    case .elementwise(let layer): layer.operation.selects ? 0 : inputs.count
    case .softmax(let layer): inputs[0][layer.axis]
    case .localResponseNormalization(let layer):
      layer.region == .acrossChannels ? layer.size : layer.size * layer.size
    case .input, .concatenation, .slice, .crop, .zeroPadding, .flatten, .reshape, .permutation,
      .passThrough:
      0
    }
  }
}
