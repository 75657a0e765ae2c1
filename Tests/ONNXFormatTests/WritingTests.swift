import Foundation
import ResNetKit
import TestSupport
import Testing

/// What we write as ONNX: the same model gives the same bytes, and reads as the same network. What
/// other runtimes make of it is for `Tests/interop_onnx_written.py`.
@Suite struct WritingTests {
  private static func written(
    _ model: Model, _ choice: ONNXWritingOptions = ONNXWritingOptions(), in folder: TemporaryFolder,
    as name: String = "net.onnx"
  ) throws -> Model {
    var options = WritingOptions()
    options.add(choice, named: "--opset")
    try model.write(to: folder.path(name), options: options)
    return try Model(contentsOf: folder.path(name))
  }

  /// Refuses a copy that computes something else.
  private static func compare(_ model: Model, _ copy: Model) throws {
    let data = try SeededInput.noise(for: model.network)
    let names = zip(model.network.inputs, copy.network.inputs)
    let other = Dictionary(uniqueKeysWithValues: names.map { ($1.name, data[$0.name]!) })
    var (first, second): ([[Double]], [[Double]]) = ([], [])
    let outputs = (Set(model.network.outputs), Set(copy.network.outputs))
    try Oracle(model.network).run(data) { name, value in
      if outputs.0.contains(name) { first.append(value.elements) }
    }
    try Oracle(copy.network, inputShapes: other.mapValues(\.shape)).run(other) { name, value in
      if outputs.1.contains(name) { second.append(value.elements) }
    }
    #expect(first.count == second.count)
    for (a, b) in zip(first, second) {
      let scale = a.map(abs).max() ?? 0
      let error = zip(a, b).map { abs($0 - $1) }.max() ?? 0
      // Numbers that are no floats in the model are floats in the file.
      #expect(error <= 1e-6 * scale, "\(error) of \(scale)")
      #expect(a.count == b.count)
    }
  }

  @Test(arguments: SmallFileTests.sound)
  func `a network is the same once it was written and read`(_ name: String) throws {
    let model = try SmallFileTests.model(name)
    let folder = TemporaryFolder()
    try Self.compare(model, try Self.written(model, in: folder))
  }

  @Test(arguments: ONNXWritingOptions.opsets)
  func `every set of operators is written`(_ opset: Int) throws {
    let folder = TemporaryFolder()
    for name in ["activations", "gelu", "mish", "softmax-opset11", "split-input"] {
      let model = try SmallFileTests.model(name)
      let copy = try Self.written(
        model, .init(opset: opset), in: folder, as: "\(name)-\(opset).onnx")
      try Self.compare(model, copy)
    }
  }

  @Test func `the same model gives the same bytes, and external data lies beside it`() throws {
    let folder = TemporaryFolder()
    let definition = Places.fixture("digits/digits-resnet.prototxt")
    let weights = Places.fixture("digits/digits-resnet.caffemodel")
    let model = try Model(contentsOf: definition, weights)
    let copy = try Self.written(model, in: folder, as: "a.onnx")
    _ = try Self.written(model, in: folder, as: "b.onnx")
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
    }
    #expect(try bytes("a.onnx") == bytes("b.onnx"))
    let apart = try Self.written(model, .init(hasExternalData: true), in: folder, as: "c.onnx")
    #expect(try bytes("c.onnx").count < bytes("a.onnx").count / 2)
    #expect(try bytes("c.onnx.data").count > 100_000)
    let data = try SeededInput.noise(for: model.network)
    for other in [copy, apart] {
      let comparison = try ModelComparison(
        model.network, other.network, inputs: data, engine: .fast(threadCount: 2))
      #expect(comparison.passes, "\(comparison.firstDiverging?.value ?? "weights")")
      // Without the normalizations before their scale, which ONNX has as one layer.
      #expect(comparison.values.count >= 74)
    }
  }

  @Test(
    arguments: [[1], [12], [1, 12], [2, 6], [5, 2], [1, 3, 2, 2], [2, 3, 2, 1]] as [Shape],
    [true, false])
  func `a product over all axes is written as one row`(_ shape: Shape, hasBias: Bool) throws {
    var random = SeededGenerator(seed: 5)
    let product = Layer.FullyConnected(
      kernel: random.tensor([5, shape.elementCount]), bias: hasBias ? random.tensor([5]) : nil,
      axis: 0)
    let nodes = [
      Node("data", .input(Layer.Input(shape: shape))),
      Node("fc", .fullyConnected(product), inputs: ["data"]),
    ]
    let model = Model(
      network: try Network(name: "net", nodes: nodes), provenance: Provenance(format: "test"))
    let folder = TemporaryFolder()
    let copy = try Self.written(model, in: folder)
    try Self.compare(model, copy)
    #expect(try copy.network.shapes()[copy.network.outputs[0]] == [5])
  }

  @Test func `labels come back`() throws {
    let folder = TemporaryFolder()
    var model = try SmallFileTests.model("gemm")
    model.labels = ["a \"quoted\" one", "zwei", "三"]
    #expect(try Self.written(model, in: folder).labels == model.labels)
  }

  @Test(arguments: Preprocessing.Published.allCases)
  func `the recipe for images comes back`(_ published: Preprocessing.Published) throws {
    let folder = TemporaryFolder()
    var model = try SmallFileTests.model("gemm")
    model.preprocessing = Preprocessing(published)
    let copy = try Self.written(model, in: folder)
    #expect("\(try #require(copy.preprocessing))" == "\(Preprocessing(published))")
  }

  @Test func `a mean image, which has no place in ONNX, is told`() throws {
    let folder = TemporaryFolder()
    var model = try SmallFileTests.model("gemm")
    model.preprocessing = Preprocessing(mean: .image(Tensor([1, 1, 1], [Float(1)])))
    let notes = try model.write(to: folder.path("net.onnx"))
    #expect(notes.contains { $0.hasPrefix("the preprocessing was not written") }, "\(notes)")
    #expect(try Model(contentsOf: folder.path("net.onnx")).preprocessing == nil)
  }

  @Test func `choices for ONNX are refused by other formats`() throws {
    let folder = TemporaryFolder()
    var options = WritingOptions()
    options.add(ONNXWritingOptions(opset: 15), named: "--opset")
    let model = try SmallFileTests.model("gemm")
    let error = #expect(throws: FormatError.self) {
      try model.write(to: folder.path("net.resnet"), options: options)
    }
    #expect(error?.description == "--opset is for outputs of ONNX only")
    #expect(folder.contents.isEmpty)
  }
}
