import Foundation
import ResNetKit
import TestSupport
import Testing

/// `resnet-inspect weights`.
@Suite struct `Weights of files` {
  private static let digits = [
    Places.fixture("digits/digits-resnet.prototxt"),
    Places.fixture("digits/digits-resnet.caffemodel"),
  ]

  private static func json(_ arguments: [String]) throws -> JSON {
    let run = try ToolRun("resnet-inspect", ["weights", "--json"] + arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    return try JSON(parsing: Bytes(Array(run.output.utf8)))
  }

  private static func rows(_ json: JSON, _ table: String) -> [JSON] {
    guard case .array(let rows)? = json[table] else { return [] }
    return rows
  }

  @Test func `have a row for each tensor, and for each channel when that is asked for`() throws {
    let model = try Model(contentsOf: Self.digits[0], Self.digits[1])
    let json = try Self.json(Self.digits + ["--channels"])
    let tensors = Self.rows(json, "tensors")
    #expect(tensors.map { $0["name"] } == model.network.weights.map { .string($0.name) })
    let channels = model.network.weights.reduce(0) { sum, weight in
      sum + (weight.name.hasSuffix("/kernel") ? weight.tensor.shape[0] : 0)
    }
    #expect(Self.rows(json, "channels").count == channels && channels > 0)
    let plain = try Self.json(Self.digits)
    #expect(plain["channels"] == nil && !Self.rows(plain, "normalizations").isEmpty)
  }

  @Test(.enabled(if: NumPy.isInstalled, "needs python3 with NumPy"))
  func `have the numbers that NumPy computes in float64`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-inspect",
      ["weights", "--json", "--npz", folder.path("w.npz")] + Self.digits)
    #expect(run.exitCode == 0, "\(run.errors)")
    let report = try folder.write("r.json", text: run.output)
    let output = try NumPy.run(
      """
      import json, sys
      import numpy as np
      report, arrays = json.load(open(sys.argv[1])), np.load(sys.argv[2])
      worst = 0
      def compare(found, expected):
          global worst
          worst = max(worst, abs(found - expected) / (abs(expected) or 1))
      assert [t["name"] for t in report["tensors"]] == arrays.files
      for t in report["tensors"]:
          x = arrays[t["name"]].astype(np.float64)
          y = x.ravel()
          assert t["shape"] == list(x.shape) and t["count"] == x.size, t["name"]
          assert (t["minimum"], t["maximum"]) == (x.min(), x.max()), t["name"]
          assert t["zeros"] == (x == 0).sum(), t["name"]
          assert t["outliers"] == (abs(x - x.mean()) > 6 * x.std()).sum(), t["name"]
          compare(t["mean"], y.mean()), compare(t["standardDeviation"], y.std())
          compare(t["norm"], np.linalg.norm(y))
          def db(error):
              return 10 * np.log10((y ** 2).sum() / (error ** 2).sum())
          if t["sqnr"] and t["sqnr"]["float16"] != "inf":
              compare(t["sqnr"]["float16"], db(y - y.astype(np.float16)))
              scale = abs(y).max() / 127
              if t["sqnr"]["int8"] != "inf":
                  compare(t["sqnr"]["int8"], db(y - np.rint(y / scale) * scale))
          if t["sqnr"] and t["sqnr"]["channelInt8"] not in (None, "inf"):
              z = x.reshape(len(x), -1)
              scale = abs(z).max(1, keepdims=True) / 127
              scale[scale == 0] = 1
              compare(t["sqnr"]["channelInt8"], db((z - np.rint(z / scale) * scale).ravel()))
          if t["histogram"]:
              assert t["histogram"] == np.histogram(y, len(t["histogram"]))[0].tolist(), t["name"]
      print(worst < 1e-12, worst)
      """, [report, folder.path("w.npz")])
    #expect(output.hasPrefix("True"), "\(output)")
  }

  @Test(arguments: [
    ["digits/digits-resnet.prototxt", "digits/digits-resnet.caffemodel"],
    ["snapshots/plain.caffemodel.h5"],
  ])
  func `are written to an npz bit by bit`(_ names: [String]) throws {
    let folder = TemporaryFolder()
    let files = names.map(Places.fixture)
    let run = try ToolRun("resnet-inspect", ["weights", "--npz", folder.path("w.npz")] + files)
    #expect(run.exitCode == 0, "\(run.errors)")
    let read = try NPZ.read(InputFile(path: folder.path("w.npz")))
    let inputs = try files.map { try InputFile(path: $0) }
    let expected =
      names.count > 1
      ? try Model(contentsOf: files[0], files[1]).network.weights
      : try CaffeFormat().storedArrays(in: inputs).arrays
    #expect(read.map(\.name) == expected.map(\.name) && !read.isEmpty)
    #expect(zip(read, expected).allSatisfy { $0.tensor.isBitEqual(to: $1.tensor) })
  }

  @Test func `in bfloat16 are widened for NumPy, and that is said`() throws {
    let folder = TemporaryFolder()
    let numbers = Tensor(
      shape: [2, 2, 1, 1], elementType: .bfloat16,
      bytes: Bytes([0x80, 0x3f, 0x80, 0xbf, 0, 0x40, 0, 0xc0]))!
    let network = try Network(
      name: "b",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 4, 4]))),
        Node("conv", .convolution(.init(kernel: numbers)), inputs: ["data"]),
      ])
    try NativeFormat().write(
      Model(network: network, provenance: Provenance(format: "test")),
      to: OutputFile(path: folder.path("b.resnet"), replacing: false))
    let run = try ToolRun(
      "resnet-inspect", ["weights", folder.path("b.resnet"), "--npz", folder.path("b.npz")])
    #expect(run.exitCode == 0 && run.errors.contains("1 arrays of bfloat16"), "\(run.errors)")
    let read = try NPZ.read(InputFile(path: folder.path("b.npz")))
    #expect(read[0].tensor.elementType == .float32 && read[0].tensor.floats == [1, -1, 2, -2])
  }

  @Test func `whose names are no paths get others in an npz, and that is said`() throws {
    let folder = TemporaryFolder()
    let network = try Network(
      name: "b",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 4, 4]))),
        Node(
          "/layer1/conv", .convolution(.init(kernel: Tensor([1, 2, 1, 1], [1, Float(2)]))),
          inputs: ["data"]),
      ])
    try NativeFormat().write(
      Model(network: network, provenance: Provenance(format: "test")),
      to: OutputFile(path: folder.path("b.resnet"), replacing: false))
    let run = try ToolRun(
      "resnet-inspect", ["weights", folder.path("b.resnet"), "--npz", folder.path("b.npz")])
    #expect(run.exitCode == 0 && run.errors.contains("1 arrays have other names"), "\(run.errors)")
    let read = try NPZ.read(InputFile(path: folder.path("b.npz")))
    #expect(read.map(\.name) == ["layer1/conv/kernel"])
  }

  @Test func `replace a file only with --force, and never a model`() throws {
    let folder = TemporaryFolder()
    try folder.write("w.npz", text: "mine")
    let refused = try ToolRun(
      "resnet-inspect", ["weights", "--npz", folder.path("w.npz")] + Self.digits)
    #expect(refused.exitCode == 73 && refused.message != nil, "\(refused.errors)")
    #expect(refused.output.isEmpty)
    let forced = try ToolRun(
      "resnet-inspect", ["weights", "--npz", folder.path("w.npz"), "--force"] + Self.digits)
    #expect(forced.exitCode == 0, "\(forced.errors)")
    let model = folder.path("model.npz")
    try FileManager.default.copyItem(atPath: Self.digits[1], toPath: model)
    let input = try ToolRun(
      "resnet-inspect", ["weights", Self.digits[0], model, "--npz", model, "--force"])
    #expect(input.exitCode == 77 && input.message != nil, "\(input.errors)")
    #expect(folder.contents == ["model.npz", "w.npz"])
  }

  @Test func `of layers that do not exist are refused with a hint`() throws {
    let run = try ToolRun("resnet-inspect", ["weights", "--layer", "conv"] + Self.digits)
    #expect(run.exitCode == 64 && run.output.isEmpty, "\(run.errors)")
    #expect(run.message?.contains("--layer conv: no layer with weights has such a name") == true)
  }

  @Test func `alone are described as a whole`() throws {
    let run = try ToolRun(
      "resnet-inspect", ["weights", Places.fixture("snapshots/plain.caffemodel.h5")])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.errors.contains("note: these are weights alone"))
    #expect(!run.output.contains("Batch normalizations"))
  }

  @Test func `are drawn`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-inspect", ["weights", "--svg", folder.path("w.svg")] + Self.digits)
    #expect(run.exitCode == 0, "\(run.errors)")
    let svg = try String(contentsOfFile: folder.path("w.svg"), encoding: .utf8)
    #expect(svg.contains("standard deviation") && svg.contains("Histograms of the kernels"))
  }
}
