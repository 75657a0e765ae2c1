import Foundation
import ResNetKit
import TestSupport
import Testing

/// What `resnet-inspect` says of parts of models.
@Suite struct `Part of a model` {
  private static let definition = Places.fixture("digits/digits-resnet.prototxt")
  private static let weights = Places.fixture("digits/digits-resnet.caffemodel")

  @Test func `that is its definition is summarized without numbers`() throws {
    let run = try ToolRun("resnet-inspect", [Self.definition])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("a definition without weights: to convert or run it, give them"))
    #expect(!run.output.contains("-0.") && run.output.contains(" GMACs"))
    let whole = try ToolRun("resnet-inspect", ["\(Self.definition),\(Self.weights)"])
    func counts(_ text: String) -> String? {
      text.split(separator: "\n").first { $0.hasPrefix("numbers stored:") }.map(String.init)
    }
    #expect(counts(run.output) != nil && counts(run.output) == counts(whole.output))
    let json = try JSON(
      parsing: Bytes(Array(ToolRun("resnet-inspect", [Self.definition, "--json"]).output.utf8)))
    #expect(json["hasWeights"] == .bool(false))
  }

  @Test(arguments: [
    ("resnet-convert", ["-o", "out.resnet"]),
    ("resnet-verify", ["run", "--input", "x.npz", "-o", "y.npz"]),
    ("resnet-bench", []),
  ])
  func `that is its definition is neither converted nor run`(
    _ tool: String, _ arguments: [String]
  ) throws {
    let folder = TemporaryFolder()
    let command = arguments.first == "run" ? ["run", Self.definition] : [Self.definition]
    let options = arguments.first == "run" ? Array(arguments.dropFirst()) : arguments
    let run = try ToolRun(tool, command + options, in: folder.path)
    #expect(run.exitCode == 65, "\(run.errors)")
    #expect(run.errors.contains("expected a caffemodel with the weights"), "\(run.errors)")
    #expect(folder.contents.isEmpty)
  }

  @Test func `that is its weights is listed where nothing says what they are for`() throws {
    let snapshot = Places.fixture("snapshots/plain.caffemodel.h5")
    let run = try ToolRun("resnet-inspect", [snapshot])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.errors.contains("note: these are weights alone: expected"))
    let json = try JSON(
      parsing: Bytes(Array(ToolRun("resnet-inspect", [snapshot, "--json"]).output.utf8)))
    let stored = try CaffeFormat().storedArrays(in: [InputFile(path: snapshot)])
    #expect(json["tensorCount"] == .integer(stored.arrays.count) && !stored.arrays.isEmpty)
  }

  @Test func `that is a caffemodel is listed when that is asked for`() throws {
    let run = try ToolRun("resnet-inspect", [Self.weights, "--tensors"])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("\ntensor "))
    #expect(run.output.contains("conv1/blobs[0]") || run.output.contains("/blobs[0]"))
    let stored = try CaffeFormat().storedArrays(in: [InputFile(path: Self.weights)])
    let count = stored.arrays.reduce(0) { $0 + $1.tensor.shape.elementCount }
    let json = try JSON(
      parsing: Bytes(
        Array(ToolRun("resnet-inspect", [Self.weights, "--tensors", "--json"]).output.utf8)))
    #expect(json["storedNumbers"] == .integer(count))
  }
}
