internal import Alignment
internal import ModelGraph
internal import TensorCore

extension Layer {
  /// Whether it multiplies with weights.
  var isProduct: Bool {
    switch self {
    case .convolution, .fullyConnected: true
    default: false
    }
  }

  /// Whether channel `i` of its output is made of channel `i` of its input alone.
  var keepsChannels: Bool {
    switch self {
    case .batchNormalization, .activation, .prelu, .pooling, .globalPooling, .flatten, .reshape,
      .softmax, .localResponseNormalization, .passThrough:
      true
    case .scale(let layer): layer.scale != nil
    case .bias(let layer): layer.bias != nil
    case .zeroPadding(let layer): layer.channelsBefore == 0 && layer.channelsAfter == 0
    case .input, .convolution, .elementwise, .concatenation, .slice, .crop, .fullyConnected,
      .permutation:
      false
    }
  }

  var groups: Int {
    if case .convolution(let layer) = self { layer.groups } else { 1 }
  }

  /// The kernel, [outputs, inputs, …]; channels of zeros are a convolution with ones.
  ///
  /// - Parameter shape: that of what the layer reads.
  func kernel(reading shape: Shape?) -> Tensor? {
    switch self {
    case .convolution(let layer): return layer.kernel
    case .fullyConnected(let layer): return layer.kernel
    case .zeroPadding(let layer):
      guard let shape, shape.rank == 4, layer.value == 0, layer.channelsBefore >= 0,
        layer.channelsAfter >= 0
      else { return nil }
      let (inputs, before) = (shape[1], layer.channelsBefore)
      return Tensor([inputs + before + layer.channelsAfter, inputs, 1, 1]) { elements in
        for channel in 0..<inputs { elements[(channel + before) * inputs + channel] = 1 }
      }
    default: return nil
    }
  }

  /// The addends of a product; nil for none.
  var biasNumbers: [Double]? {
    let bias: Tensor? =
      switch self {
      case .convolution(let layer): layer.bias
      case .fullyConnected(let layer): layer.bias
      default: nil
      }
    return bias.flatMap { $0.isAbsent ? nil : $0.doubles }
  }
}

extension NetworkDifference.Layer {
  /// A layer that is not compared yet.
  init(_ pair: LayerPair) {
    first = pair.first.map(\.name)
    second = pair.second.map(\.name)
    let node = pair.first.first ?? pair.second[0]
    typeName = node.layer.typeName
    isProduct = node.layer.isProduct
    channelCount = node.layer.weights.first?.tensor.shape.dimensions.first
  }
}

extension WeightDifference {
  /// A weight that is not compared yet.
  init(_ pair: WeightPair) {
    self.init(
      first: pair.first, second: pair.second,
      shapes: (pair.firstTensor?.shape, pair.secondTensor?.shape), relation: .equal)
  }

  /// Says what it is that only one network has: an offset of zeros and a factor of ones say what their
  /// absence says.
  mutating func setMissing(_ pair: WeightPair) {
    let name = pair.firstTensor == nil ? pair.second : pair.first
    let neutral = name.hasSuffix("/gamma") || name.hasSuffix("/scale") ? 1.0 : 0
    let tensor = pair.firstTensor ?? pair.secondTensor
    let isNeutral = tensor.map { !$0.isAbsent && $0.doubles.allSatisfy { $0 == neutral } } ?? true
    relation = isNeutral ? .equivalent : .missing(inSecond: pair.secondTensor == nil)
  }
}
