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
    guard isatty(STDERR_FILENO) == 1 else { return nil }
    return columnsOfTerminal(STDERR_FILENO) ?? columnsOfEnvironment ?? 80
  }
}

/// What is known of where standard output goes.
enum StandardOutput {
  /// The columns that lines have: those of `COLUMNS` wherever they go, else those of the terminal;
  /// nil for a file or another program, whose lines have no end.
  static var columnCount: Int? {
    if let count = columnsOfEnvironment { return count }
    return isatty(STDOUT_FILENO) == 1 ? columnsOfTerminal(STDOUT_FILENO) ?? 80 : nil
  }

  /// Whether text may be coloured: on a terminal that can, unless NO_COLOR says no
  /// (no-color.org).
  static var showsColor: Bool {
    isatty(STDOUT_FILENO) == 1 && !["", "dumb"].contains(environment("TERM") ?? "")
      && (environment("NO_COLOR") ?? "").isEmpty
  }
}

private func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}

private var columnsOfEnvironment: Int? {
  environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
}

private func columnsOfTerminal(_ descriptor: Int32) -> Int? {
  var size = winsize()
  guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
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
