import Foundation
import ResNetKit
import TestSupport
import Testing

/// `resnet-inspect diff` on models and their copies.
@Suite struct `The difference of two models` {
  static let digits =
    "\(Places.fixture("digits/digits-resnet.prototxt")),"
    + Places.fixture("digits/digits-resnet.caffemodel")

  @Test(arguments: ["net.resnet", "net.keras", "net.h5", "net.onnx", "caffe/"])
  func `is none where one is a copy in another format`(_ target: String) throws {
    // Caffe has no padding of channels: a shortcut of option A is two other layers there.
    for name in target == "caffe/" ? ["digits"] : ["digits", "resnet20"] {
      let folder = TemporaryFolder()
      var source = Self.digits
      if name == "resnet20" {
        source = folder.path("source.resnet")
        let made = try ToolRun("resnet-convert", ["synthesize", name, "-o", source])
        #expect(made.exitCode == 0, "\(made.errors)")
      }
      let copy = folder.path(target)
      let run = try ToolRun(
        "resnet-convert", source.split(separator: ",").map(String.init) + ["-o", copy])
      #expect(run.exitCode == 0, "\(run.errors)")
      let written =
        target == "caffe/"
        ? try FileManager.default.contentsOfDirectory(atPath: copy)
          .filter { $0.hasSuffix(".prototxt") || $0.hasSuffix(".caffemodel") }.sorted().reversed()
          .map { copy + $0 }.joined(separator: ",") : copy
      for pair in [[source, written], [written, source]] {
        let found = try ToolRun("resnet-inspect", ["diff"] + pair)
        #expect(found.exitCode == 0, "\(name) \(target): \(found.errors)\(found.output)")
        #expect(found.output.contains("- no difference: the same network with the same weights"))
      }
    }
  }

  @Test func `is told in words, in JSON and in a picture, with exit code 1`() throws {
    let folder = TemporaryFolder()
    for seed in ["1", "2"] {
      let made = try ToolRun(
        "resnet-convert",
        ["synthesize", "resnet20", "--seed", seed, "-o", folder.path("\(seed).resnet")])
      #expect(made.exitCode == 0, "\(made.errors)")
    }
    let models = [folder.path("1.resnet"), folder.path("2.resnet")]
    let run = try ToolRun("resnet-inspect", ["diff"] + models + ["--svg", folder.path("d.svg")])
    #expect(run.exitCode == 1, "\(run.errors)")
    #expect(run.output.contains("- other weights: 20 kernels have nothing in common"))
    let picture = try String(contentsOfFile: folder.path("d.svg"), encoding: .utf8)
    #expect(picture.contains("<svg") && picture.contains("Where the models differ"))
    for option in [[], ["--all"]] {
      let text = try ToolRun("resnet-inspect", ["diff"] + models + ["--json"] + option).output
      let json = try JSON(parsing: Bytes(Array(text.utf8)))
      #expect(try JSONSchema(ofReport: "diff").faults(in: json) == [])
      #expect(json["same"] == .bool(false))
    }
  }

  @Test func `of one model is a mistake of the caller`() throws {
    let run = try ToolRun("resnet-inspect", ["diff", Self.digits])
    #expect(run.exitCode == 64 && run.message != nil, "\(run.errors)")
  }
}
