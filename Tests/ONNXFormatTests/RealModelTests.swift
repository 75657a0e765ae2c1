import Foundation
import ResNetKit
import TestSupport
import Testing

/// A trained network by both of PyTorch's exporters, one with its weights in another file.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA names no folder of real models"))
struct RealModelTests {
  private static func path(_ name: String) -> String {
    "\(Places.realData ?? "")/pytorch-cifar/\(name)"
  }

  @Test(arguments: ["torchscript", "dynamo"])
  func `the logits are those of PyTorch in float64`(_ exporter: String) throws {
    let model = try Model(contentsOf: Self.path("resnet20_\(exporter)_export.onnx"))
    let golden = try NPZ.read(InputFile(path: Self.path("golden/resnet20.npz")))
    let input = try #require(golden.first { $0.name == "input" }).tensor
    let expected = try #require(golden.first { $0.name == "logits64" }).tensor.doubles
    let name = try #require(model.network.inputs.first).name
    let oracle = try Oracle(model.network, inputShapes: [name: input.shape])
    var found: [Double] = []
    try oracle.run([name: input]) { value, result in
      if value == model.network.outputs.last { found = result.elements }
    }
    let scale = expected.map(abs).max() ?? 0
    let error = try #require(zip(found, expected).map { abs($0 - $1) }.max())
    // Batch norm is folded in float32 by the exporters.
    #expect(found.count == expected.count && error <= 1e-6 * scale, "\(error) of \(scale)")
    #expect(model.provenance.files.count == (exporter == "dynamo" ? 2 : 1))
  }

  @Test func `a trained network is written for every format, and stays equal`() throws {
    let model = try Model(contentsOf: Self.path("resnet20_torchscript_export.onnx"))
    let data = try SeededInput.noise(for: model.network)
    let folder = TemporaryFolder()
    for name in ["a.resnet", "b.keras", "c/", "d.onnx"] {
      try model.write(to: folder.path(name))
      let copy =
        name == "c/"
        ? try Model(contentsOf: folder.path("c/net.prototxt"), folder.path("c/net.caffemodel"))
        : try Model(contentsOf: folder.path(name))
      let comparison = try ModelComparison(
        model.network, copy.network, inputs: data, engine: .fast(threadCount: 2))
      #expect(comparison.passes, "\(name): \(comparison.firstDiverging?.value ?? "weights")")
    }
  }
}
