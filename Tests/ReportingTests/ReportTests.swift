import JSON
import Reporting
import Testing

/// A report with everything in it.
private let sample: Report = {
  var report = Report(kind: "sample", version: 2, title: "A | B")
  report.findings = ["res4b12_branch2b: 31 of 256 filters are zero"]
  report.facts = [
    .init("parameters", "parameters", .count(25_557_032)),
    .init("input", "input", .extents([1, 3, 224, 224])),
    .init("recipe", "recipe", .absent),
  ]
  var table = Report.Table(
    "layers", "Layers",
    [
      .init("name", "layer"), .init("share", "MACs", .trailing),
      .init("weights.mean", "mean", .trailing, dispensability: 1),
      .init("weights.bins", "histogram", dispensability: 2),
    ])
  table.add([.text("conv1"), .share(0.0315), .number(-0.00012345), .histogram([0, 1, 50, 100])])
  table.add([.text("\"a\",b"), .share(0.5, digits: 0), .absent, .absent])
  report.tables = [table]
  report.notes = ["<assumed>"]
  return report
}()

@Suite struct `A report` {
  @Test func `is text`() {
    #expect(
      sample.text() == """
        A | B

        - res4b12_branch2b: 31 of 256 filters are zero

        parameters: 25,557,032
        input:      1×3×224×224

        Layers
        layer   MACs      mean  histogram
        conv1  3.2 %  -1.23e-4  ▁▂▅█
        "a",b   50 %

        note: <assumed>

        """)
  }

  @Test func `is JSON`() throws {
    #expect(
      sample.json.text() == """
        {"kind":"sample","version":2,"title":"A | B",\
        "findings":["res4b12_branch2b: 31 of 256 filters are zero"],\
        "parameters":25557032,"input":[1,3,224,224],"recipe":null,\
        "layers":[\
        {"name":"conv1","share":0.0315,"weights":{"mean":-0.00012345,"bins":[0,1,50,100]}},\
        {"name":"\\"a\\",b","share":0.5,"weights":null}],\
        "notes":["<assumed>"]}
        """)
  }

  @Test(arguments: [
    (
      nil,
      """
      name,share,weights.mean,weights.bins\r
      conv1,0.0315,-0.00012345,0;1;50;100\r
      "\"\"a\"\",b",0.5,,\r

      """
    ),
    ("layers", "name,share,weights.mean,weights.bins\r\n"),
    ("facts", "name,value\r\nparameters,25557032\r\ninput,1x3x224x224\r\nrecipe,\r\n"),
  ])
  func `is CSV, a table at a time`(name: String?, begin: String) {
    #expect(sample.csv(of: name)?.hasPrefix(begin) == true, "\(sample.csv(of: name) ?? "nil")")
    #expect(sample.csvNames == ["layers", "facts"])
    #expect(sample.csv(of: "else") == nil)
  }

  @Test func `is Markdown`() {
    #expect(
      sample.markdown == """
        # A \\| B

        - res4b12_branch2b: 31 of 256 filters are zero

        - parameters: 25,557,032
        - input: 1×3×224×224

        ## Layers

        | layer | MACs | mean | histogram |
        | --- | ---: | ---: | --- |
        | conv1 | 3.2 % | -1.23e-4 | ▁▂▅█ |
        | "a",b | 50 % |  |  |

        ## Notes

        - \\<assumed\\>

        """)
  }

  @Test func `is coloured when asked`() {
    let text = sample.text(usesColor: true)
    #expect(text.hasPrefix("\u{1b}[1mA | B\u{1b}[0m\n"))
    #expect(!sample.text().contains("\u{1b}"))
  }

  @Test func `does not let a file write to the terminal`() {
    var report = sample
    report.title = "\u{1b}[2J\u{202e}"
    report.facts[0].value = .text("a\nb\u{1b}")
    report.notes = ["\u{1b}c"]
    for text in [report.text(), report.markdown, report.csv(of: "facts") ?? "", report.svg] {
      #expect(!text.contains("\u{1b}") && !text.contains("\u{202e}"))
    }
  }
}

/// Tables in terminals of all widths.
@Suite struct `A table` {
  @Test func `keeps the values of its rows`() {
    var table = Report.Table("layers", "Layers", [.init("name", "layer"), .init("zeros", "zeros")])
    table.add([.text("conv1"), .count(3)])
    #expect(table.rows == [[.text("conv1"), .count(3)]])
  }

