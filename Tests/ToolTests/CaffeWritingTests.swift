import Foundation
import TestSupport
import Testing

/// From the native format to Caffe's files, from the command line.
@Suite struct CaffeWritingTests {
  private static let digits = ["prototxt", "caffemodel"].map {
    Places.fixture("digits/digits-resnet.\($0)")
  }
  private static let whole =
    digits + ["mean.binaryproto", "labels.txt"].map { Places.fixture("digits/\($0)") }

  /// Converts the digits to `a.resnet` in a folder.
  private static func native(_ inputs: [String]) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    let run = try ToolRun("resnet-convert", inputs + ["-o", folder.path("a.resnet")])
    #expect(run.exitCode == 0, "\(run.errors)")
    return folder
  }

  @Test func `a folder gets all files of Caffe, and they are the same model`() throws {
    let folder = try Self.native(Self.whole)
    let run = try ToolRun(
      "resnet-convert", ["native-to-caffe", "a.resnet", "-o", "."], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let written = ["a-labels.txt", "a-mean.binaryproto", "a.caffemodel", "a.prototxt"]
    #expect(folder.contents == (written + ["a.resnet"]).sorted())
    let back = try ToolRun("resnet-convert", written + ["-o", "b.resnet"], in: folder.path)
    #expect(back.exitCode == 0, "\(back.errors)")
    let comparison = try ToolRun("resnet-verify", ["a.resnet", "b.resnet"], in: folder.path)
    #expect(comparison.exitCode == 0, "\(comparison.output)")
    #expect(
      comparison.output.contains(
        " bit-equal, 0 equal but for how they are stored, 0 of another shape, 0 differ\n"))
  }

  @Test func `what is not asked for is not written, and said`() throws {
    let folder = try Self.native(Self.whole)
    let run = try ToolRun(
      "resnet-convert", ["native-to-caffe", "a.resnet", "-o", "b.prototxt", "-o", "b.caffemodel"],
      in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(folder.contents == ["a.resnet", "b.caffemodel", "b.prototxt"])
    #expect(run.errors.contains("note: the mean image was not written"))
    #expect(run.errors.contains("note: the labels were not written"))
  }

  @Test func `Caffe to Caffe keeps the bytes of every tensor`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert",
      Self.digits + [
        "-o", folder.path("b.prototxt"), "-o", folder.path("b.caffemodel"),
        "--receipt", folder.path("receipt.json"),
      ])
    #expect(run.exitCode == 0, "\(run.errors)")
    let receipt = try String(contentsOfFile: folder.path("receipt.json"), encoding: .utf8)
    let transforms = receipt.split(separator: "\n").filter { $0.contains("\"transforms\"") }
    #expect(!transforms.isEmpty && transforms.allSatisfy { $0.contains("[]") })
  }

  @Test(arguments: [
    (["b.resnet"], "expected NET.prototxt and NET.caffemodel"),
    (["b.prototxt"], "half a model of Caffe: name the other half too, -o b.caffemodel"),
    (["b.caffemodel"], "half a model of Caffe: name the other half too, -o b.prototxt"),
    (["b.caffemodel", "c.caffemodel"], "b.caffemodel, c.caffemodel: two outputs of one kind"),
  ])
  func `names that make no model of Caffe are a usage error`(
    outputs: [String], message: String
  ) throws {
    let folder = try Self.native(Self.digits)
    let run = try ToolRun(
      "resnet-convert", ["native-to-caffe", "a.resnet"] + outputs.flatMap { ["-o", $0] },
      in: folder.path)
    #expect(run.exitCode == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(folder.contents == ["a.resnet"])
  }

  @Test(arguments: ["b.prototxt", "b.caffemodel"])
  func `an output that exists is not replaced, and no other is written`(existing: String) throws {
    let folder = try Self.native(Self.digits)
    try folder.write(existing, text: "precious")
    let run = try ToolRun(
      "resnet-convert", ["native-to-caffe", "a.resnet", "-o", "b.prototxt", "-o", "b.caffemodel"],
      in: folder.path)
    #expect(run.exitCode == 73, "\(run.errors)")
    #expect(folder.contents == ["a.resnet", existing].sorted())
    #expect(try String(contentsOfFile: folder.path(existing), encoding: .utf8) == "precious")
  }

  @Test(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
  func `a snapshot in HDF5 becomes a caffemodel of the same bits`() throws {
    let data = try #require(Places.realData)
    let folder = TemporaryFolder()
    let inputs = ["cifar10_quick.prototxt", "cifar10_quick_iter_5000.caffemodel.h5"].map {
      "\(data)/caffe-hdf5/\($0)"
    }
    let names = ["a.prototxt", "a.caffemodel"]
    for (inputs, outputs) in [
      (inputs, ["a.resnet"]), (["a.resnet"], names), (names, ["b.resnet"]),
    ] {
      let run = try ToolRun(
        "resnet-convert", inputs + outputs.flatMap { ["-o", $0] }, in: folder.path)
      #expect(run.exitCode == 0, "\(run.errors)")
    }
    let comparison = try ToolRun("resnet-verify", ["a.resnet", "b.resnet"], in: folder.path)
    #expect(comparison.exitCode == 0, "\(comparison.output)")
    #expect(
      comparison.output.contains(
        " bit-equal, 0 equal but for how they are stored, 0 of another shape, 0 differ\n"),
      "\(comparison.output)")
  }
}
