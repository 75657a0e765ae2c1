/// How long one thing took, over and over.
public struct Timing: Sendable, Equatable {
  /// The times in milliseconds, the shortest first.
  public let sorted: [Double]

  /// What times come to; there is at least one.
  public init(_ durations: [Duration]) {
    self.init(milliseconds: durations.map { $0 / .milliseconds(1) })
  }

  /// What times in milliseconds come to; there is at least one.
  public init(milliseconds: [Double]) {
    precondition(!milliseconds.isEmpty, "a timing of nothing")
    sorted = milliseconds.sorted()
  }

  /// The shortest time, in milliseconds: the least disturbed by everything else on the machine.
  public var minimum: Double { sorted[0] }
  /// The time in the middle, in milliseconds.
  public var median: Double { sorted[sorted.count / 2] }

  /// The time that so many percent of all do not exceed, in milliseconds (nearest rank).
  public func percentile(_ percent: Double) -> Double {
    let rank = (percent / 100 * Double(sorted.count)).rounded(.up)
    return sorted[min(max(Int(rank), 1), sorted.count) - 1]
  }

  /// Above this the machine did something else, or changed its speed: 15 % from the shortest time to
  /// that in the middle.
  public static let quietRatio = 1.15

  /// Whether the times say little: their middle is far from the shortest.
  public var isNoisy: Bool { median > Self.quietRatio * minimum }

  /// Billions of floating-point operations per second at the shortest time; a multiply-accumulate
  /// counts as two.
  public func gigaflops(multiplyAccumulates: Int) -> Double {
    minimum > 0 ? 2 * Double(multiplyAccumulates) / minimum / 1e6 : 0
  }
}