  @Test func `leaves out what can be spared, the most dispensable first`() {
    func rows(_ width: Int) -> ArraySlice<Substring> {
      sample.text(width: width).split(separator: "\n").drop { !$0.hasPrefix("layer ") }
    }
    #expect(rows(36).first == "layer   MACs      mean  histogram")
    #expect(rows(30).first == "layer   MACs      mean")
    #expect(rows(30).contains("no room for histogram"))
    #expect(rows(18).first == "layer   MACs")
    #expect(rows(18).contains("no room for mean,"))
  }

  @Test(arguments: 8...100)
  func `never has a row longer than the terminal`(width: Int) {
    var report = sample
    var table = report.tables[0]
    table.add([.text("層層層層層層層層層層層層層層層層層層"), .count(123_456_789_012), .absent, .absent])
    report.tables = [table]
    let lines = report.text(width: width).split(separator: "\n").drop { !$0.hasPrefix("lay") }
    for line in lines.prefix(4) { #expect(String(line).columnCount <= width, "\(line)") }
    #expect(lines.count > 4)
  }

  @Test func `shortens words in their middle`() {
    var table = Report.Table("t", "", [.init("a", "name"), .init("b", "n", .trailing)])
    table.add([.text("res4b12_branch2b_scale"), .count(1)])
    var report = Report(kind: "t", title: "t")
    report.tables = [table]
    #expect(report.text(width: 20).split(separator: "\n").last == "res4b12_bra…scale  1")
  }
}

/// Numbers in words.
@Suite struct `A value` {
  private static func words(_ value: Report.Value) -> String? {
    var report = Report(kind: "v", title: "v")
    report.facts = [.init("x", "x", value)]
    return report.text().split(separator: "\n").last.map { String($0.dropFirst(3)) }
  }

  @Test(arguments: [
    (Report.Value.number(.nan), "nan"), (.number(-.infinity, digits: 2), "-inf"),
    (.share(.nan), "nan"), (.flag(true), "yes"), (.flag(false), "no"), (.extents([]), ""),
    (.histogram([]), ""), (.histogram([0, 0]), "▁▁"), (.histogram([1, 1_000_000]), "▂█"),
    (.number(2.0 / 3, digits: 2), "0.67"), (.number(1234567), "1.23e6"),
    (.list([.count(1), .flag(true), .absent]), "1, yes, "),
    (.list((0..<9).map { .count($0) }), "0, 1, 2, … 8 (9)"),
  ])
  func `has words`(value: Report.Value, words: String) {
    #expect(Self.words(value) == words)
  }

  @Test func `that is no number is a word of JSON`() {
    var report = Report(kind: "v", title: "v")
    report.facts = [.init("x", "x", .number(.nan)), .init("y", "y", .number(-.infinity))]
    #expect(report.json["x"] == .string("nan") && report.json["y"] == .string("-inf"))
    #expect(report.csv(of: "facts") == "name,value\r\nx,nan\r\ny,-inf\r\n")
  }
}

/// Rows in an order, and some of them.
@Suite struct `The rows of a table` {
  private static func sorted(_ values: [Report.Value], by column: String = "b") -> [Report.Value] {
    var table = Report.Table("t", "", [.init("a", "A"), .init("b", "Bytes")])
    for value in values { table.add([.absent, value]) }
    table.sort(by: column)
    return table.rows.map { $0[1] }
  }

  @Test func `stand with the greatest first, words by their letters, what is absent last`() {
    #expect(
      Self.sorted([.count(1), .absent, .count(10), .count(2)])
        == [.count(10), .count(2), .count(1), .absent])
    #expect(Self.sorted([.text("b"), .text("a")], by: "BYTES") == [.text("a"), .text("b")])
    #expect(Self.sorted([.share(0.1), .share(.nan)])[1] == .share(0.1))
    #expect(Self.sorted([.count(1), .count(2)], by: "nothing") == [.count(1), .count(2)])
  }

  @Test func `can be chosen`() {
    var table = Report.Table("t", "", [.init("a", "A")])
    for value in 1...5 { table.add([.count(value)]) }
    let isSorted = table.sort(by: "x")
    #expect(!isSorted)
    table.keepRows { $0[0] != .count(1) }
    table.keepFirst(2)
    #expect(table.rows == [[.count(2)], [.count(3)]])
  }
}
