internal import Files

/// A text from a file between quotes: escaped to printable ASCII and cut, fit for one line.
func quoted(_ text: some StringProtocol) -> String {
  let limit = 60
  let escaped = text.unicodeScalars.prefix(limit).map { $0.escaped(asASCII: true) }.joined()
  return "\"\(escaped)\(text.unicodeScalars.count > limit ? "…" : "")\""
}
