import Foundation
import ResNetKit
import TestSupport
import Testing

@Suite struct KerasConversionTests {
  private static let digits = ["prototxt", "caffemodel"].map {
    Places.fixture("digits/digits-resnet.\($0)")
  }

  @Test(arguments: ["h5", "weights.h5", "keras"])
  func `what is written for Keras is as the receipt says`(kind: String) throws {
    let folder = TemporaryFolder()
    let (path, receipt) = (folder.path("digits.\(kind)"), folder.path("receipt.json"))
    let run = try ToolRun("resnet-convert", Self.digits + ["-o", path, "--receipt", receipt])
    #expect(run.exitCode == 0, "\(run.errors)")
    let check = try ToolRun(
      "resnet-verify", ["receipt", receipt, "--sources", Places.fixture("digits")])
    #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
    #expect(check.output.contains("tensors made again, bit-equal"))
  }

  @Test(arguments: ["h5", "keras"])
  func `a Caffe model becomes one of Keras that computes the same`(kind: String) throws {
    let folder = TemporaryFolder()
    let path = folder.path("digits.\(kind)")
    let run = try ToolRun("resnet-convert", Self.digits + ["-o", path])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.errors.contains("note: wrote scales and biases as gamma and beta"))
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
    #expect(run.errors.contains("note: left out the preprocessing, for which Keras has no place"))
    #expect(run.errors.contains("note: left out the 10 labels, for which Keras has no place"))
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

  @Test(arguments: [
    ([], nil),
    (["--preprocessing", "caffe"], " BGR, minus [103.939, 116.779, 123.68]\n"),
    (["--preprocessing", "tf"], " RGB, minus [127.5, 127.5, 127.5], times 0.00784"),
    (
      ["--preprocessing", "torch"],
      " RGB, minus [123.675, 116.28, 103.53], times [0.017"
    ),
    (["--preprocessing", "none"], nil),
  ])
  func `a recipe for images is assumed in the report, and written if it was asked for`(
    options: [String], expected: String?
  ) throws {
    let folder = TemporaryFolder()
    let path = folder.path("net.resnet")
    let run = try ToolRun(
      "resnet-convert",
      [
        "keras-to-native", Places.fixture("keras/inferred/applications.h5"), "--verbose", "-o",
        path,
      ] + options)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(
      (run.output + run.errors).contains(
        "note: preprocessing assumed from the names of layers: BGR, minus [103.939, 116.779, "
          + "123.68]; no file says so (--preprocessing caffe writes it)"), "\(run.output)")
    let summary = try ToolRun("resnet-inspect", [path])
    #expect(summary.output.contains("preprocessing:") == (expected != nil))
    if let expected { #expect(summary.output.contains(expected), "\(summary.output)") }
  }

  @Test func `a recipe for other images than the network's is refused`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert", Self.digits + ["-o", folder.path("d.resnet"), "--preprocessing", "torch"])
    #expect(run.exitCode == 64)
    #expect(run.errors.contains("--preprocessing torch is for images of 3 channels, the network"))
    #expect(folder.contents.isEmpty)
  }

  @Test(arguments: [
    ("eras/keras3.6.h5", "--epsilon=0.1", "--epsilon is for weights of Keras without a definition"),
    ("eras/keras3.6.h5", "--stride=first", "--stride is for weights of Keras without a definition"),
    ("eras/keras3.6.h5", "--caffe-dialect=nvidia", "--caffe-dialect is for models of Caffe only"),
    ("../digits/digits-resnet.caffemodel", "--kernels=convolution", "--kernels is for models of"),
  ])
  func `an option that would change nothing is refused`(
    file: String, option: String, reason: String
  ) throws {
    let run = try ToolRun(
      "resnet-convert", [Places.fixture("keras/\(file)"), option, "--dry-run"])
    #expect(run.exitCode == 64)
    #expect(run.errors.contains(reason), "\(run.errors)")
  }

  @Test func `only models of Keras are taken for Keras`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert", ["keras-to-native", Self.digits[1], "-o", folder.path("d.resnet")])
    #expect(run.exitCode == 65, "\(run.errors)")
    #expect(folder.contents.isEmpty)
  }

  @Test func `the weights of a model with a Lambda can be had alone`() throws {
    let folder = TemporaryFolder()
    let (model, path) = (Places.fixture("keras/hostile/lambda.h5"), folder.path("weights.npz"))
    let refused = try ToolRun("resnet-convert", [model, "-o", folder.path("x.resnet")])
    #expect(refused.exitCode == 65 && refused.errors.contains("twice (Lambda)"))
    let run = try ToolRun("resnet-convert", [model, "--weights-only", "-o", path])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output == "\(path): 4 tensors of 83 numbers, as the file has them\n")
    let arrays = try NPZ.read(InputFile(path: path))
    #expect(arrays.map(\.name).contains("conv/conv/kernel:0") && arrays.count == 4)
    let again = try ToolRun("resnet-convert", [model, "--weights-only", "-o", path])
    #expect(again.exitCode == 73, "\(again.errors)")
    let other = try ToolRun("resnet-convert", [model, "--weights-only", "-o", "x.resnet"])
    #expect(other.exitCode == 64)
    #expect(other.errors.contains("--weights-only: expected one output named *.npz"))
    let unused = try ToolRun(
      "resnet-convert", [model, "--weights-only", "-o", path, "--kernels", "convolution"])
    #expect(unused.exitCode == 64)
    #expect(unused.errors.contains("--weights-only: --kernels means nothing"), "\(unused.errors)")
  }

  @Test func `only names of Keras are taken`() throws {
    let run = try ToolRun("resnet-convert", ["native-to-keras", "a.resnet", "-o", "b.resnet"])
    #expect(run.exitCode == 64)
    #expect(
      run.errors.contains(
        "b.resnet: this command does not write the native format: expected NAME.k"))
  }
}
