public import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What a helper answers, read from begin to end; integers are little-endian.
///
/// Nothing is allocated for a length that it names before the caller has bounded that length.
public final class Reply {
  private let child: Child
  private let end: ContinuousClock.Instant
  private let seconds: Int
  private let name: String
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  /// What is in the buffer and was not taken yet.
  private var rest = 0..<0

  init(_ child: Child, seconds: Int, name: String) {
    self.child = child
    self.seconds = seconds
    self.name = name
    end = .now + .seconds(seconds)
  }

  /// An error about an answer that no helper of this version gives.
  public func broken(_ reason: String) -> FormatError {
    FormatError(.badModel, "\(name) answered what it must not: \(reason)")
  }

  /// The next byte.
  public func byte() throws(FormatError) -> UInt8 {
    if rest.isEmpty { try refill() }
    defer { rest = rest.dropFirst() }
    return buffer[rest.lowerBound]
  }

  /// An integer that is at most so large.
  public func count(atMost limit: Int, _ what: String) throws(FormatError) -> Int {
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(try byte()) << UInt64(8 * index) }
    guard value <= UInt64(limit) else {
      throw broken("\(value) \(what), where \(limit) are possible")
    }
    return Int(value)
  }

  /// So many bytes, which the caller has bounded.
  public func fill(_ target: UnsafeMutableRawBufferPointer) throws(FormatError) {
    var filled = 0
    while filled < target.count {
      if rest.isEmpty { try refill() }
      let count = min(rest.count, target.count - filled)
      // SAFETY: both ranges lie within their buffers, as was just computed.
      buffer.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[rest.prefix(count)]))
      }
      filled += count
      rest = rest.dropFirst(count)
    }
  }

  /// Nothing may follow.
  func finish() throws(FormatError) {
    guard rest.isEmpty, try receive() == 0 else { throw broken("more than its end") }
  }

  private func refill() throws(FormatError) {
    guard try receive() > 0 else { throw death() }
  }

  /// Waits for more, and returns how many bytes came; 0 at the end.
  private func receive() throws(FormatError) -> Int {
    while true {
      let left = (end - .now) / .milliseconds(1)
      guard left > 0 else {
        throw FormatError(.badModel, "\(name) did not answer within \(seconds) s, and was ended")
      }
      var event = pollfd(fd: child.answers, events: Int16(POLLIN), revents: 0)
      let ready = poll(&event, 1, Int32(min(left + 1, 1e6)))
      if ready < 0, errno != EINTR {
        throw FormatError(.inputOutput, "\(name) cannot be heard: \(text(errno))")
      }
      guard ready > 0 else { continue }
      let count = read(child.answers, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw FormatError(.inputOutput, "\(name) cannot be heard: \(text(errno))")
      }
      rest = 0..<count
      return count
    }
  }

  /// Why there is no more.
  private func death() -> FormatError {
    guard let status = child.waitShortly() else {
      return FormatError(.badModel, "\(name) ended before it had answered")
    }
    let signal = status & 0x7f
    guard signal != 0 else {
      let code = status >> 8 & 0xff
      // What the dynamic linker ends with when a library is not there.
      guard code != 127 else {
        return FormatError(
          .missingProgram, "\(name) cannot run: a library that it needs is not installed")
      }
      return FormatError(.badModel, "\(name) ended before it had answered, with exit code \(code)")
    }
    let reason =
      switch signal {
      case SIGSYS: "asked the system for what it may not, and was ended"
      case SIGXCPU, SIGKILL: "took too much time or memory, and was ended"
      default: "died of this file (signal \(signal))"
      }
    return FormatError(.badModel, "\(name) \(reason)")
  }
}
