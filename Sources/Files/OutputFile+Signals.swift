internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension OutputFile {
  /// What a signal handler calls before it ends the process: removes the temporaries that have a
  /// name. Most file systems know files without a name; then there is nothing to remove.
  ///
  /// Safe in a signal handler: it allocates nothing and takes no lock.
  /// - Returns: false while outputs get their names: the process must go on, and the signal comes
  ///   again when all have theirs.
  public static func mayEnd(by signal: Int32) -> Bool {
    guard Publishing.mayEnd(by: signal) else { return false }
    removeUnfinished()
    return true
  }
}

/// The moments in which outputs get their names, and no signal may end the process.
enum Publishing {
  /// How many publish now; −1 once the process ends.
  private static let count = Atomic(0)
  /// A signal that has to wait; 0 for none.
  private static let held = Atomic<Int32>(0)

  /// Calls `body`; a signal that comes meanwhile is raised afterwards.
  static func withSignalsHeld<Failure: Error>(
    _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    begin()
    defer { end() }
    try body()
  }

  private static func begin() {
    var current = count.load(ordering: .acquiring)
    while true {
      // A handler on another thread is about to end the process: nothing is named any more.
      while current < 0 { pause() }
      let (exchanged, original) = count.compareExchange(
        expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
      if exchanged { return }
      current = original
    }
  }

  private static func end() {
    guard count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    let signal = held.exchange(0, ordering: .acquiringAndReleasing)
    if signal != 0 { raise(signal) }
  }

  /// Whether the process may end now; else the signal is held.
  static func mayEnd(by signal: Int32) -> Bool {
    if isEnding() { return true }
    held.store(signal, ordering: .releasing)
    // The last may have had its name meanwhile, and have found no signal.
    return isEnding()
  }

  private static func isEnding() -> Bool {
    let (exchanged, original) = count.compareExchange(
      expected: 0, desired: -1, ordering: .acquiringAndReleasing)
    return exchanged || original < 0
  }
}
