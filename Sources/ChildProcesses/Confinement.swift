internal import CSandbox

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What a helper does with itself: it gives up what it does not need before it looks at a file, and
/// answers.
package enum Confinement {
  /// Gives up everything but to compute, to take bounded memory and time, and to write the answer.
  ///
  /// The process ends where that is refused.
  /// - Parameters:
  ///   - memory: bytes beside those that the process has.
  ///   - seconds: of computing.
  /// - Returns: what this kernel does not enforce, in words; empty for nothing.
  package static func enter(memory: Int, seconds: Int) -> String {
    guard csandbox_limit(UInt64(memory), UInt32(clamping: seconds)) == 0 else { _exit(71) }
    let enforced = csandbox_enter()
    guard enforced >= 0 else { _exit(71) }
    let parts = [(csandbox_landlock, "Landlock"), (csandbox_seccomp, "seccomp")]
    return parts.filter { Int(enforced) & $0.0 == 0 }.map(\.1)
      .joined(separator: " and ")
  }

  /// Writes a piece of the answer; ends the process where nobody listens.
  package static func send(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = write(STDOUT_FILENO, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { _exit(74) }
      rest = rest.dropFirst(count)
    }
  }

  /// Says to somebody who started the program by hand what it is, and ends it.
  package static func explain(_ text: StaticString) -> Never {
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    exit(64)
  }

  /// Ends the process without what libraries do at the end: some die of what they read only then.
  package static func end() -> Never { _exit(0) }
}
