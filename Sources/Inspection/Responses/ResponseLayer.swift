public import ModelGraph
internal import TensorCore

/// A layer whose responses figure 7 of the first ResNet paper shows: a 3×3 convolution, after batch
/// normalization and before the nonlinearity or the addition.
public struct ResponseLayer: Sendable, Equatable {
  /// The convolution.
  public let convolution: String
  /// The value that is its response.
  public let value: String
  /// Whether batch normalization stands between; where it does not, as in the last convolution of a
  /// unit that is activated before, the response is the convolution's own.
  public let isNormalized: Bool
  /// Mean and deviation of the response as batch normalization sets them; nil without it.
  public let estimate: ResponseEstimate?

  /// The layers of a network in order.
  public static func all(in network: Network) -> [ResponseLayer] {
    var readers: [String: [Node]] = [:]
    for node in network.nodes {
      for value in node.inputs { readers[value, default: []].append(node) }
    }
    let estimates = ResponseEstimate.all(in: network)
    return network.nodes.compactMap { node in
      guard case .convolution(let layer) = node.layer,
        layer.kernel.shape[2] == 3, layer.kernel.shape[3] == 3
      else { return nil }
      var value = node.outputs[0]
      var isNormalized = false
      while let reader = readers[value], reader.count == 1, reader[0].layer.isAffine {
        if case .batchNormalization = reader[0].layer { isNormalized = true }
        value = reader[0].outputs[0]
      }
      return ResponseLayer(
        convolution: node.name, value: value, isNormalized: isNormalized,
        estimate: estimates[value])
    }
  }
}

/// What batch normalization makes of any images it was trained for: in each channel a mean of beta
/// and a standard deviation of `|gamma| · sqrt(variance / (variance + epsilon))`.
///
/// No image is needed to say so, and the last factor is 1 but where the variance is tiny. Scales and
/// biases behind the normalization count with it.
public struct ResponseEstimate: Sendable, Equatable {
  /// The mean of each channel.
  public private(set) var means: [Double]
  /// The standard deviation of each channel.
  public private(set) var deviations: [Double]

  /// The mean of all channels.
  public var mean: Double { means.reduce(0, +) / Double(means.count) }
  /// The standard deviation of all channels as one: that within them and that between their means.
  public var standardDeviation: Double {
    let mean = mean
    let energy = zip(means, deviations).reduce(0) { sum, channel in
      sum + channel.1 * channel.1 + (channel.0 - mean) * (channel.0 - mean)
    }
    return (energy / Double(means.count)).squareRoot()
  }

  /// The estimates of all values that are normalized, by value.
  public static func all(in network: Network) -> [String: ResponseEstimate] {
    var estimates: [String: ResponseEstimate] = [:]
    for node in network.nodes where !node.layer.weights.contains(where: \.tensor.isAbsent) {
      let value = node.outputs[0]
      switch node.layer {
      case .batchNormalization(let layer): estimates[value] = ResponseEstimate(of: layer)
      case .scale(let layer):
        guard let scale = layer.scale, layer.axis == 1 else { continue }
        estimates[value] = estimates[node.inputs[0]]?.scaled(
          by: scale.doubles, plus: layer.bias?.doubles)
      case .bias(let layer):
        guard let bias = layer.bias, layer.axis == 1 else { continue }
        estimates[value] = estimates[node.inputs[0]]?.scaled(by: nil, plus: bias.doubles)
      case .passThrough: estimates[value] = estimates[node.inputs[0]]
      default: break
      }
    }
    return estimates
  }

  private init?(of layer: Layer.BatchNormalization) {
    let variances = layer.statistics.variance
    guard !variances.isEmpty else { return nil }
    let gammas = layer.gamma?.doubles
    means = layer.beta?.doubles ?? Array(repeating: 0, count: variances.count)
    deviations = variances.indices.map { channel in
      let share = variances[channel] / (variances[channel] + layer.epsilon)
      return abs(gammas?[channel] ?? 1) * max(share, 0).squareRoot()
    }
  }

  /// Behind a factor and an addend for each channel, or for all.
  private func scaled(by factors: [Double]?, plus addends: [Double]?) -> ResponseEstimate? {
    func element(_ list: [Double]?, _ channel: Int) -> Double? {
      list.map { $0.count == 1 ? $0[0] : $0[channel] }
    }
    guard [factors, addends].allSatisfy({ [1, means.count].contains($0?.count ?? 1) }) else {
      return nil
    }
    var result = self
    for channel in means.indices {
      let factor = element(factors, channel) ?? 1
      result.means[channel] = means[channel] * factor + (element(addends, channel) ?? 0)
      result.deviations[channel] = deviations[channel] * abs(factor)
    }
    return result
  }
}

extension Layer {
  /// Whether it only scales, shifts or hands on each channel.
  fileprivate var isAffine: Bool {
    switch self {
    case .batchNormalization, .passThrough: true
    case .scale(let layer): layer.scale != nil
    case .bias(let layer): layer.bias != nil
    default: false
    }
  }
}
