public import Kernels
public import ModelGraph

/// What the machine does at most, on some number of threads.
public struct MachineReport: Sendable {
  /// Arithmetic in registers by one instruction set, in billions of operations per second.
  public struct Arithmetic: Sendable {
    /// The instruction set.
    public let instructionSet: InstructionSet
    /// On ordinary numbers.
    public let gigaflops: Double
    /// On subnormal numbers, which are computed exactly.
    public let subnormalGigaflops: Double
  }

  /// How many threads.
  public let threadCount: Int
  /// What each instruction set does.
  public let arithmetic: [Arithmetic]
  /// What can be read from each place.
  public let sources: [Roofline.Source]

  /// Measures it: the most of some rounds.
  ///
  /// - Throws: `NetworkError` where the system gives no memory or no threads.
  public static func measure(threadCount: Int, rounds: Int) throws(NetworkError) -> MachineReport {
    let probe = try MachineProbe(threadCount: threadCount)
    let sets = InstructionSet.allCases.filter(\.isAvailable)
    let widest = sets.last ?? .scalar
    var normal = [Double](repeating: 0, count: sets.count)
    var subnormal = normal
    var gigabytes = [Double](repeating: 0, count: probe.places.count)
    for _ in 0..<rounds {
      for (index, set) in sets.enumerated() {
        normal[index] = max(normal[index], probe.gigaflops(set))
        subnormal[index] = max(subnormal[index], probe.gigaflops(set, value: 0x1p-135))
      }
      for (index, place) in probe.places.enumerated() {
        gigabytes[index] = max(gigabytes[index], probe.gigabytes(from: place, widest))
      }
    }
    return MachineReport(
      threadCount: threadCount,
      arithmetic: sets.indices.map {
        .init(
          instructionSet: sets[$0], gigaflops: normal[$0], subnormalGigaflops: subnormal[$0])
      },
      sources: zip(probe.places, gigabytes).map { .init(place: $0, gigabytes: $1) })
  }
}
