/// How much longer one thing takes than another, from rounds in which both were measured.
///
/// Rounds make pairs: what slows the machine for seconds slows both sides of a round.
public struct PairedRatio: Sendable, Equatable {
  /// The median over rounds of second ÷ first.
  public let median: Double
  /// Where the median lies with 95 % confidence: the middle 95 % of the medians of rounds drawn
  /// again with replacement (Efron's bootstrap).
  public let interval: ClosedRange<Double>

  /// The ratio of rounds, at least one.
  ///
  /// - Parameters:
  ///   - first: one time of each round.
  ///   - second: as many, of the same rounds.
  public init(first: [Double], second: [Double], resamples: Int = 2000) {
    precondition(first.count == second.count && !first.isEmpty, "rounds without both sides")
    let ratios = zip(first, second).map { $1 / $0 }
    median = Self.median(ratios)
    var generator = PCG64(seed: 1)
    var medians = (0..<resamples).map { _ in
      Self.median(ratios.map { _ in ratios[Int.random(in: ratios.indices, using: &generator)] })
    }
    medians.sort()
    let low = medians[Int(0.025 * Double(resamples))]
    let high = medians[min(Int(0.975 * Double(resamples)), resamples - 1)]
    interval = low...high
  }

  /// Whether the second is slower by more than a factor, beyond what the noise explains.
  public func exceeds(_ threshold: Double) -> Bool { interval.lowerBound > threshold }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
