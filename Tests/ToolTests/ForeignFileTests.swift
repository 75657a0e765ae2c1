import Foundation
import ResNetKit
import TestSupport
import Testing

/// A file of another kind is named for what it is, whatever it is called and wherever it is given.
@Suite struct `A file of another kind` {
  private static let definition = Places.fixture("digits/digits-resnet.prototxt")
  private static let weights = Places.fixture("digits/digits-resnet.caffemodel")
  private static let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"

  /// Runs a tool that must fail in one line about a file.
  private static func refusal(
    _ tool: String, _ arguments: [String], _ code: Int32 = 65,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let run = try ToolRun(tool, arguments)
    #expect(run.exitCode == code, "\(run.errors)", sourceLocation: sourceLocation)
    return try #require(run.message, "\(run.errors)", sourceLocation: sourceLocation)
  }

  @Test(arguments: [true, false])
  func `among several is the one that is named`(_ isFirst: Bool) throws {
    let folder = TemporaryFolder()
    let wrong = try folder.write("net.caffemodel", text: Self.pointer)
    let files = isFirst ? [wrong, Self.definition] : [Self.definition, wrong]
    for arguments in [files + ["-o", folder.path("out.resnet")]] {
      #expect(
        try Self.refusal("resnet-convert", arguments)
          == "resnet-convert: \(wrong): expected a model of Caffe, Keras, ONNX or this toolkit, found a "
          + "Git LFS pointer instead of the file: run \"git lfs pull\" where it was cloned")
    }
    #expect(
      try Self.refusal("resnet-inspect", [files.joined(separator: ",")]).contains(
        "\(wrong): expected a model"))
  }

  @Test(arguments: ["--prototxt", "--caffemodel", "--mean", "--labels"])
  func `is named in every place of a model of Caffe`(_ option: String) throws {
    let folder = TemporaryFolder()
    let wrong = try folder.write("x", text: Self.pointer)
    var arguments = [
      "caffe-to-native", "--prototxt", Self.definition, "--caffemodel", Self.weights,
    ]
    if let place = arguments.firstIndex(of: option) {
      arguments[place + 1] = wrong
    } else {
      arguments += [option, wrong]
    }
    let message = try Self.refusal(
      "resnet-convert", arguments + ["-o", folder.path("out.resnet")])
    #expect(message.contains("\(wrong): expected "))
    #expect(message.contains(", found a Git LFS pointer instead of the file: run \"git lfs pull\""))
  }

  @Test func `is named where Keras, the native format or arrays are expected`() throws {
    let folder = TemporaryFolder()
    let image = try folder.write(
      "x.h5", [0xff, 0xd8, 0xff, 0xe0] + [UInt8](repeating: 1, count: 100))
    #expect(
      try Self.refusal("resnet-convert", ["keras-to-native", image, "-o", folder.path("o.resnet")])
        .contains("found a JPEG image"))
    #expect(try Self.refusal("resnet-inspect", [image, "--check"]).contains("found a JPEG image"))
    #expect(
      try Self.refusal(
        "resnet-verify",
        ["run", "\(Self.definition),\(Self.weights)", "--input", image, "-o", folder.path("y.npz")]
      ).contains("expected an npz archive or an npy array, found a JPEG image"))
    #expect(
      try Self.refusal("resnet-inspect", [Places.fixture("digits/digits-golden.npz")]).contains(
        "found arrays of NumPy (.npz)"))
  }

  @Test(arguments: [
    ("README.md", "# A net\n", "found text (\"# A net\")"),
    ("package.json", "{\"name\": \"a\", \"version\": \"1\", \"scripts\": {}}", "package.json)"),
    ("history.json", "{\"loss\": [1], \"accuracy\": [0]}", "found the history of a training"),
    ("net.prototxt", "", "found an empty file: fetch it again"),
  ])
  func `that is text or JSON alone is described`(
    _ name: String, _ text: String, _ fragment: String
  ) throws {
    let folder = TemporaryFolder()
    let path = try folder.write(name, text: text)
    let message = try Self.refusal("resnet-inspect", [path])
    #expect(
      message.contains("\(path): expected a model") && message.contains(fragment), "\(message)")
  }

  @Test(arguments: [
    (["saved_model.pb"], "found a folder with a SavedModel of TensorFlow: not supported yet"),
    (["net.caffemodel", "net.prototxt"], "name files in it: net.caffemodel, net.prototxt"),
    (["notes"], "expected a regular file, found a folder"),
  ])
  func `that is a folder is named by what is in it`(_ names: [String], _ fragment: String) throws {
    let folder = TemporaryFolder()
    for name in names { try folder.write(name, text: "x") }
    #expect(try Self.refusal("resnet-inspect", [folder.path], 66).contains(fragment))
  }

  @Test func `is told from a model of ours that is cut short`() throws {
    let folder = TemporaryFolder()
    let half = try Data(contentsOf: URL(fileURLWithPath: Self.weights)).prefix(100_000)
    let caffemodel = try folder.write("half.caffemodel", half)
    #expect(
      try Self.refusal("resnet-inspect", [caffemodel]).contains(
        "to the end of the file, which seems to be cut off"))
    let archive = try Data(
      contentsOf: URL(fileURLWithPath: Places.fixture("keras/layers/line.keras"))
    ).prefix(1000)
    #expect(
      try Self.refusal("resnet-inspect", [folder.write("half.keras", archive)]).contains(
        "expected the end of a zip archive in a file that is cut short"))
  }
}

