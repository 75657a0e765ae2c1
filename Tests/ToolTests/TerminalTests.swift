import Foundation
import ResNetKit
import TestSupport
import Testing
import ToolSupport

private let hasScript = FileManager.default.isExecutableFile(atPath: "/usr/bin/script")

/// What tools show on a terminal, which `script` makes.
@Suite(.enabled(if: hasScript, "needs script of util-linux"))
struct TerminalTests {
  /// What a command prints with a terminal for both of its outputs.
  private static func screen(_ tool: String, _ arguments: [String], _ type: String) throws -> String
  {
    let words = [Places.tools.appendingPathComponent(tool).path] + arguments
    let line = words.map { "'\($0)'" }.joined(separator: " ")
    let run = try ToolRun(
      bash: "script -qec \"\(line)\" /dev/null", environment: ["TERM": type])
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
    return run.output
  }

  private static let model = ["prototxt", "caffemodel"].map {
    Places.fixture("digits/digits-resnet.\($0)")
  }

  @Test func `long work counts its parts`() throws {
    let folder = TemporaryFolder()
    let arguments =
      ["run"] + Self.model + [
        "--input", Places.fixture("digits/digits-golden-layers.npz"), "-o", folder.path("y.npz"),
        "--force", "--repeat", "3",
      ]
    let screen = try Self.screen("resnet-verify", arguments, "xterm")
    #expect(screen.contains("0/3 runs…"), "\(screen)")
    #expect(screen.contains("\u{1b}[2K"))
    let layers = try Self.screen("resnet-verify", ["layers"] + Self.model, "xterm")
    #expect(layers.contains(" layers"), "\(layers)")
    let writing = try Self.screen(
      "resnet-convert", Self.model + ["-o", folder.path("x.resnet")], "xterm")
    #expect(writing.contains("writing x.resnet: "), "\(writing)")
  }

  @Test(arguments: ["dumb", ""])
  func `a terminal that understands no escapes gets none`(type: String) throws {
    let screen = try Self.screen("resnet-verify", ["layers"] + Self.model, type)
    #expect(screen.contains("EQUAL") && !screen.contains("\u{1b}"))
  }
}

/// The words of progress.
@Suite struct ProgressTests {
  @Test(arguments: [
    (0, 9, 1.0, "0/9 float64 runs…"), (3, 9, 20, "3/9 float64 runs, ~40 s"),
    (1, 9, 0.1, "1/9 float64 runs…"), (1, 9, 30, "1/9 float64 runs, ~4 min"),
    (1, 101, 60, "1/101 float64 runs, ~1 h 40 min"), (9, 9, 60, "9/9 float64 runs…"),
    (8, 9, 2, "8/9 float64 runs, ~1 s"),
  ])
  func `say a count and the time left`(done: Int, total: Int, seconds: Double, line: String) {
    #expect(
      ProgressCount.line(.things("float64 runs"), done, of: total, after: .seconds(seconds))
        == line)
  }

  @Test func `count bytes in megabytes`() {
    let line = ProgressCount.line(
      .bytes("writing a.resnet"), 20_000_000, of: 100_000_000, after: .seconds(1))
    #expect(line == "writing a.resnet: 20 of 100 MB, ~4 s")
  }
}

/// Names from files in tables.
@Suite struct TextTableTests {
  @Test(arguments: [
    ("conv1", 5), ("畳み込み", 8), ("한글", 4), ("e\u{301}te\u{301}", 3), ("ｆｕｌｌ", 8),
    ("日本x", 5), ("🙂", 2), ("Ω≈ç√", 4), ("", 0), ("\u{1100}\u{1161}", 2),
  ])
  func `a text takes the columns of its characters`(text: String, columns: Int) {
    #expect(text.columnCount == columns)
  }

  @Test(arguments: ["conv1", "畳み込み層", "e\u{301}te\u{301}", String(repeating: "層", count: 90)])
  func `columns stand under each other`(name: String) {
    var table = TextTable([("layer", .leading), ("count", .trailing), ("type", .leading)])
    table.add([name, "7", "x"])
    table.add(["b", "1234", "x"])
    let lines = table.description.split(separator: "\n")
    #expect(Set(lines.dropFirst().map { String($0).columnCount }).count == 1)
    #expect(lines.allSatisfy { String($0).columnCount <= 80 })
  }

  @Test(arguments: [
    ("abcdefghij", 10, "abcdefghij"), ("abcdefghijk", 10, "abcdef…ijk"),
    ("層層層層層層", 9, "層層…層"),
  ])
  func `a long name keeps its ends`(name: String, limit: Int, short: String) {
    #expect(name.shortened(to: limit) == short)
    #expect(short.columnCount <= limit)
  }

  @Test func `a long sentence keeps its begin`() {
    #expect("層層層層".cut(to: 6) == "層層…" && "abc".cut(to: 3) == "abc")
  }
}
