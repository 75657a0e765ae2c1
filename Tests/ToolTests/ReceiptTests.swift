import Foundation
import TestSupport
import Testing

/// Receipts from the command line: written by one tool, checked by the other.
@Suite struct ReceiptTests {
  /// Converts a case of `fixtures/layers` and leaves its files, the output and the receipt.
  private static func convert(
    _ name: String, to outputs: [String], options: [String] = []
  ) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    let inputs = ["prototxt", "caffemodel"].map { "\(name).\($0)" }
    for input in inputs {
      try FileManager.default.copyItem(
        atPath: Places.fixture("layers/\(input)"), toPath: folder.path(input))
    }
    let run = try ToolRun(
      "resnet-convert",
      inputs + options + outputs.flatMap { ["-o", $0] } + ["--receipt", "receipt.json"],
      in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(folder.contents == (inputs + outputs + ["receipt.json"]).sorted())
    return folder
  }

  private static func check(_ folder: TemporaryFolder) throws -> ToolRun {
    try ToolRun("resnet-verify", ["receipt", folder.path("receipt.json")])
  }

  @Test(arguments: [
    ("dialect-legacy-blobs", ["out.resnet"], 8),
    ("innerproduct-transpose", ["out.resnet"], 2),
    ("dialect-nvidia", ["out.prototxt", "out.caffemodel"], 8),
  ])
  func `every tensor of the output is made again`(
    name: String, outputs: [String], count: Int
  ) throws {
    let run = try Self.check(Self.convert(name, to: outputs))
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
    #expect(
      run.output.contains("AS THE RECEIPT SAYS: \(outputs.count + 2) files; \(count) of \(count)"),
      "\(run.output)")
  }

  @Test func `what the source has beyond the model is listed and hashed`() throws {
    let folder = try Self.convert(
      "fork-extra-weights", to: ["out.resnet"], options: ["--ignore-extra-weights"])
    let run = try Self.check(folder)
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
    #expect(
      run.output.contains("1 of 1 tensors made again, bit-equal, 2 tensors of the source left out"),
      "\(run.output)")
    let path = folder.path("receipt.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try folder.write("receipt.json", text: text.replacing("loss1/fc/blobs", with: "loss2/fc/blobs"))
    let changed = try Self.check(folder)
    #expect(changed.exitCode == 1)
    #expect(
      changed.output.contains("loss2/fc/blobs[0] is left out in the receipt, not so in the source"),
      "\(changed.output)")
  }

  @Test(arguments: ["dialect-nvidia.caffemodel", "out.resnet"])
  func `a file that changed is named`(changed: String) throws {
    let folder = try Self.convert("dialect-nvidia", to: ["out.resnet"])
    var bytes = try Data(contentsOf: URL(filePath: folder.path(changed)))
    bytes[bytes.count - 100] ^= 1
    try folder.write(changed, bytes)
    let run = try Self.check(folder)
    #expect(run.exitCode == 1)
    #expect(run.output.contains(changed), "\(run.output)")
    #expect(run.output.contains("NOT AS THE RECEIPT SAYS"))
  }

  @Test func `shards that only their index names are in the receipt`() throws {
    let folder = TemporaryFolder()
    let names = ["shards.weights.json", "shards_00000.weights.h5", "shards_00001.weights.h5"]
    for name in names {
      try FileManager.default.copyItem(
        atPath: Places.fixture("keras/packed/\(name)"), toPath: folder.path(name))
    }
    let conversion = try ToolRun(
      "resnet-convert", [names[0], "-o", "out.resnet", "--receipt", "receipt.json"],
      in: folder.path)
    #expect(conversion.exitCode == 0, "\(conversion.errors)")
    let run = try Self.check(folder)
    #expect(run.output.contains("AS THE RECEIPT SAYS: 4 files; 84 of 84"), "\(run.output)")
  }

  @Test func `a transform that was not done is found at its tensor`() throws {
    let folder = try Self.convert("dialect-nvidia", to: ["out.prototxt", "out.caffemodel"])
    let path = folder.path("receipt.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("setToOne"))
    try folder.write("receipt.json", text: text.replacing("setToOne", with: "swapSpatialAxes"))
    let run = try Self.check(folder)
    #expect(run.exitCode == 1)
    #expect(
      run.output.contains("bn1_normalized/blobs[2]: swap spatial axes does not fit [1]"),
      "\(run.output)")
  }

  @Test func `what is no receipt is refused`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-verify", ["receipt", try folder.write("receipt.json", text: "{\"sources\": 3}")])
    #expect(run.exitCode == 65)
    #expect(run.message?.contains("receipt.json: ") == true, "\(run.errors)")
  }
}
