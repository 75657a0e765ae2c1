import Foundation
import ResNetKit
import TestSupport
import Testing

@Suite struct KerasConversionTests {
  private static let digits = ["prototxt", "caffemodel"].map {
    Places.fixture("digits/digits-resnet.\($0)")
  }

  @Test(arguments: ["h5", "keras"])
  func `a Caffe model becomes one of Keras that computes the same`(kind: String) throws {
    let folder = TemporaryFolder()
    let (path, receipt) = (folder.path("digits.\(kind)"), folder.path("receipt.json"))
    let run = try ToolRun(
      "resnet-convert", Self.digits + ["-o", path, "--receipt", receipt])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("note: wrote scales and biases as gamma and beta"))
    let check = try ToolRun(
      "resnet-verify", ["receipt", receipt, "--sources", Places.fixture("digits")])
    #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
    let fixture = try ToolRun(
      "resnet-verify", [path, "--fixture", Places.fixture("digits/digits-golden.npz")])
    #expect(fixture.exitCode == 0, "\(fixture.output)\(fixture.errors)")
  }

  @Test(arguments: ["h5", "weights.h5", "keras"])
  func `a native model becomes the same file of Keras`(kind: String) throws {
    let folder = TemporaryFolder()
    let native = folder.path("digits.resnet")
    #expect(try ConversionTests.convert(to: native).exitCode == 0)
    let direct = try ToolRun(
      "resnet-convert", Self.digits + ["-o", folder.path("direct.\(kind)")])
    let run = try ToolRun(
      "resnet-convert", ["native-to-keras", native, "-o", folder.path("later.\(kind)")])
    #expect(direct.exitCode == 0 && run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("note: left out the preprocessing, for which Keras has no place"))
    #expect(run.output.contains("note: left out the 10 labels, for which Keras has no place"))
    #expect(
      FileManager.default.contentsEqual(
        atPath: folder.path("direct.\(kind)"), andPath: folder.path("later.\(kind)")))
  }

  @Test func `what Keras cannot express leaves no file`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert",
      [Places.fixture("layers/lrn-across.prototxt"), "-o", folder.path("x.keras")])
    #expect(run.exitCode == 65)
    #expect(
      run.errors == "resnet-convert: lrn: Keras has no layer of local response normalization\n")
    #expect(folder.contents.isEmpty)
  }

  @Test func `only names of Keras are taken`() throws {
    let run = try ToolRun("resnet-convert", ["native-to-keras", "a.resnet", "-o", "b.resnet"])
    #expect(run.exitCode == 64)
    #expect(
      run.errors.contains("b.resnet: expected an output named *.keras, *.h5 or *.weights.h5"))
  }
}
