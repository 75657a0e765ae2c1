public import ArgumentParser
internal import ResNetKit

/// How notes are shown.
public struct NoteArguments: ParsableArguments {
  /// Whether every note is shown in full.
  @Flag(help: "Print every note in full, not shortened to a line.")
  public var verbose = false

  /// For the parser.
  public init() {}

  /// Tells on standard error what was assumed, changed or left out: a line each.
  public func say(_ notes: [String]) {
    guard !notes.isEmpty else { return }
    Progress.clear()
    writeToStandardError(
      Self.lines(notes, columns: verbose ? nil : Terminal.columnCount ?? Self.usualColumnCount)
        .map { $0 + "\n" }.joined())
  }

  /// Where there is no terminal.
  private static let usualColumnCount = 120

  /// The lines, none longer than so many columns.
  public static func lines(_ notes: [String], columns: Int?) -> [String] {
    let whole = notes.map { "note: \($0)".printable() }
    guard let columns else { return whole }
    let lines = whole.map { $0.cut(to: columns) }
    let count = zip(whole, lines).count { $0 != $1 }
    guard count > 0 else { return lines }
    return lines + ["note: \(count) of \(notes.count) shortened; --verbose prints them in full"]
  }
}
