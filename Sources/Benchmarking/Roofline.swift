public import Runtime

/// What a machine can do at most, and so how long a step of a plan takes at least (Williams,
/// Waterman, Patterson 2009).
///
/// A step does its arithmetic and moves its bytes at the same time: the longer of both is its limit.
/// Weights come from where all weights and values of the network find room, since all of them are
/// used before a weight is used again; values come from where those of the step find room, since
/// the step before has just made them.
public struct Roofline: Sendable {
  /// A place and how fast all threads together read from it.
  public struct Source: Sendable {
    /// Where the bytes come from.
    public let place: MachineProbe.Place
    /// Billions of bytes per second.
    public let gigabytes: Double
  }

  /// What keeps a step from being faster.
  public enum Bound: Sendable, Equatable {
    /// The arithmetic.
    case compute
    /// Reading from the place of that name.
    case reading(String)
  }

  /// How long something takes at least.
  public struct Limit: Sendable {
    /// The shortest time in milliseconds.
    public let milliseconds: Double
    /// Why it cannot be shorter.
    public let bound: Bound
  }

  /// Billions of floating-point operations per second of all threads.
  public let gigaflops: Double
  /// The places that data comes from, the nearest first, memory last.
  public let sources: [Source]

  /// The nearest place with room for so many bytes.
  private func source(for byteCount: Int) -> Source? {
    sources.first { byteCount <= $0.place.capacity ?? .max }
  }

  /// How long a step takes at least.
  ///
  /// - Parameters:
  ///   - weightByteCount: of its own weights.
  ///   - valueByteCount: of what it reads and makes besides.
  ///   - networkByteCount: of all weights and values of the network.
  public func limit(
    multiplyAccumulates: Int, weightByteCount: Int, valueByteCount: Int, networkByteCount: Int
  ) -> Limit {
    let compute = 2 * Double(multiplyAccumulates) / gigaflops / 1e6
    func reading(_ byteCount: Int, _ source: Source?) -> Double {
      source.map { Double(byteCount) / $0.gigabytes / 1e6 } ?? 0
    }
    let (weights, values) = (source(for: networkByteCount), source(for: valueByteCount))
    let weightTime = reading(weightByteCount, weights)
    let valueTime = reading(valueByteCount, values)
    guard weightTime + valueTime > compute else {
      return Limit(milliseconds: compute, bound: .compute)
    }
    let slower = weightTime > valueTime ? weights : values
    return Limit(
      milliseconds: weightTime + valueTime, bound: .reading(slower?.place.name ?? "memory"))
  }

  /// How long a step of a plan takes at least.
  public func limit(of step: Step, in plan: ExecutionPlan) -> Limit {
    limit(
      multiplyAccumulates: step.multiplyAccumulates, weightByteCount: step.weightByteCount,
      valueByteCount: step.byteCount - step.weightByteCount,
      networkByteCount: plan.weightByteCount + plan.arenaByteCount)
  }
}
