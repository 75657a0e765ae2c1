import Foundation
import Reporting
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What an XML parser finds in a picture.
private final class Picture: NSObject, XMLParserDelegate {
  private(set) var counts: [String: Int] = [:]
  private(set) var texts: [String] = []
  private(set) var attributes: [[String: String]] = []
  let isWellFormed: Bool

  init(_ svg: String) {
    let parser = XMLParser(data: Data(svg.utf8))
    let reader = Reader()
    parser.delegate = reader
    isWellFormed = parser.parse()
    (counts, texts, attributes) = (
      reader.counts, reader.texts.map { $0.trimmingCharacters(in: .newlines) }, reader.attributes
    )
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var counts: [String: Int] = [:]
    var texts: [String] = []
    var attributes: [[String: String]] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      counts[name, default: 0] += 1
      texts.append("")
      self.attributes.append(attributes)
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      texts[texts.count - 1] += text
    }
  }
}

@Suite struct `A picture` {
  private static let hostile = "</text><script>&\"'\u{1b}\u{0}\u{fffe}"

  private static func report(_ content: Report.Figure.Content) -> Report {
    var report = Report(kind: "f", title: hostile)
    report.figures = [.init("Figure & <more>", "What \"it\" shows", content)]
    return report
  }

  private static let contents: [Report.Figure.Content] = [
    .lines(
      x: .init("x"), y: .init(hostile, isLogarithmic: true),
      [
        .init(hostile, [(1, 1), (2, 0), (3, 100), (4, .nan)]),
        .init("b", [(1, 2), (3, .infinity)], isDashed: true),
      ]),
    .bars(
      x: .init("layer", names: ["a", hostile]), y: .init("y"),
      [.init("a", [(0, -1), (1, 5)]), .init(hostile, [(0, 2), (1, 3)])]),
    .cells(
      scale: .init(hostile, 0...1),
      [.init(hostile, [(0.5, hostile), (nil, "none"), (.nan, "no number"), (7, "much")])]),
    .lines(x: .init(""), y: .init(""), []), .bars(x: .init(""), y: .init(""), []),
    .cells(scale: .init("", 0...0), []),
    .lines(x: .init(""), y: .init("", isLogarithmic: true), [.init("", [(0, -1), (1, 0)])]),
  ]

  @Test(arguments: contents.indices)
  func `is well-formed whatever it shows`(index: Int) {
    let picture = Picture(Self.report(Self.contents[index]).svg)
    #expect(picture.isWellFormed)
    #expect(picture.counts["script"] == nil && picture.counts["svg"] == 1)
    #expect(
      picture.texts.contains("Figure & <more>") && picture.texts.contains("What \"it\" shows"))
  }

  @Test(arguments: [
    [(0.0, 0.0)], [(1e308, -1e308), (-1e308, 1e308)], [(0x1p-1074, 0x1p-1074)],
    [(1e17, 1), (1e17 + 64, 1)],
    [(-3, 1e-12), (-2, 1.1e-12)], [(0, .infinity)],
  ])
  func `has finite coordinates`(points: [(Double, Double)]) {
    for isLogarithmic in [false, true] {
      let axis = Report.Figure.Axis("a", isLogarithmic: isLogarithmic)
      let series = [Report.Figure.Series("s", points.map { (x: $0.0, y: $0.1) })]
      for content in [
        Report.Figure.Content.lines(x: axis, y: axis, series), .bars(x: axis, y: axis, series),
      ] {
        let svg = Self.report(content).svg
        #expect(Picture(svg).isWellFormed && !svg.contains("nan") && !svg.contains("\"inf"))
      }
    }
  }

  @Test func `stands at its numbers`() throws {
    let svg = Self.report(
      .lines(
        x: .init("x", isLogarithmic: true), y: .init("y"),
        [.init("s", [(1, 0), (10, 5), (1000, 10)])])
    ).svg
    let line = try #require(Picture(svg).attributes.compactMap { $0["points"] }.first)
    let points = line.split(separator: " ").map {
      $0.split(separator: ",").compactMap { Double($0) }
    }
    // A third of the way to the right, half of the way up.
    #expect(abs(3 * (points[1][0] - points[0][0]) - (points[2][0] - points[0][0])) < 0.5)
    #expect(abs(2 * (points[1][1] - points[0][1]) - (points[2][1] - points[0][1])) < 0.5)
    #expect(points[2][1] < points[0][1])
  }
}
