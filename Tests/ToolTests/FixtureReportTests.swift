import Foundation
import ResNetKit
import TestSupport
import Testing

/// What resnet-verify says of a fixture that does not fit.
@Suite struct FixtureReportTests {
  static let model = ["prototxt", "caffemodel"].map {
    Places.fixture("digits/digits-resnet.\($0)")
  }.joined(separator: ",")

  /// Verifies the digits on their goldens, changed.
  static func run(
    _ arguments: [String] = [],
    _ change: (inout [(name: String, tensor: Tensor)]) -> Void
  ) throws -> ToolRun {
    let folder = TemporaryFolder()
    var arrays = try NPZ.read(
      InputFile(path: Places.fixture("digits/digits-golden-winograd.npz")))
    change(&arrays)
    let path = folder.path("changed.npz")
    try NPZ.write(arrays, to: OutputFile(path: path, replacing: false))
    return try ToolRun("resnet-verify", [model, "--fixture", path] + arguments)
  }

  static func set(
    _ name: String, _ index: Int, _ value: Float, in arrays: inout [(name: String, tensor: Tensor)]
  ) {
    for place in arrays.indices where arrays[place].name == name {
      var elements = arrays[place].tensor.floats
      elements[index] = value
      arrays[place].tensor = Tensor(arrays[place].tensor.shape, elements)
    }
  }

  @Test func `a NaN is named with its place, before all else`() throws {
    let run = try Self.run { Self.set("res3a", 2 * 64 + 9, .nan, in: &$0) }
    #expect(run.exitCode == 1)
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.first?.hasPrefix("res3a: ") == true, "\(run.output)")
    #expect(lines.first?.contains(" at [0, 2, 1, 1], expected NaN") == true, "\(run.output)")
    // The table begins with the failure as well.
    let title = try #require(lines.firstIndex { $0.hasPrefix("value ") })
    #expect(lines[title + 1].hasPrefix("res3a ") && lines[title + 1].hasSuffix("DIVERGES"))
    #expect(lines[title + 1].contains("NaN or inf") && !lines[title + 1].contains("1.0000"))
    #expect(lines.contains { $0.hasPrefix("NOT EQUAL, first at res3a (") }, "\(run.output)")
  }

  @Test func `the worst element is shown with both values, in text and in JSON`() throws {
    let change = { Self.set("fc10", 13, 1000, in: &$0) }
    let text = try Self.run([], change)
    #expect(text.exitCode == 1)
    #expect(text.output.hasPrefix("fc10: "))
    #expect(text.output.contains(" at [1, 3], expected 1000.0 (error "), "\(text.output)")
    let json = try Self.run(["--json"], change)
    #expect(json.exitCode == 1)
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let values = try #require(report["values"] as? [[String: Any]])
    let logits = try #require(values.first { $0["value"] as? String == "fc10" })
    let worst = try #require(logits["worst"] as? [String: Any])
    #expect(worst["index"] as? [Int] == [1, 3] && worst["expected"] as? Double == 1000)
    #expect((report["failures"] as? [String])?.count == 1)
  }

  @Test func `a near name is proposed for one that does not exist`() throws {
    let run = try Self.run { arrays in
      for index in arrays.indices where arrays[index].name == "conv1" {
        let shape = arrays[index].tensor.shape
        let ones = [Float](repeating: 1, count: shape.elementCount)
        arrays[index] = (name: "conv0", tensor: Tensor(shape, ones))
      }
    }
    #expect(run.exitCode == 1)
    let line = "conv0: the network has no value of this name; did you mean conv1?"
    #expect(run.output.hasPrefix(line), "\(run.output)")
    let ignored = try Self.run(["--ignore", "conv0"]) { _ in }
    #expect(ignored.exitCode == 65 && ignored.errors.contains("did you mean conv1?"))
  }

  @Test func `what an array is by its numbers is said, in text and in JSON`() throws {
    let change = { (arrays: inout [(name: String, tensor: Tensor)]) in
      for index in arrays.indices where arrays[index].name == "res3a" {
        arrays[index].name = "block"
      }
    }
    let text = try Self.run([], change)
    #expect(text.exitCode == 0)
    #expect(text.output.hasPrefix("block: compared with res3a"), "\(text.output)")
    let json = try Self.run(["--json"], change)
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let notes = try #require(report["notes"] as? [String])
    #expect(notes.count == 1 && notes.first?.hasPrefix("block: compared with res3a") == true)
  }
}
