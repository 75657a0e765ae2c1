internal import ResNetKit

/// Columns of text, as wide as their widest cell.
public struct TextTable: CustomStringConvertible {
  /// How a column is aligned.
  public enum Alignment: Sendable {
    /// Words.
    case leading
    /// Numbers.
    case trailing
  }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  /// What a cell may take: names are shortened in their middle.
  private static let widestCell = 64

  /// Adds a row; one cell for each column. What a file put into a cell stays in it.
  public mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells.map { $0.printable(limit: 300).shortened(to: Self.widestCell) })
  }

  /// The lines, title first, each ended by a newline but the last.
  public var description: String {
    let lines = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in lines.map { $0[column].columnCount }.max() ?? 0 }
    return lines.map { cells in
      var line = ""
      for (index, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[index] - cell.columnCount)
        line += (index == 0 ? "" : "  ")
        line += columns[index].alignment == .leading ? cell + padding : padding + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}
