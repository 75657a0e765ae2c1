/// Series between two axes.
struct PlotDrawing {
  private typealias Series = Report.Figure.Series

  private let series: [Series]
  private let hasBars: Bool
  private let x: Ruler
  private let y: Ruler
  private let titles: (x: String, y: String)
  private let bottomMargin: Double
  private let legend: (lines: [String], height: Double)

  private static let left = 80.0
  private static let plotHeight = 360.0
  /// More points than these are a line, not marks.
  private static let mostMarks = 80

  /// A drawing of points or bars.
  init(
    _ x: Report.Figure.Axis, _ y: Report.Figure.Axis, _ series: [Report.Figure.Series], bars: Bool
  ) {
    self.series = series
    hasBars = bars
    titles = (x.title, y.title)
    legend = Self.legend(series, hasBars: bars)
    let top = legend.height + 8
    let points = series.flatMap(\.points)
    let half = bars && x.names.isEmpty ? 0.5 : 0
    self.x = Ruler(
      points.flatMap { [$0.x - half, $0.x + half] }, axis: x, begin: Self.left, end: SVG.width - 24,
      isWhole: false)
    self.y = Ruler(
      points.map(\.y) + (bars && !y.isLogarithmic ? [0] : []), axis: y,
      begin: top + Self.plotHeight, end: top, isWhole: true)
    let longest = x.names.isEmpty ? 0 : self.x.ticks.map { SVG.width(of: $0.text) }.max() ?? 0
    bottomMargin = 44 + longest * 0.75
  }

  /// What is drawn, from 0 down, and how high it is.
  var drawing: (lines: [String], height: Double) {
    let marks = series.enumerated().flatMap { hasBars ? bars($1, $0) : line($1, $0) }
    return (legend.lines + grid + marks, y.begin + bottomMargin)
  }

  private var grid: [String] {
    let isTurned = bottomMargin > 44
    var lines = x.ticks.flatMap { tick -> [String] in
      guard let place = x.position(tick.value) else { return [] }
      let turn =
        isTurned
        ? [("transform", "rotate(-45 \(SVG.number(place)) \(SVG.number(y.begin + 14)))")] : []
      return [
        SVG.line(place, y.begin, place, isTurned ? y.begin + 4 : y.end, "rule"),
        SVG.text(
          place, y.begin + (isTurned ? 14 : 18), tick.text, anchor: isTurned ? "end" : "middle",
          turn),
      ]
    }
    lines += y.ticks.flatMap { tick -> [String] in
      guard let place = y.position(tick.value) else { return [] }
      return [
        SVG.line(x.begin, place, x.end, place, "rule"),
        SVG.text(x.begin - 8, place + 4, tick.text, anchor: "end"),
      ]
    }
    let middle = (y.begin + y.end) / 2
    return lines + [
      SVG.line(x.begin, y.begin, x.end, y.begin, "axis"),
      SVG.line(x.begin, y.begin, x.begin, y.end, "axis"),
      SVG.text((x.begin + x.end) / 2, y.begin + bottomMargin - 6, titles.x, anchor: "middle"),
      SVG.text(
        18, middle, titles.y, anchor: "middle",
        [("transform", "rotate(-90 18 \(SVG.number(middle)))")]),
    ]
  }

  private func explanation(_ series: Series, _ point: (x: Double, y: Double)) -> String {
    "\(series.name): \(point.x.short), \(point.y.short)"
  }

  /// A line, broken where there are no numbers, and marks where there are few.
  private func line(_ series: Series, _ index: Int) -> [String] {
    var pieces: [[(Double, Double)]] = [[]]
    var marks: [String] = []
    for point in series.points {
      guard let px = x.position(point.x), let py = y.position(point.y) else {
        pieces.append([])
        continue
      }
      pieces[pieces.count - 1].append((px, py))
      marks.append(Self.mark(px, py, index, explanation: explanation(series, point)))
    }
    let lines = pieces.filter { $0.count > 1 }.map { piece in
      SVG.shape(
        "polyline",
        [
          ("class", Self.style(index) + " line"),
          (
            "points",
            piece.map { "\(SVG.number($0)),\(SVG.number($1))" }.joined(separator: " ")
          ),
        ] + Self.dashes(series), explanation: series.name)
    }
    return lines + (marks.count <= Self.mostMarks ? marks : [])
  }

  private func bars(_ series: Series, _ index: Int) -> [String] {
    let base = y.position(max(0, y.range.lowerBound)) ?? y.begin
    let unit = (x.end - x.begin) / (x.range.upperBound - x.range.lowerBound)
    let width = max(1, 0.8 * unit / Double(self.series.count))
    return series.points.compactMap { point in
      guard let px = x.position(point.x), let py = y.position(point.y) else { return nil }
      let left = px - width * Double(self.series.count) / 2 + width * Double(index)
      return SVG.shape(
        "rect",
        [
          ("class", "\(Self.style(index)) cell"), ("x", SVG.number(left)),
          ("y", SVG.number(min(py, base))), ("width", SVG.number(max(width - 1, 1))),
          ("height", SVG.number(max((py - base).magnitude, 0.5))),
        ], explanation: explanation(series, point))
    }
  }

  private static func style(_ index: Int) -> String { "s\(index % SVG.colorCount)" }

  private static func dashes(_ series: Series) -> [(String, String)] {
    series.isDashed ? [("stroke-dasharray", "6 4")] : []
  }

  /// Marks of four forms: colour alone does not tell series apart.
  private static func mark(
    _ x: Double, _ y: Double, _ index: Int, explanation: String?
  ) -> String {
    func points(_ offsets: [(Double, Double)]) -> [(String, String)] {
      let text = offsets.map { "\(SVG.number(x + $0)),\(SVG.number(y + $1))" }
      return [("class", style(index)), ("points", text.joined(separator: " "))]
    }
    switch index % 4 {
    case 0:
      let place = [("cx", SVG.number(x)), ("cy", SVG.number(y)), ("r", "3")]
      return SVG.shape(
        "circle", [("class", style(index))] + place, explanation: explanation)
    case 1:
      return SVG.shape(
        "polygon", points([(-3, -3), (3, -3), (3, 3), (-3, 3)]), explanation: explanation)
    case 2:
      return SVG.shape("polygon", points([(0, -4), (4, 3), (-4, 3)]), explanation: explanation)
    default:
      return SVG.shape(
        "polygon", points([(0, -4), (4, 0), (0, 4), (-4, 0)]), explanation: explanation)
    }
  }

  /// The names of the series in as many lines as they need; none for a single one without a name.
  private static func legend(
    _ series: [Series], hasBars: Bool
  ) -> (lines: [String], height: Double) {
    guard series.count > 1 || series.contains(where: { !$0.name.isEmpty }) else { return ([], 0) }
    var (lines, x, y) = ([String](), left, 8.0)
    for (index, series) in series.enumerated() {
      let name = series.name.shortened(to: 40)
      let width = 44 + SVG.width(of: name)
      if x > left, x + width > SVG.width { (x, y) = (left, y + 20) }
      if hasBars {
        let place = [("x", SVG.number(x + 8)), ("y", SVG.number(y - 5))]
        lines.append(
          SVG.shape(
            "rect",
            [("class", style(index) + " cell")] + place + [("width", "10"), ("height", "10")]))
      } else {
        lines.append(SVG.line(x, y, x + 24, y, style(index) + " line", dashes(series)))
        lines.append(mark(x + 12, y, index, explanation: nil))
      }
      lines.append(SVG.text(x + 30, y + 4, name))
      x += width
    }
    return (lines, y + 12)
  }
}
