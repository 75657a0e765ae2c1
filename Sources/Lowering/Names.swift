extension Set<String> {
  /// Inserts a name that is not there yet: the one that is wanted, or with a number behind it.
  package mutating func insertUnused(_ name: String) -> String {
    var candidate = name
    var suffix = 1
    while !insert(candidate).inserted {
      suffix += 1
      candidate = "\(name)_\(suffix)"
    }
    return candidate
  }
}
