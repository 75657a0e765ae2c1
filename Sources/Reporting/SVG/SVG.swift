internal import Files

/// The words of SVG.
enum SVG {
  /// How wide all pictures are.
  static let width = 900.0

  /// The colours of series that people tell apart whatever colours they see (Okabe and Ito 2008);
  /// on dark ground blue and black are paler.
  private static let series: [(light: String, dark: String)] = [
    ("#0072b2", "#4aa8e0"), ("#d55e00", "#f07a26"), ("#009e73", "#2bc79b"),
    ("#cc79a7", "#e09cc2"), ("#b07c00", "#e69f00"), ("#333333", "#e8e8e8"),
    ("#56b4e9", "#9bd3f5"),
  ]

  /// How many colours there are.
  static var colorCount: Int { series.count }

  /// Style sheets for light and for dark ground.
  static var style: String {
    func rules(_ paper: String, _ ink: String, _ rule: String, _ colors: [String]) -> String {
      ".paper{fill:\(paper)} .ink{fill:\(ink)} .axis{stroke:\(ink);fill:none} "
        + ".rule{stroke:\(rule);fill:none} "
        + colors.enumerated().map { ".s\($0){stroke:\($1);fill:\($1)}" }.joined(separator: " ")
    }
    let light = rules("#ffffff", "#1a1a1a", "#dddddd", series.map(\.light))
    let dark = rules("#16181c", "#e8e8e8", "#3a3d42", series.map(\.dark))
    // After the colours: a line is not filled in any of them.
    return "\(light) @media (prefers-color-scheme: dark){\(dark)} "
      + ".line{fill:none;stroke-width:1.6;stroke-linejoin:round} .cell{stroke:none}"
  }

  /// A number with at most one digit after the point.
  static func number(_ value: Double) -> String {
    let text = value.fixed(1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// An element with a text inside.
  static func element(
    _ name: String, _ text: String, _ attributes: [(String, String)] = []
  ) -> String {
    "<\(name)\(list(attributes))>\(escaped(text))</\(name)>"
  }

  /// A shape with an explanation that appears under the pointer.
  static func shape(
    _ name: String, _ attributes: [(String, String)], explanation: String? = nil
  ) -> String {
    guard let explanation else { return "<\(name)\(list(attributes))/>" }
    return "<\(name)\(list(attributes))>\(element("title", explanation))</\(name)>"
  }

  /// A line between two points.
  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String,
    _ attributes: [(String, String)] = []
  ) -> String {
    shape(
      "line",
      [
        ("class", style), ("x1", number(x1)), ("y1", number(y1)), ("x2", number(x2)),
        ("y2", number(y2)),
      ] + attributes)
  }

  /// A text on one line.
  static func text(
    _ x: Double, _ y: Double, _ text: String, anchor: String = "start",
    _ attributes: [(String, String)] = []
  ) -> String {
    element(
      "text", text,
      [("class", "ink"), ("x", number(x)), ("y", number(y)), ("text-anchor", anchor)] + attributes)
  }

  /// About how wide a text is drawn.
  static func width(of text: String) -> Double { 6.8 * Double(text.columnCount) }

  private static func list(_ attributes: [(String, String)]) -> String {
    attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
  }

  /// What XML may hold: its own signs as entities, and none of the characters that it forbids, which
  /// a name from a file can have.
  private static func escaped(_ text: String) -> String {
    text.printable().unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
