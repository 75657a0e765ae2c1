/// How long one thing took, over and over.
public struct Timing: Sendable, Equatable {
  /// The shortest time, in milliseconds: the least disturbed by everything else on the machine.
  public let minimum: Double
  /// The time in the middle, in milliseconds.
  public let median: Double

  /// What times come to; there is at least one.
  public init(_ durations: [Duration]) {
    precondition(!durations.isEmpty, "a timing of nothing")
    let sorted = durations.map { $0 / .milliseconds(1) }.sorted()
    minimum = sorted[0]
    median = sorted[sorted.count / 2]
  }

  /// Billions of floating-point operations per second at the shortest time; a multiply-accumulate
  /// counts as two.
  public func gigaflops(multiplyAccumulates: Int) -> Double {
    minimum > 0 ? 2 * Double(multiplyAccumulates) / minimum / 1e6 : 0
  }
}
