import Foundation
import ResNetKit
import TestSupport
import Testing

@Suite struct ConversionTests {
  static let digits = [
    "--prototxt", Places.fixture("digits/digits-resnet.prototxt"),
    "--caffemodel", Places.fixture("digits/digits-resnet.caffemodel"),
    "--mean", Places.fixture("digits/mean.binaryproto"),
    "--labels", Places.fixture("digits/labels.txt"),
  ]

  static func convert(
    to path: String, environment: [String: String] = [:], in folder: String? = nil
  )
    throws -> ToolRun
  {
    try ToolRun(
      "resnet-convert", ["caffe-to-native"] + digits + ["-o", path], environment: environment,
      in: folder)
  }

  @Test func `the same model gives the same bytes in any process, locale and folder`() throws {
    let (one, other) = (TemporaryFolder(), TemporaryFolder())
    #expect(try Self.convert(to: one.path("a.resnet")).exitCode == 0)
    let run = try Self.convert(
      to: "b.resnet",
      environment: ["LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Tokyo"],
      in: other.path)
    #expect(run.exitCode == 0)
    let (a, b) = (one.path("a.resnet"), other.path("b.resnet"))
    #expect(FileManager.default.contentsEqual(atPath: a, andPath: b))
    #expect(one.contents == ["a.resnet"] && other.contents == ["b.resnet"])
  }

  @Test func `formats are recognised by content, whatever the names and the order`() throws {
    let folder = TemporaryFolder()
    let names = [
      ("digits-resnet.caffemodel", "1"), ("labels.txt", "2"), ("digits-resnet.prototxt", "3"),
      ("mean.binaryproto", "4"),
    ]
    for (file, name) in names {
      try FileManager.default.copyItem(
        atPath: Places.fixture("digits/\(file)"), toPath: folder.path(name))
    }
    let inputs = names.map { folder.path($0.1) }
    let run = try ToolRun("resnet-convert", inputs + ["-o", folder.path("out.resnet")])
    #expect(run.exitCode == 0, "\(run.errors)")
    let explicit = TemporaryFolder()
    _ = try Self.convert(to: explicit.path("out.resnet"))
    let comparison = try ToolRun(
      "resnet-verify", [folder.path("out.resnet"), explicit.path("out.resnet")])
    #expect(comparison.exitCode == 0, "\(comparison.errors)")
    #expect(
      comparison.output.contains(
        " bit-equal, 0 equal but for how they are stored, 0 of another shape, 0 differ\n"))
  }

  @Test(arguments: [
    ("auto", 0, "5 tensors of bn1"),
    ("nvidia", 0, "read as NVIDIA's dialect, as asked for"),
    (
      "bvlc", 65,
      "dialect-nvidia.caffemodel: expected BVLC's dialect as --caffe-dialect says, found what only "
        + "NVIDIA's Caffe writes: "
    ),
  ])
  func `the Caffe that wrote a model is told or found`(
    dialect: String, exitCode: Int32, message: String
  ) throws {
    let folder = TemporaryFolder()
    let files = ["prototxt", "caffemodel"].map { Places.fixture("layers/dialect-nvidia.\($0)") }
    let run = try ToolRun(
      "resnet-convert",
      files + ["--caffe-dialect", dialect, "-o", folder.path("a.resnet"), "--dry-run", "--json"])
    #expect(run.exitCode == exitCode)
    #expect((exitCode == 0 ? run.output : run.errors).contains(message))
  }

  @Test func `a dry run prints layers and ledger and writes nothing`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert",
      ["caffe-to-native"] + Self.digits + ["-o", folder.path("out.resnet"), "--dry-run"])
    #expect(run.exitCode == 0)
    #expect(run.output.contains("bn_conv1/blobs[2]") && run.output.contains("bn_conv1/factor"))
    #expect(folder.contents.isEmpty)
  }

  @Test(arguments: ["fast", "oracle"])
  func `the trained network agrees with every golden value and keeps its accuracy`(
    _ executor: String
  ) throws {
    let folder = TemporaryFolder()
    _ = try Self.convert(to: folder.path("digits.resnet"))
    let run = try ToolRun(
      "resnet-verify",
      [
        folder.path("digits.resnet"), "--executor", executor, "--json",
        "--fixture", Places.fixture("digits/digits-golden.npz"),
        "--fixture", Places.fixture("digits/digits-golden-layers.npz"),
        "--classes", Places.fixture("digits/digits-classes.txt"),
      ])
    #expect(run.exitCode == 0, "\(run.output) \(run.errors)")
    let report = try JSON(parsing: Bytes(Array(run.output.utf8)))
    #expect(report["passes"] == .bool(true))
    #expect(report["compared"] == report["total"])
    #expect((report["compared"]?.number ?? 0) >= 95)
    #expect((report["accuracy"]?.number ?? 0) >= 0.97)
  }

  @Test(arguments: [2, 3, 5])
  func `values do not depend on the number of threads`(_ threads: Int) throws {
    let folder = TemporaryFolder()
    _ = try Self.convert(to: folder.path("digits.resnet"))
    for count in [1, threads] {
      let run = try ToolRun(
        "resnet-verify",
        [
          "run", folder.path("digits.resnet"), "--layers", "all", "--threads", "\(count)",
          "--input", Places.fixture("digits/digits-golden-layers.npz"),
          "-o", folder.path("\(count).npz"),
        ])
      #expect(run.exitCode == 0, "\(run.errors)")
    }
    #expect(
      FileManager.default.contentsEqual(
        atPath: folder.path("1.npz"), andPath: folder.path("\(threads).npz")))
  }

  @Test func `a lost batch-norm factor is found at the first layer that has it`() throws {
    let folder = TemporaryFolder()
    _ = try Self.convert(to: folder.path("digits.resnet"))
    let model = try NativeFormat().readModel(
      from: [InputFile(path: folder.path("digits.resnet"))], options: ReadingOptions()
    ).model
    var damaged = model
    damaged.network = model.network.mapLayers { node in
      guard node.name == "bn2b_branch2a", case .batchNormalization(var layer) = node.layer else {
        return node.layer
      }
      layer.factor = nil
      return .batchNormalization(layer)
    }
    let path = folder.path("lost.resnet")
    try NativeFormat().write(damaged, to: OutputFile(path: path, replacing: false))
    let run = try ToolRun(
      "resnet-verify",
      [path, "--fixture", Places.fixture("digits/digits-golden-layers.npz")])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("NOT EQUAL, first at bn2b_branch2a "))
  }

  @Test(arguments: [("conv1", 0 as Int32, "compared 94/94 values"), ("conv0", 65, "conv0")])
  func `an array of a fixture can be left out, if it is there`(
    name: String, exitCode: Int32, message: String
  ) throws {
    let folder = TemporaryFolder()
    _ = try Self.convert(to: folder.path("digits.resnet"))
    let run = try ToolRun(
      "resnet-verify",
      [
        folder.path("digits.resnet"), "--ignore", name,
        "--fixture", Places.fixture("digits/digits-golden-layers.npz"),
      ])
    #expect(run.exitCode == exitCode, "\(run.errors)")
    #expect((run.output + run.errors).contains(message), "\(run.output)\(run.errors)")
  }
}
