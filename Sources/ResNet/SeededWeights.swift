internal import ModelGraph
internal import TensorCore

/// Gives a network random weights with which activations neither explode nor vanish.
///
/// Kernels are normal with the variance of He et al. ("Delving Deep into Rectifiers", 2015). Batch
/// normalization divides by the root of `E[x²]` that follows for its input from the weights before it
/// (`Moments`), where images have mean 0 and variance 1; what it subtracts is small. Were it the mean,
/// as in a trained network, every error of an estimate would grow by a half from layer to layer:
/// `E[x²]` over all kernels is right for any image. The branches of a stage are added to its value with
/// factors that make their powers add up to 1.
struct SeededWeights {
  private let seed: UInt64
  /// The factor of what the last layer of a residual branch makes, by the layer's name.
  private let branchGains: [String: Double]
  private let shapes: [String: Shape]
  private var moments: [String: Moments] = [:]
  private var tensorCount = 0

  init(seed: UInt64, branchGains: [String: Double], shapes: [String: Shape]) {
    self.seed = seed
    self.branchGains = branchGains
    self.shapes = shapes
  }

  /// The layer with weights; layers must come in the order of the network.
  mutating func fill(_ node: Node) -> Layer {
    let gain = branchGains[node.name] ?? 1
    var layer = node.layer
    var behind = node.inputs.first.flatMap { moments[$0] } ?? Moments(standard: 1)
    switch layer {
    case .input(let input): behind = Moments(standard: input.shape[1])
    case .convolution(var convolution):
      fill(&convolution, node, gain: gain, &behind)
      layer = .convolution(convolution)
    case .batchNormalization(var normalization):
      fill(&normalization, gain: gain, &behind)
      layer = .batchNormalization(normalization)
    case .scale(var scale):
      let (factors, addends) = learned(behind.channelCount, gain: gain)
      behind = behind.scaled(by: factors.doubles, adding: addends.doubles)
      (scale.scale, scale.bias) = (factors, addends)
      layer = .scale(scale)
    case .fullyConnected(var matrix):
      fill(&matrix, behind)
      layer = .fullyConnected(matrix)
    case .activation: behind = behind.rectified
    case .pooling(let pooling) where pooling.kernel != Extent(1): behind = behind.maximized
    case .globalPooling: behind = behind.averaged
    case .zeroPadding(let padding):
      behind = behind.padded(before: padding.channelsBefore, after: padding.channelsAfter)
    case .elementwise:
      behind = node.inputs.dropFirst().reduce(behind) { $0 + (moments[$1] ?? $0) }
    default: break  // what else there is in a ResNet changes no number
    }
    for output in node.outputs { moments[output] = behind }
    return layer
  }

  private mutating func fill(
    _ layer: inout Layer.Convolution, _ node: Node, gain: Double, _ moments: inout Moments
  ) {
    let shape = layer.kernel.shape
    let inside = powerInside(of: layer, node)
    // The sum over the inputs of a group of E[x²] · w² is to be the square of the gain.
    let power = moments.power / Double(layer.groups) * Double(shape.elementCount(from: 2)) * inside
    layer.kernel = kernel(shape, deviation: gain / power.squareRoot())
    moments = moments.convolved(
      with: layer.kernel.floats, outputs: shape[0], taps: shape.elementCount(from: 2),
      groups: layer.groups, inside: inside)
    guard let bias = layer.bias else { return }
    let addend = uniform(bias.shape, around: 0, by: 0.1 * gain)
    moments = moments.scaled(
      by: [Double](repeating: 1, count: shape[0]), adding: addend.doubles)
    layer.bias = addend
  }

  private mutating func fill(
    _ layer: inout Layer.BatchNormalization, gain: Double, _ moments: inout Moments
  ) {
    let count = moments.channelCount
    let powers = moments.powers
    let shifts = uniform([count], around: 0, by: 0.1).doubles
    let means = zip(shifts, powers).map { $0 * $1.squareRoot() }
    layer.mean = Tensor([count], means.map { Float($0) })
    layer.variance = Tensor([count], powers.map { Float($0) })
    let divisors = powers.map { 1 / ($0 + layer.epsilon).squareRoot() }
    moments = moments.scaled(by: divisors, adding: zip(means, divisors).map { -$0 * $1 })
    guard layer.gamma != nil, layer.beta != nil else { return }
    let (factors, addends) = learned(count, gain: gain)
    moments = moments.scaled(by: factors.doubles, adding: addends.doubles)
    (layer.gamma, layer.beta) = (factors, addends)
  }

  /// Classes around 0, whatever the means of the channels are.
  private mutating func fill(_ layer: inout Layer.FullyConnected, _ moments: Moments) {
    let shape = layer.kernel.shape
    layer.kernel = kernel(shape, deviation: 2 / moments.power.squareRoot())
    guard layer.bias != nil else { return }
    let made = moments.convolved(
      with: layer.kernel.floats, outputs: shape[0], taps: 1, groups: 1, inside: 1)
    var random = next()
    layer.bias = Tensor([shape[0]], made.means.map { Float(0.1 * random.uniform() - $0) })
  }

  /// What the zeros around an image leave of the power of a convolution: the root of the share of taps
  /// that lie in the image. The share itself would be too little, since pixels inside, which more
  /// windows read than those at the border, are larger.
  private func powerInside(of layer: Layer.Convolution, _ node: Node) -> Double {
    guard let input = shapes[node.inputs[0]], let output = shapes[node.outputs[0]] else { return 1 }
    func share(_ axis: Int, _ stride: Int, _ before: Int) -> Double {
      let side = layer.kernel.shape[axis]
      var count = 0
      for window in 0..<output[axis] {
        let start = window * stride - before
        count += min(start + side, input[axis]) - max(start, 0)
      }
      return (Double(count) / Double(side * output[axis])).squareRoot()
    }
    return share(2, layer.stride.height, layer.padding.top)
      * share(3, layer.stride.width, layer.padding.left)
  }
}

extension SeededWeights {
  private mutating func next() -> SplitMix64 {
    tensorCount += 1
    return SplitMix64(seed: seed, tensor: tensorCount)
  }

  /// Normal elements, those of each output between a half and one and a half times as large.
  private mutating func kernel(_ shape: Shape, deviation: Double) -> Tensor {
    var random = next()
    let count = shape.elementCount(from: 1)
    return Tensor(shape) { elements in
      for output in 0..<shape[0] {
        let own = deviation * (1 + 0.5 * random.uniform())
        for index in output * count..<(output + 1) * count {
          elements[index] = Float(own * random.normal())
        }
      }
    }
  }

  private mutating func uniform(_ shape: Shape, around mean: Double, by radius: Double) -> Tensor {
    var random = next()
    return Tensor(shape) { elements in
      for index in elements.indices { elements[index] = Float(mean + radius * random.uniform()) }
    }
  }

  /// Factors of the size of 1 and addends of that of 0, times the gain.
  private mutating func learned(_ count: Int, gain: Double) -> (factors: Tensor, addends: Tensor) {
    (
      uniform([count], around: gain, by: 0.25 * gain), uniform([count], around: 0, by: 0.25 * gain)
    )
  }
}
