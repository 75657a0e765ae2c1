internal import TensorCore

extension Layer.BatchNormalization {
  /// Mean and variance of each channel: the stored sums divided by their factor.
  ///
  /// A factor of zero means that no batch was ever seen; Caffe then takes both to be zero.
  public var statistics: (mean: [Double], variance: [Double]) {
    guard let factor = factor?.doubles[0] else { return (mean.doubles, variance.doubles) }
    let scale = factor == 0 ? 0 : 1 / factor
    return (mean.doubles.map { $0 * scale }, variance.doubles.map { $0 * scale })
  }

  /// Why no output can be right with these statistics, if none can; nil where nobody has them.
  public var impossibility: String? {
    guard ![mean, variance, factor].contains(where: { $0?.isAbsent == true }) else { return nil }
    if let factor = factor?.doubles.first, !(factor >= 0 && factor.isFinite) {
      return "expected a factor of 0 or more, found \(factor)"
    }
    let (means, variances) = statistics
    if let channel = means.firstIndex(where: { !$0.isFinite }) {
      return "expected finite means, found \(means[channel]) in channel \(channel)"
    }
    if let channel = variances.firstIndex(where: { !($0 + epsilon > 0 && $0.isFinite) }) {
      return "expected variances that are finite and, with epsilon (\(epsilon)), above 0, found "
        + "\(variances[channel]) in channel \(channel)"
    }
    return nil
  }

  /// Whether the statistics are zeros because no batch was ever seen.
  public var isUntrained: Bool {
    factor.map { !$0.isAbsent && $0.doubles.first == 0 } ?? false
  }
}
