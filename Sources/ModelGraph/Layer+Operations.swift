internal import TensorCore

extension Layer {
  /// Floating-point operations for outputs of given shapes: a multiply-accumulate is two, and every
  /// other addition, multiplication, division, comparison or function of one number is one.
  ///
  /// Batch normalization counts as it is run, a factor and an addend for each element; windows count
  /// whole, as if the zeros around an image were numbers of it.
  func operationCount(inputs: [Shape], outputs: [Shape]) -> Int {
    let count = outputs.elementCount
    func times(_ factor: Int) -> Int { saturating(count, factor) }
    switch self {
    case .convolution(let layer):
      return [
        saturating(2, multiplyAccumulates(output: outputs[0])), layer.bias == nil ? 0 : count,
      ].saturatingSum
    case .fullyConnected(let layer):
      return [
        saturating(2, multiplyAccumulates(output: outputs[0])), layer.bias == nil ? 0 : count,
      ].saturatingSum
    case .batchNormalization: return times(2)
    case .scale(let layer): return times(layer.bias == nil ? 1 : 2)
    case .bias, .activation: return count
    case .prelu: return times(2)  // a comparison and a product
    case .pooling(let layer):
      let window = saturating(layer.kernel.height, layer.kernel.width)
      return times(layer.kind == .average ? window : window - 1)
    case .globalPooling(let layer):
      let window = inputs.elementCount / max(count, 1)
      return times(layer.kind == .average ? window : max(window - 1, 0))
    case .elementwise(let layer):
      let factors = layer.coefficients.count { $0 != 1 && $0 != -1 }
      return times(inputs.count - 1 + factors)
    case .softmax(let layer):
      // Maximum, difference, exponential, sum, and division or difference of the logarithm.
      return times(layer.isLogarithmic ? 6 : 5)
    case .localResponseNormalization(let layer):
      let isAcross = layer.region == .acrossChannels
      let neighbours = isAcross ? layer.size : saturating(layer.size, layer.size)
      return [times(4), saturating(2, times(neighbours))].saturatingSum
    case .input, .concatenation, .slice, .crop, .zeroPadding, .flatten, .reshape, .permutation,
      .passThrough:
      return 0
    }
  }
}
