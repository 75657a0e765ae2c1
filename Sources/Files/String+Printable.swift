extension String {
  /// The text fit for one line of a terminal, whatever a file put into it.
  ///
  /// Characters that would end the line, move the cursor, or hide or reorder text are written as
  /// `\u{1b}`; of a text longer than `limit` the middle is left out, since messages end in the rule.
  public func printable(limit: Int = .max) -> String {
    if utf8.count <= limit, utf8.allSatisfy({ 0x20..<0x7f ~= $0 }) { return self }
    // Scalars, not characters: a megabyte of accents is one character.
    let length = unicodeScalars.count
    guard length > limit else { return Self(escaping: unicodeScalars[...]) }
    let tail = limit / 3
    return Self(escaping: unicodeScalars.prefix(limit - tail)) + "…"
      + Self(escaping: unicodeScalars.suffix(tail))
  }

  private init(escaping scalars: Substring.UnicodeScalarView) {
    self = scalars.reduce(into: "") { text, scalar in
      text += scalar.isDeceptive ? scalar.escaped(asASCII: true) : String(scalar)
    }
  }
}

extension Unicode.Scalar {
  /// Whether it acts on the text around it instead of showing itself.
  package var isDeceptive: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: true
    // The categories are Unicode's list, and these are the ones that act.
    default: false
    }
  }
}

/// A text from a file between quotes: escaped to printable ASCII and cut, fit for one line.
package func quoted(_ text: some StringProtocol) -> String {
  let limit = 60
  let escaped = text.unicodeScalars.prefix(limit).map { $0.escaped(asASCII: true) }.joined()
  return "\"\(escaped)\(text.unicodeScalars.count > limit ? "…" : "")\""
}
