import Foundation
import ResNetKit
import TestSupport
import Testing

/// The forms in which a command reports.
@Suite struct `A report of a command` {
  private static let definition = Places.fixture("digits/digits-resnet.prototxt")

  @Test(arguments: [60, 80, 100, 200])
  func `fits the columns that there are`(columns: Int) throws {
    for arguments in [[Self.definition], [Self.definition, "--depth", "2"], ["paper"]] {
      let run = try ToolRun(
        "resnet-inspect", arguments, environment: ["COLUMNS": "\(columns)"])
      #expect(run.exitCode == 0, "\(run.errors)")
      for line in run.output.split(separator: "\n") {
        #expect(String(line).columnCount <= columns, "\(line)")
      }
    }
  }

  @Test func `has all columns where lines have no end`() throws {
    let run = try ToolRun("resnet-inspect", [Self.definition], environment: ["COLUMNS": ""])
    #expect(!run.output.contains("no room for") && run.output.contains("dilation"))
    let narrow = try ToolRun("resnet-inspect", [Self.definition], environment: ["COLUMNS": "60"])
    #expect(narrow.output.contains("no room for"))
  }

  @Test func `is CSV, Markdown or a picture`() throws {
    let folder = TemporaryFolder()
    let csv = try ToolRun("resnet-inspect", ["paper", "--csv", "--table", "cifar"])
    let lines = csv.output.components(separatedBy: "\r\n")
    #expect(lines[0].hasPrefix("network,shortcuts,parameters,publishedParameters"))
    #expect(lines.count == 8 && lines[1].hasPrefix("ResNet-20,A,269722,0.27,yes,"))
    let other = try ToolRun("resnet-inspect", ["paper", "--csv", "--table", "nothing"])
    #expect(other.exitCode == 64 && other.errors.contains("there are: imageNet, "))
    #expect(try ToolRun("resnet-inspect", ["paper", "--table", "cifar"]).exitCode == 64)
    #expect(try ToolRun("resnet-inspect", ["paper", "--csv", "--json"]).exitCode == 64)
    let markdown = try ToolRun("resnet-inspect", ["paper", "--markdown"])
    #expect(markdown.output.hasPrefix("# ") && markdown.output.contains("| ResNet-50 | B | v1 |"))
    let picture = ["paper", "--svg", folder.path("p.svg"), "--quiet"]
    let drawn = try ToolRun("resnet-inspect", picture)
    #expect(drawn.exitCode == 0 && drawn.errors.isEmpty, "\(drawn.errors)")
    let svg = try String(contentsOfFile: folder.path("p.svg"), encoding: .utf8)
    #expect(svg.contains("</svg>") && svg.contains("prefers-color-scheme"))
    let again = try ToolRun("resnet-inspect", picture)
    #expect(again.exitCode == 73 && again.output.isEmpty, "\(again.errors)")
    #expect(try ToolRun("resnet-inspect", picture + ["--force"]).exitCode == 0)
  }

  @Test func `draws nothing over its input`() throws {
    let folder = TemporaryFolder()
    let path = folder.path("net.prototxt")
    try FileManager.default.copyItem(atPath: Self.definition, toPath: path)
    let run = try ToolRun("resnet-inspect", [path, "--svg", path, "--force"])
    #expect(run.exitCode == 77, "\(run.errors)")
    let tensors = try ToolRun(
      "resnet-inspect",
      [Places.fixture("digits/digits-resnet.caffemodel"), "--tensors", "--svg", folder.path("x")])
    #expect(tensors.exitCode == 64 && tensors.errors.contains("--svg"), "\(tensors.errors)")
    #expect(folder.contents == ["net.prototxt"])
  }
}

/// Which layers a summary shows.
@Suite struct `A summary` {
  private static let definition = Places.fixture("digits/digits-resnet.prototxt")

