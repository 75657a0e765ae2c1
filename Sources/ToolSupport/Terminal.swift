#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What is known of the terminal that standard error goes to.
enum Terminal {
  /// Whether there is one that understands escape sequences.
  static let isCapable =
    isatty(STDERR_FILENO) == 1 && !["", "dumb"].contains(environment("TERM") ?? "")

  /// Its columns; nil where standard error goes elsewhere.
  static var columnCount: Int? {
    var size = winsize()
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return environment("COLUMNS").flatMap { Int($0) } ?? 80
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
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
