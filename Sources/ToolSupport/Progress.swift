internal import ResNetKit
internal import Synchronization

/// What is going on, on a terminal only, on a line of standard error that is gone afterwards.
public enum Progress {
  private static let isSilent = Atomic(false)

  /// Says nothing from now on: the user does not want it.
  public static func silence() { isSilent.store(true, ordering: .relaxed) }

  /// Whether there is somebody to say something to.
  fileprivate static var isShown: Bool {
    Terminal.isCapable && !isSilent.load(ordering: .relaxed)
  }

  /// Says what begins; replaces what was said before.
  public static func say(_ text: String) { show("\(text)…") }

  /// Removes the line.
  public static func clear() {
    if isShown { writeToStandardError("\r\u{1b}[2K") }
  }

  /// Shows a line, on one line whatever a file put into it.
  fileprivate static func show(_ text: String) {
    guard isShown else { return }
    // A line that wraps could not be removed again.
    let line = text.printable().shortened(to: (Terminal.columnCount ?? 80) - 1)
    writeToStandardError("\r\u{1b}[2K\(line)")
  }
}

/// Work whose parts are counted: says how many are done, and when the rest will be.
///
/// Parts may be done by several threads.
public final class ProgressCount: Sendable {
  /// What is counted.
  public enum Unit: Sendable {
    /// Things of that name: `3/9 float64 runs`.
    case things(String)
    /// Bytes, after what is done with them: `writing net.resnet: 12 of 98 MB`.
    case bytes(String)
  }

  private struct State {
    var done = 0
    var shown: ContinuousClock.Instant?
  }

  private let unit: Unit
  private let start = ContinuousClock.now
  private let state = Mutex(State())
  /// More often nobody can read.
  private static let interval = Duration.milliseconds(100)

  /// Work that begins now.
  public init(_ unit: Unit) { self.unit = unit }

  /// So many parts are done.
  public func report(_ done: Int, of total: Int) {
    guard Progress.isShown else { return }
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      // Threads may come too late with less.
      guard done >= state.done, state.shown.map({ now - $0 >= Self.interval }) ?? true else {
        return false
      }
      (state.done, state.shown) = (done, now)
      return true
    }
    if isDue { Progress.show(Self.line(unit, done, of: total, after: now - start)) }
  }

  /// The line: `3/9 float64 runs, ~40 s`. The time left is a guess, and comes once there is ground
  /// for one.
  public static func line(
    _ unit: Unit, _ done: Int, of total: Int, after elapsed: Duration
  ) -> String {
    let count =
      switch unit {
      case .things(let name): "\(done)/\(total) \(name)"
      case .bytes(let work): "\(work): \(done / 1_000_000) of \(total / 1_000_000) MB"
      }
    guard done > 0, total > done, elapsed > Duration.milliseconds(300) else { return "\(count)…" }
    let seconds = elapsed / .seconds(1) * Double(total - done) / Double(done)
    return "\(count), ~\(timeText(seconds))"
  }

  /// A time as people say it.
  private static func timeText(_ seconds: Double) -> String {
    switch seconds {
    case ..<1: return "1 s"
    case ..<90: return "\(Int(seconds.rounded())) s"
    case ..<5400: return "\(Int((seconds / 60).rounded())) min"
    default:
      let minutes = Int((min(seconds, 1e9) / 60).rounded())
      return "\(minutes / 60) h \(minutes % 60) min"
    }
  }
}
