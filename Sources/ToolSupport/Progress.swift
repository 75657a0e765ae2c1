#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What is going on, on a terminal only, on a line of standard error that is gone afterwards.
public enum Progress {
  /// Whether anybody sees it.
  private static let isVisible = isatty(STDERR_FILENO) == 1

  /// Says what begins; replaces what was said before.
  public static func say(_ text: String) {
    if isVisible { writeToStandardError("\r\u{1b}[2K\(text)…") }
  }

  /// Removes the line.
  public static func clear() {
    if isVisible { writeToStandardError("\r\u{1b}[2K") }
  }
}

/// Writes text to standard error; if nobody takes it there is nobody to tell.
func writeToStandardError(_ text: String) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}
