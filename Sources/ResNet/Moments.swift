internal import ModelGraph
internal import TensorCore

/// Mean and variance of each channel of a value, as far as they follow from those before it when
/// channels and pixels are independent and nearly normal.
struct Moments {
  private(set) var means: [Double]
  private(set) var variances: [Double]
  /// `E[x²]`: of a value behind kernels the mean over all kernels of their size, not that of these.
  private(set) var powers: [Double]

  init(means: [Double], variances: [Double], powers: [Double]? = nil) {
    self.means = means
    self.variances = variances
    self.powers = powers ?? zip(means, variances).map { $0 * $0 + $1 }
  }

  /// Channels of mean 0 and variance 1.
  init(standard count: Int) {
    means = [Double](repeating: 0, count: count)
    variances = [Double](repeating: 1, count: count)
    powers = variances
  }

  var channelCount: Int { means.count }

  /// The sum over channels of `E[x²]`.
  var power: Double { powers.reduce(0, +) }

  /// Behind ReLU: for `x = m + s·z`, `E[y] = s·(φ(k) + k·Φ(k))` and
  /// `E[y²] = s²·((k² + 1)·Φ(k) + k·φ(k))` with `k = m / s`.
  var rectified: Moments {
    map { mean, variance in
      guard variance > 0 else { return (max(mean, 0), 0) }
      let deviation = variance.squareRoot()
      let k = mean / deviation
      let (density, share) = (NormalDistribution.density(k), NormalDistribution.share(below: k))
      let first = deviation * (density + k * share)
      let second = variance * ((k * k + 1) * share + k * density)
      return (first, max(second - first * first, 0))
    }
  }

  /// Behind maxima over windows: of nine neighbours that are little alike.
  var maximized: Moments {
    map { mean, variance in (mean + 1.5 * variance.squareRoot(), variance) }
  }

  /// Behind the mean over an image.
  var averaged: Moments { map { ($0, $1 * 0.25) } }

  /// Behind factors and addends, one for each channel.
  func scaled(by factors: [Double], adding addends: [Double]) -> Moments {
    Moments(
      means: means.indices.map { means[$0] * factors[$0] + addends[$0] },
      variances: variances.indices.map { variances[$0] * factors[$0] * factors[$0] },
      powers: powers.indices.map {
        powers[$0] * factors[$0] * factors[$0] + addends[$0] * addends[$0]
      })
  }

  /// With channels of zeros.
  func padded(before: Int, after: Int) -> Moments {
    let first = [Double](repeating: 0, count: before)
    let last = [Double](repeating: 0, count: after)
    return Moments(
      means: first + means + last, variances: first + variances + last,
      powers: first + powers + last)
  }

  /// The sum of independent values.
  static func + (left: Moments, right: Moments) -> Moments {
    Moments(
      means: zip(left.means, right.means).map(+),
      variances: zip(left.variances, right.variances).map(+),
      powers: zip(left.powers, right.powers).map(+))
  }

  /// Behind kernels: `mean[o] = Σ w·mean[c]`, `variance[o] = Σ w²·variance[c]` and
  /// `power[o] = Σ w²·power[c]`.
  ///
  /// - Parameters:
  ///   - kernel: `[outputs, inputs / groups, …]`.
  ///   - inside: what the zeros around the image leave of powers, 0 to 1.
  func convolved(
    with kernel: [Float], outputs: Int, taps: Int, groups: Int, inside: Double
  ) -> Moments {
    let inputs = channelCount / groups
    var result = Moments(standard: outputs)
    kernel.withUnsafeBufferPointer { kernel in
      for output in 0..<outputs {
        let first = output / (outputs / groups) * inputs
        var (mean, variance, power) = (0.0, 0.0, 0.0)
        for input in 0..<inputs {
          let start = (output * inputs + input) * taps
          var (sum, squares) = (0.0, 0.0)
          for tap in start..<start + taps {
            let weight = Double(kernel[tap])
            sum += weight
            squares += weight * weight
          }
          mean += sum * means[first + input]
          variance += squares * variances[first + input]
          power += squares * powers[first + input]
        }
        result.means[output] = mean * inside
        result.variances[output] = variance * inside
        result.powers[output] = power * inside
      }
    }
    return result
  }

  private func map(_ transform: (Double, Double) -> (Double, Double)) -> Moments {
    let moments = zip(means, variances).map(transform)
    return Moments(means: moments.map(\.0), variances: moments.map(\.1))
  }
}