  private func layers(_ arguments: [String]) throws -> [JSON] {
    let run = try ToolRun("resnet-inspect", [Self.definition, "--json"] + arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    guard case .array(let rows) = try JSON(parsing: Bytes(Array(run.output.utf8)))["layers"] else {
      return []
    }
    return rows
  }

  @Test func `shows the layers that are asked for, in that order`() throws {
    let all = try layers([])
    let convolutions = try layers(["--layer", "*conv1*"])
    #expect(!convolutions.isEmpty && convolutions.count < all.count)
    for row in convolutions {
      guard case .string(let name) = row["name"] else { continue }
      #expect(name.contains("conv1"))
    }
    let top = try layers(["--sort", "MACs", "--top", "3"])
    let macs = all.compactMap { $0["multiplyAccumulates"]?.number }.sorted(by: >)
    #expect(top.compactMap { $0["multiplyAccumulates"]?.number } == Array(macs.prefix(3)))
  }

  @Test(
    arguments: [
      (["--layer", "nothing*"], "no layer of this name"), (["--sort", "x"], "no such column"),
      (["--depth", "4"], "expected 1 to 3"), (["--top", "0"], "expected 1 or more"),
      (["--depth", "1", "--layer", "*"], "--depth 3 only"),
    ])
  func `refuses what is not there`(arguments: [String], fragment: String) throws {
    let run = try ToolRun("resnet-inspect", [Self.definition] + arguments)
    #expect(run.exitCode == 64 && run.errors.contains(fragment), "\(run.errors)")
  }

  @Test func `adds up in every grouping`() throws {
    func sums(_ depth: String, _ table: String) throws -> [Double] {
      let run = try ToolRun("resnet-inspect", [Self.definition, "--json", "--depth", depth])
      guard case .array(let rows) = try JSON(parsing: Bytes(Array(run.output.utf8)))[table] else {
        return []
      }
      return ["parameters", "multiplyAccumulates", "operations", "activationBytes"].map { name in
        rows.reduce(0) { $0 + ($1[name]?.number ?? 0) }
      }
    }
    let layers = try sums("3", "layers")
    #expect(layers.allSatisfy { $0 > 0 })
    #expect(try sums("1", "stages") == layers && sums("2", "units") == layers)
  }

  @Test func `is still what model says`() throws {
    let summary = try ToolRun("resnet-inspect", ["summary", Self.definition])
    #expect(summary.exitCode == 0)
    #expect(try ToolRun("resnet-inspect", ["model", Self.definition]).output == summary.output)
    #expect(try ToolRun("resnet-inspect", [Self.definition]).output == summary.output)
  }
}

/// Where a model stands among the networks of the papers.
@Suite struct `A model beside the papers` {
  @Test(arguments: [
    ("resnet50", [String](), "ResNet-50, shortcuts B, v1"),
    ("resnet50v1.5", [], "ResNet-50, shortcuts B, v1.5"),
    ("resnet34", ["--shortcut", "C"], "ResNet-34, shortcuts C"),
    ("plain18", [], "plain-18"), ("resnet56", [], "ResNet-56, shortcuts A, for CIFAR"),
  ])
  func `is found in any format`(name: String, options: [String], title: String) throws {
    let folder = TemporaryFolder()
    let made = try ToolRun(
      "resnet-convert", ["synthesize", name, "-o", "net.resnet"] + options, in: folder.path)
    #expect(made.exitCode == 0, "\(made.errors)")
    let run = try ToolRun("resnet-inspect", ["paper", "net.resnet"], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("net.resnet is \(title)\n"), "\(run.output.prefix(2000))")
  }

  @Test func `is told from the nearest in words`() throws {
    let run = try ToolRun(
      "resnet-inspect", ["paper", Places.fixture("digits/digits-resnet.prototxt"), "--json"])
    let json = try JSON(parsing: Bytes(Array(run.output.utf8)))
    #expect(json["isNearest"] == .bool(false))
    guard case .array(let differences) = json["differences"] else {
      Issue.record("no differences")
      return
    }
    #expect(!differences.isEmpty)
  }
}
