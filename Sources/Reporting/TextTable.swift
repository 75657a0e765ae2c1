internal import Files

/// Columns of text, as wide as their widest cell.
public struct TextTable: CustomStringConvertible {
  /// How a column is aligned.
  public typealias Alignment = Report.Table.Alignment

  /// What is known of a column before its cells.
  private struct Column {
    var title: String
    var alignment: Alignment
    var dispensability = 0
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [(title: String, alignment: Alignment)]) {
    self.columns = columns.map { Column(title: $0.title, alignment: $0.alignment) }
  }

  /// The cells of a report's table, in words.
  init(_ table: Report.Table) {
    columns = table.columns.map {
      Column(title: $0.title, alignment: $0.alignment, dispensability: $0.dispensability)
    }
    for row in table.rows { add(row.map(\.words)) }
  }

  /// What a cell may take: names are shortened in their middle.
  private static let widestCell = 64
  /// What a column of words keeps at least, to be told apart from others.
  private static let narrowestWords = 8
  private static let gap = "  "

  /// Adds a row; one cell for each column. What a file put into a cell stays in it.
  public mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells.map { $0.printable(limit: 300).shortened(to: Self.widestCell) })
  }

  /// The lines, title first, each ended by a newline but the last.
  public var description: String { fitting(nil).lines.joined(separator: "\n") }

  /// The lines in so many columns of a terminal, title first.
  ///
  /// Columns that can be spared go first, the most dispensable before the others; then words are
  /// shortened. A column of words counts as a third of the line at most before anything is left out
  /// for it.
  /// - Parameter width: nil where lines may be of any length.
  /// - Returns: the lines, and the titles of the columns that are not in them.
  func fitting(_ width: Int?) -> (lines: [String], omitted: [String]) {
    var widths = columns.indices.map { column in
      ([columns[column].title] + rows.map { $0[column] }).map(\.columnCount).max() ?? 0
    }
    guard let width else { return (lines(Array(columns.indices), widths), []) }
    let modest = columns.indices.map { column in
      columns[column].alignment == .leading
        ? min(widths[column], max(width / 3, Self.narrowestWords)) : widths[column]
    }
    var shown = Array(columns.indices)
    while total(shown, modest) > width,
      let dropped = shown.last(where: { column in
        columns[column].dispensability > 0
          && shown.allSatisfy { columns[$0].dispensability <= columns[column].dispensability }
      })
    {
      shown.removeAll { $0 == dropped }
    }
    // The widest words give way first, a column at a time.
    while total(shown, widths) > width,
      let widest = shown.filter({ columns[$0].alignment == .leading })
        .max(by: { widths[$0] < widths[$1] }), widths[widest] > Self.narrowestWords
    {
      widths[widest] -= 1
    }
    let omitted = columns.indices.filter { !shown.contains($0) }.map { columns[$0].title }
    return (lines(shown, widths).map { $0.cut(to: width) }, omitted)
  }

  private func total(_ shown: [Int], _ widths: [Int]) -> Int {
    shown.reduce(0) { $0 + widths[$1] } + Self.gap.count * max(shown.count - 1, 0)
  }

  private func lines(_ shown: [Int], _ widths: [Int]) -> [String] {
    ([columns.map(\.title)] + rows).map { cells in
      var line = ""
      for column in shown {
        let cell = cells[column].shortened(to: widths[column])
        let padding = String(repeating: " ", count: widths[column] - cell.columnCount)
        line += column == shown.first ? "" : Self.gap
        line += columns[column].alignment == .leading ? cell + padding : padding + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
