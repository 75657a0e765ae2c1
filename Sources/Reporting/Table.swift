extension Report {
  /// Rows of values.
  public struct Table: Sendable {
    /// How a column is aligned.
    public enum Alignment: Sendable {
      /// Words.
      case leading
      /// Numbers.
      case trailing
    }

    /// A column of a table.
    public struct Column: Sendable {
      /// Its member in the JSON of a row and its head in CSV, in camel case. `weights.mean` is the
      /// member `mean` of an object `weights`; columns of one object stand together.
      public var id: String
      /// Its head for people.
      public var title: String
      /// Where its cells stand.
      public var alignment: Alignment
      /// How soon it is left out of text where the lines have no room for all columns: the highest
      /// first, 0 never. All other forms have every column.
      public var dispensability: Int

      /// A column.
      public init(
        _ id: String, _ title: String, _ alignment: Alignment = .leading, dispensability: Int = 0
      ) {
        self.id = id
        self.title = title
        self.alignment = alignment
        self.dispensability = dispensability
      }
    }

    /// Its member in JSON, in camel case.
    public var id: String
    /// What stands above it for people; may be empty.
    public var title: String
    /// Its columns.
    public var columns: [Column]
    /// A value for each column.
    public internal(set) var rows: [[Value]] = []

    /// A table without rows.
    public init(_ id: String, _ title: String, _ columns: [Column]) {
      self.id = id
      self.title = title
      self.columns = columns
    }

    /// Adds a row: one value for each column.
    public mutating func add(_ row: [Value]) {
      precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
      rows.append(row)
    }
  }
}