/// Files that others wrote; skipped where `RESNET_TOOLKIT_DATA` names no folder.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
struct `A real file of another kind` {
  private static func files(in folder: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return all.sorted().map { "\(folder)/\($0)" }
  }

  @Test(arguments: [
    ("pytorch-cifar/resnet20-12fca82f.th", "a PyTorch checkpoint (from before"),
    ("pytorch-cifar/resnet20_zip.pt", "a PyTorch checkpoint: not supported yet"),
    (
      "pytorch-tiny/src__pytorch__tests__reader__test_data__tar_float32.tar", "(a tar archive, from"
    ),
    ("pytorch-cifar/resnet20_bf16.safetensors", "a safetensors file: not supported yet"),
    ("torch7/gmodule_with_linear_identity.t7", "a file of Torch7: not supported yet"),
    ("images/cat.jpg", "a JPEG image: a model was expected here"),
    ("cases/caffe-wrong-files/lfs.caffemodel", "a Git LFS pointer instead of the file: run"),
    (
      "cases/caffe-wrong-files/page.caffemodel",
      "a web page (\"Google Drive - Virus scan warning\")"
    ),
    ("cases/caffe-wrong-files/net.caffemodel.gz", "a gzip archive: gunzip it"),
    ("cases/caffe-wrong-files/solver.prototxt", "the settings of a solver"),
    (
      "cases/caffe-wrong-files/half.caffemodel",
      "the end of the file, which seems to be cut off"
    ),
  ])
  func `is named`(_ name: String, _ fragment: String) throws {
    let path = "\(Places.realData ?? "")/\(name)"
    let run = try ToolRun("resnet-inspect", [path])
    #expect(run.exitCode == 65)
    #expect(
      run.message?.contains("\(path): ") == true && run.errors.contains(fragment), "\(run.errors)")
  }

  @Test(arguments: ["pytorch-cifar", "pytorch-tiny", "torch7"])
  func `of PyTorch or Torch7 is never taken for anything else`(_ folder: String) throws {
    let names = ["PyTorch", "Torch7", "TorchScript", "safetensors", "ONNX"]
    for path in Self.files(in: "\(Places.realData ?? "")/\(folder)") {
      guard
        [".pt", ".pth", ".th", ".tar", ".t7", ".safetensors", ".onnx"].contains(
          where: path.hasSuffix),
        !path.hasSuffix("broken.pt")
      else { continue }
      let kind = ForeignFile(try InputFile(path: path).bytes)?.kind ?? "nothing"
      #expect(names.contains { kind.contains($0) }, "\(path): \(kind)")
    }
  }

  @Test(arguments: ["\(Places.realData ?? "")", Places.fixture("")])
  func `is no model of ours`(_ folder: String) throws {
    let endings = [".prototxt", ".caffemodel", ".binaryproto", ".h5", ".hdf5", ".keras", ".resnet"]
    var count = 0
    for path in Self.files(in: folder) where endings.contains(where: path.hasSuffix) {
      guard !path.contains("wrong-files") else { continue }
      let bytes = try InputFile(path: path).bytes
      #expect(ForeignFile(bytes) == nil, "\(path): \(ForeignFile(bytes)?.kind ?? "")")
      count += 1
    }
    #expect(count > 100)
  }
}
