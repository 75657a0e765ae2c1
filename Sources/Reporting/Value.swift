extension Report {
  /// What stands in a cell of a table, or behind a fact.
  ///
  /// It keeps the value itself: each form of a report writes it in its own way.
  public enum Value: Sendable, Equatable {
    /// Nothing is known, or nothing applies: an empty cell, null in JSON.
    case absent
    /// Words, names.
    case text(String)
    /// A whole number, in groups of three digits for people.
    case count(Int)
    /// A number, with so many digits after the point for people; nil for three significant ones.
    case number(Double, digits: Int? = nil)
    /// A part of one, in percent for people with so many digits after the point.
    case share(Double, digits: Int = 1)
    /// Yes or no.
    case flag(Bool)
    /// Extents: `1×3×224×224` for people, an array in JSON.
    case extents([Int])
    /// Some of the above: joined by commas for people, an array in JSON.
    case list([Value])
    /// Counts of equally wide bins: a sparkline for people, an array in JSON.
    case histogram([Int])
  }
}
