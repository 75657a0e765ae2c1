import Foundation
import ResNetKit
import TestSupport
import Testing

/// `resnet-inspect responses`.
@Suite struct `Responses on the command line` {
  static let model = [
    Places.fixture("digits/digits-resnet.prototxt"),
    Places.fixture("digits/digits-resnet.caffemodel"),
  ]
  static let images = Places.fixture("digits/digits-golden.npz")

  static func json(_ arguments: [String], _ kind: String) throws -> JSON {
    let run = try ToolRun("resnet-inspect", ["responses"] + arguments + ["--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let json = try JSON(parsing: Bytes(Array(run.output.utf8)))
    #expect(try JSONSchema(ofReport: kind).faults(in: json) == [])
    return json
  }

  @Test func `are those of the values that resnet-verify run writes`() throws {
    let folder = TemporaryFolder()
    let output = folder.path("values.npz")
    let run = try ToolRun(
      "resnet-verify",
      ["run"] + Self.model + ["--input", Self.images, "--layers", "all", "--strict", "-o", output])
    #expect(run.exitCode == 0, "\(run.errors)")
    let arrays = try NPZ.read(InputFile(path: output))
    let found = try Self.json(
      Self.model + ["--input", Self.images, "--channels", "all", "--strict"], "responses")
    let rows = found["values"]?.elements ?? []
    #expect(rows.count > 20)
    for row in rows {
      guard case .string(let name)? = row["value"],
        let tensor = arrays.first(where: { $0.name == name })?.tensor
      else {
        Issue.record("\(row.text())")
        continue
      }
      let elements = tensor.doubles
      let count = Double(elements.count)
      let mean = elements.reduce(0, +) / count
      let deviation = (elements.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
      #expect(abs((row["mean"]?.number ?? .nan) - mean) <= 1e-9 * deviation, "\(name)")
      #expect(
        abs((row["standardDeviation"]?.number ?? .nan) - deviation) <= 1e-9 * deviation, "\(name)")
    }
    let channels = found["channels"]?.elements.count ?? 0
    #expect(channels == rows.reduce(0) { $0 + Int($1["channels"]?.number ?? 0) })
  }

  @Test func `are estimated without images`() throws {
    let found = try Self.json(Self.model, "responses")
    #expect(found["measured"] == .bool(false) && !(found["estimates"]?.elements.isEmpty ?? true))
  }

  @Test func `of several models are figure 7`() throws {
    let folder = TemporaryFolder()
    var models: [String] = []
    for name in ["resnet20", "plain20"] {
      models.append(folder.path("\(name).resnet"))
      let made = try ToolRun("resnet-convert", ["synthesize", name, "-o", models.last!])
      #expect(made.exitCode == 0, "\(made.errors)")
    }
    let picture = folder.path("figure7.svg")
    let found = try Self.json(
      ["--figure7"] + models + ["--random", "3", "--svg", picture], "figure7")
    #expect(found["layers"]?.elements.count == 38)
    let text = try String(contentsOfFile: picture, encoding: .utf8)
    #expect(text.contains("resnet20") && text.contains("plain20"))
    #expect(text.contains("Layers by magnitude"))
  }

  @Test(arguments: [
    (["--random", "0"], "--random: expected 1 to 100000000, found 0"),
    (["--random", "1", "--input", "x.npz"], "--input and --random: expected one of them"),
    (["--random", "1", "--values", "conv9"], "the network has no value named conv9"),
    (["--channels", "all"], "--values and --channels need images"),
  ])
  func `that cannot be had are refused in a line`(_ options: [String], _ message: String) throws {
    let run = try ToolRun("resnet-inspect", ["responses"] + Self.model + options)
    #expect(run.exitCode == 64, "\(run.errors)")
    #expect(run.message?.contains(message) ?? false, "\(run.errors)")
  }
}

extension JSON {
  /// The elements of an array; none of any other value.
  fileprivate var elements: [JSON] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }
}
