/// What a model loses or how it is rewritten on its way to a format, by kind.
package struct Remarks<Kind: RemarkKind> {
  private var items: [Kind: [String]] = [:]

  /// No remarks.
  package init() {}

  /// Takes note of one more case.
  package mutating func add(_ kind: Kind, _ item: String) { items[kind, default: []].append(item) }

  /// Takes a case back.
  package mutating func remove(_ kind: Kind, _ item: String) {
    items[kind]?.removeAll { $0 == item }
    if items[kind]?.isEmpty == true { items[kind] = nil }
  }

  /// One sentence for each kind that occurred.
  package var sentences: [String] {
    Kind.allCases.compactMap { kind in
      items[kind].map { "\(kind.sentence): \(listed($0).joined(separator: ", "))" }
    }
  }
}

/// A kind of remarks; all cases are in the order in which they are told.
package protocol RemarkKind: CaseIterable, Hashable {
  /// What was done, in front of a list of where.
  var sentence: String { get }
}

/// As many items as an error or a provenance lists before it counts the rest.
private let listingLimit = 20

/// The first items and, where there are more, how many.
package func listed(_ items: [String]) -> [String] {
  guard items.count > listingLimit else { return items }
  return items.prefix(listingLimit) + ["and \(items.count - listingLimit) more"]
}
