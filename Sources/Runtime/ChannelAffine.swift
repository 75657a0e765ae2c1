internal import ModelGraph
internal import TensorCore

/// A layer at inference as one factor and one addend for each channel: `y = x · factor + addend`.
///
/// In Double: Float costs parity where a variance is tiny.
struct ChannelAffine: Sendable {
  var factors: [Double]  // [channels]
  var addends: [Double]  // [channels]

  /// A factor and an addend for each channel.
  init(factors: [Double], addends: [Double]) {
    self.factors = factors
    self.addends = addends
  }

  /// What a batch normalization does with its statistics.
  ///
  /// `s = gamma / sqrt(variance + epsilon)`, then `x · s + (beta − mean · s)`.
  init(_ layer: Layer.BatchNormalization) {
    let (mean, variance) = layer.statistics
    let gamma = layer.gamma?.doubles
    let beta = layer.beta?.doubles
    let factors = mean.indices.map { channel in
      (gamma?[channel] ?? 1) / (variance[channel] + layer.epsilon).squareRoot()
    }
    self.factors = factors
    addends = mean.indices.map { channel in
      (beta?[channel] ?? 0) - mean[channel] * factors[channel]
    }
  }

  /// What a layer does to each channel of an input of `shape`; nil for any other layer.
  init?(_ layer: Layer, of shape: Shape) {
    guard shape.rank >= 2 else { return nil }
    let channels = shape[1]
    func perChannel(_ operand: Tensor, _ axis: Int) -> [Double]? {
      let count = operand.shape.elementCount
      if count == 1 { return [Double](repeating: operand.doubles[0], count: channels) }
      return axis == 1 && count == channels ? operand.doubles : nil
    }
    switch layer {
    case .batchNormalization(let layer):
      self.init(layer)
    case .scale(let layer):
      guard let scale = layer.scale, let factors = perChannel(scale, layer.axis) else {
        return nil
      }
      let zeros = [Double](repeating: 0, count: channels)
      guard let bias = layer.bias else {
        self.init(factors: factors, addends: zeros)
        return
      }
      guard let values = perChannel(bias, layer.axis) else { return nil }
      self.init(factors: factors, addends: values)
    case .bias(let layer):
      guard let bias = layer.bias, let values = perChannel(bias, layer.axis) else { return nil }
      self.init(factors: [Double](repeating: 1, count: channels), addends: values)
    default: return nil
    }
  }

  /// Both in turn: `next` of what this gives.
  func followed(by next: ChannelAffine) -> ChannelAffine {
    var result = self
    for channel in factors.indices {
      result.factors[channel] = factors[channel] * next.factors[channel]
      result.addends[channel] = addends[channel] * next.factors[channel] + next.addends[channel]
    }
    return result
  }

  /// Whether every number survives as Float: infinity and NaN must stay where they arise.
  var isFinite: Bool {
    factors.allSatisfy { Float($0).isFinite } && addends.allSatisfy { Float($0).isFinite }
  }

  /// The same as a layer.
  var layer: Layer {
    let shape = Shape([factors.count])
    return .scale(Layer.Scale(scale: Tensor(shape, factors), bias: Tensor(shape, addends)))
  }

  /// A kernel with its outputs multiplied by the factors, rounded to Float once.
  ///
  /// - Parameter kernel: [channels, …].
  func scaling(_ kernel: Tensor) -> Tensor {
    let row = kernel.shape.elementCount / max(factors.count, 1)
    func scale(_ element: (Int) -> Double, into output: UnsafeMutableBufferPointer<Float>) {
      for channel in factors.indices {
        let factor = factors[channel]
        for i in channel * row..<(channel + 1) * row { output[i] = Float(element(i) * factor) }
      }
    }
    return Tensor(kernel.shape) { output in
      if kernel.elementType == .float64 {
        let elements = kernel.doubles
        scale({ elements[$0] }, into: output)
      } else {
        kernel.withFloats { elements in scale({ Double(elements[$0]) }, into: output) }
      }
    }
  }

  /// The addends of a scaled kernel: `bias · factor + addend`.
  func scaling(bias: Tensor?) -> [Double] {
    let values = bias?.doubles
    return factors.indices.map { (values?[$0] ?? 0) * factors[$0] + addends[$0] }
  }
}
