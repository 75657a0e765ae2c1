extension Report {
  /// The figures one below the other as an SVG of its own, in the colours that the viewer prefers,
  /// light or dark.
  ///
  /// Each says what it shows in its `title` and `desc`; so do its points and cells.
  public var svg: String {
    let width = SVG.width
    var (body, top) = ([String](), 16.0)
    for figure in figures {
      let (lines, height) = figure.drawing
      body += [
        "<g transform=\"translate(0 \(SVG.number(top)))\" role=\"img\">",
        SVG.element("title", figure.title), SVG.element("desc", figure.description),
      ]
      body += lines + ["</g>"]
      top += height + 24
    }
    let head = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(SVG.number(width)) "
        + "\(SVG.number(top))\" width=\"\(SVG.number(width))\" height=\"\(SVG.number(top))\" "
        + "role=\"img\" aria-labelledby=\"title desc\" font-family=\"sans-serif\" font-size=\"12\">",
      SVG.element("title", title, [("id", "title")]),
      SVG.element("desc", figures.map(\.description).joined(separator: " "), [("id", "desc")]),
      "<style>\(SVG.style)</style>",
      "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>",
    ]
    return (head + body + ["</svg>", ""]).joined(separator: "\n")
  }
}

extension Report.Figure {
  /// The figure with its title, from 0 down, and how high it is.
  fileprivate var drawing: (lines: [String], height: Double) {
    let heading = SVG.text(
      SVG.width / 2, 10, title.cut(to: 110), anchor: "middle", [("font-size", "15")])
    let (lines, height) =
      switch content {
      case .lines(let x, let y, let series): PlotDrawing(x, y, series, bars: false).drawing
      case .bars(let x, let y, let series): PlotDrawing(x, y, series, bars: true).drawing
      case .cells(let scale, let rows): CellDrawing(scale: scale, rows: rows).drawing
      }
    return (
      [heading, "<g transform=\"translate(0 24)\">"] + lines + ["</g>"], height + 24
    )
  }
}
