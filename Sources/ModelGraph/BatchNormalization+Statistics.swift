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
}
