/// As many items as an error or a provenance lists before it counts the rest.
private let listingLimit = 20

/// The first items and, where there are more, how many.
func listed(_ items: [String]) -> [String] {
  guard items.count > listingLimit else { return items }
  return items.prefix(listingLimit) + ["and \(items.count - listingLimit) more"]
}

/// A text from a file between quotes: escaped to printable ASCII and cut, fit for one line.
func quoted(_ text: some StringProtocol) -> String {
  let limit = 60
  let escaped = text.unicodeScalars.prefix(limit).map { $0.escaped(asASCII: true) }.joined()
  return "\"\(escaped)\(text.unicodeScalars.count > limit ? "…" : "")\""
}
