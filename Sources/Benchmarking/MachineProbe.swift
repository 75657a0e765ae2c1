public import Kernels
public import ModelGraph
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Measures what the machine gives at most, a moment at a time, so that it can be done between other
/// measurements: the speed of a shared machine drifts.
public final class MachineProbe {
  /// A place that data is read from.
  public struct Place: Sendable, Equatable {
    /// `L1`, `L2`, …, `memory`.
    public let name: String
    /// The bytes that each thread reads there.
    public let byteCount: Int
    /// The bytes that all threads find room for there; nil for memory.
    public let capacity: Int?
  }

  /// How many threads measure at a time.
  public let threadCount: Int
  /// The places that data is read from, the nearest first, memory last.
  public let places: [Place]
  private let pool: ThreadPool
  private let memory: [UnsafeMutableRawBufferPointer]

  /// A probe for so many threads.
  ///
  /// - Throws: `NetworkError` where the system gives no memory or no threads.
  public init(threadCount: Int, caches: [CacheLevel] = CacheLevel.all()) throws(NetworkError) {
    self.threadCount = threadCount
    places = Self.places(caches, threadCount: threadCount)
    let byteCount = places.map(\.byteCount).max() ?? 0
    do { try Memory.require(2 * byteCount * threadCount) } catch { throw NetworkError(error) }
    guard let pool = ThreadPool(threadCount: threadCount) else {
      throw NetworkError(
        "needs \(threadCount) threads, which the system does not give", kind: .outOfMemory)
    }
    self.pool = pool
    memory = (0..<threadCount).map { _ in
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 1 << 21)
      #if os(Linux)
        madvise(memory.baseAddress, byteCount, MADV_HUGEPAGE)
      #endif
      memset(memory.baseAddress!, 1, byteCount)  // never empty; the system gives pages when touched
      return memory
    }
  }

  deinit { for part in memory { part.deallocate() } }

  /// A quarter of a cache, since others use it too, and neighbours that this system does not see; of
  /// memory four times as much as the caches hold.
  static func places(_ caches: [CacheLevel], threadCount: Int) -> [Place] {
    var places: [Place] = []
    for cache in caches {
      let sharers = min(cache.sharerCount, threadCount)
      let part = cache.byteCount / 4 / max(sharers, 1) / 1024 * 1024
      guard part > 0 else { continue }
      places.append(
        Place(
          name: cache.name, byteCount: part,
          capacity: cache.byteCount * ((threadCount + sharers - 1) / max(sharers, 1))))
    }
    let largest = caches.map(\.byteCount).max() ?? 0
    let total = min(max(4 * largest, 64 << 20), 512 << 20)
    let part = max(total / threadCount / 1024 * 1024, 1 << 20)
    places.append(Place(name: "memory", byteCount: part, capacity: nil))
    return places
  }

  /// Billions of floating-point operations per second of all threads, now.
  ///
  /// - Parameter value: how large the numbers are: subnormal ones may cost more.
  public func gigaflops(_ instructionSet: InstructionSet, value: Float = 1) -> Double {
    rate { _ in Probe.arithmetic(instructionSet, rounds: 100_000, value: value) }
  }

  /// Billions of bytes per second that all threads read from a place, now.
  public func gigabytes(from place: Place, _ instructionSet: InstructionSet) -> Double {
    let passes = max(1, (16 << 20) / place.byteCount)
    return rate { thread in
      let part = UnsafeRawBufferPointer(rebasing: memory[thread][..<place.byteCount])
      return Probe.reading(part, passes: passes, with: instructionSet)
    }
  }

  /// What all threads do together in a billionth of a second.
  private func rate(_ work: (_ thread: Int) -> Double) -> Double {
    var amounts = [Double](repeating: 0, count: threadCount)
    let duration = amounts.withUnsafeMutableBufferPointer { amounts in
      // SAFETY: each task writes its own element, before the pool returns.
      nonisolated(unsafe) let amounts = amounts
      return ContinuousClock().measure {
        pool.run(taskCount: threadCount) { task, _ in amounts[task] = work(task) }
      }
    }
    return amounts.reduce(0, +) / (duration / .nanoseconds(1))
  }
}
