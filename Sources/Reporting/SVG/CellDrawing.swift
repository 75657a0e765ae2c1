/// Rows of cells whose colour is a number.
struct CellDrawing {
  let scale: Report.Figure.Scale
  let rows: [Report.Figure.CellRow]

  private static let right = SVG.width - 24
  private static let largestCell = 16.0
  private static let smallestCell = 4.0

  /// Where the cells begin: right of the longest name.
  private var left: Double {
    let longest = rows.map { SVG.width(of: name(of: $0)) }.max() ?? 0
    return 24 + longest + 8
  }

  private func name(of row: Report.Figure.CellRow) -> String { row.name.shortened(to: 32) }

  /// As large as lets the longest row stay on one line, within limits.
  private var cellSize: Double {
    let longest = Double(max(rows.map(\.cells.count).max() ?? 1, 1))
    return min(max((Self.right - left) / longest, Self.smallestCell), Self.largestCell)
  }

  /// What is drawn, from 0 down, and how high it is.
  var drawing: (lines: [String], height: Double) {
    let size = cellSize
    let cellsInLine = max(1, Int((Self.right - left) / size))
    var (lines, top) = (legend, 40.0)
    for row in rows {
      lines.append(SVG.text(left - 8, top + size / 2 + 4, name(of: row), anchor: "end"))
      for (index, cell) in row.cells.enumerated() {
        let x = left + size * Double(index % cellsInLine)
        let y = top + size * Double(index / cellsInLine)
        lines.append(self.cell(cell.value, x, y, size, explanation: cell.explanation))
      }
      let lineCount = max(1, (row.cells.count + cellsInLine - 1) / cellsInLine)
      top += max(size * Double(lineCount), 14) + 4
    }
    return (lines, top)
  }

  /// A cell; an outline where there is nothing, another colour where there is no number.
  private func cell(
    _ value: Double?, _ x: Double, _ y: Double, _ size: Double, explanation: String?
  ) -> String {
    let place = [("x", SVG.number(x)), ("y", SVG.number(y))]
    let extent = SVG.number(max(size - 1, 1))
    let box = place + [("width", extent), ("height", extent)]
    guard let value else {
      return SVG.shape("rect", [("class", "rule")] + box, explanation: explanation)
    }
    guard !value.isNaN else {
      return SVG.shape("rect", [("class", "s1 cell")] + box, explanation: explanation)
    }
    let style = [("class", "s0 cell"), ("fill-opacity", strength(value).fixed(2))]
    return SVG.shape("rect", style + box, explanation: explanation)
  }

  /// How strong the colour is: from pale, but to be seen, to full.
  private func strength(_ value: Double) -> Double {
    let (low, high) = (scale.range.lowerBound, scale.range.upperBound)
    let part = high > low ? (value - low) / (high - low) : value > low ? 1 : 0
    return 0.08 + 0.92 * min(max(part, 0), 1)
  }

  /// The scale: its title, five steps, their ends.
  private var legend: [String] {
    let (low, high) = (scale.range.lowerBound, scale.range.upperBound)
    let begin = 24 + SVG.width(of: scale.title) + 12 + SVG.width(of: low.short)
    let steps = (0..<5).map { step in
      cell(
        low + (high - low) * Double(step) / 4, begin + 18 * Double(step), 8, 18, explanation: nil)
    }
    return [
      SVG.text(24, 20, scale.title), SVG.text(begin - 6, 20, low.short, anchor: "end"),
      SVG.text(begin + 96, 20, high.short),
    ] + steps
  }
}
