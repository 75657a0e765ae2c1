/// As many items as an error or a provenance lists before it counts the rest.
private let listingLimit = 20

/// The first items and, where there are more, how many.
func listed(_ items: [String]) -> [String] {
  guard items.count > listingLimit else { return items }
  return items.prefix(listingLimit) + ["and \(items.count - listingLimit) more"]
}
