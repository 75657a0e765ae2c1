extension FormatError {
  /// Refuses two names whose bytes differ, but that Unicode calls equal: `é` as one letter, and as
  /// `e` with an accent. `String` takes one for the other, to a file they are two.
  ///
  /// - Parameter names: all that could be taken for one another.
  /// - Throws: `FormatError` with both.
  package static func refuseLookalikes(among names: some Sequence<String>) throws(FormatError) {
    // Only what is written beyond ASCII has a second spelling: nearly never does anything follow.
    guard names.contains(where: { !$0.utf8.allSatisfy { $0 < 0x80 } }) else { return }
    var known: Set<String> = []
    for name in names {
      let (isNew, other) = known.insert(name)
      guard isNew || name.utf8.elementsEqual(other.utf8) else {
        throw FormatError(
          .badModel,
          "expected names that differ or are the same bytes, found \(quoted(other)) and "
            + "\(quoted(name)), which are one to Unicode")
      }
    }
  }
}
