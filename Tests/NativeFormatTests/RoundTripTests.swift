import Files
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import NativeFormat

@Suite struct `A model in a native file` {
  @Test(arguments: SampleLayer.all)
  func `a layer comes back as it was`(sample: SampleLayer) throws {
    let model = Model(network: try sample.network, provenance: Provenance(format: "test"))
    let read = try NativeFile(Bytes(model.encoded), path: "test").model
    #expect(read.network.nodes.map(\.name) == model.network.nodes.map(\.name))
    let (found, expected) = (read.network.nodes.last!, model.network.nodes.last!)
    #expect(found.inputs == expected.inputs)
    #expect(found.outputs == expected.outputs)
    #expect(description(found.layer) == description(expected.layer))
    #expect(found.layer.weights.map(\.role) == expected.layer.weights.map(\.role))
    for (left, right) in zip(found.layer.weights, expected.layer.weights) {
      #expect(left.tensor.isBitEqual(to: right.tensor))
    }
  }

  @Test func `the samples have every type of layer`() {
    let types = Set(SampleLayer.all.map(\.layer.type))
    #expect(types == Set(LayerType.allCases))
  }

  @Test func `names, labels, recipe and provenance come back as they were`() throws {
    let model = try Model.sample
    let file = try NativeFile(Bytes(model.encoded), path: "test")
    #expect(file.model.network.name == model.network.name)
    #expect(file.model.network.nodes.map(\.name) == model.network.nodes.map(\.name))
    #expect(file.model.labels == model.labels)
    #expect(file.model.provenance.format == model.provenance.format)
    #expect(file.model.provenance.files == model.provenance.files)
    #expect(file.model.provenance.notes == model.provenance.notes)
    #expect(try file.ledger() == model.provenance.ledger)
    let recipe = try #require(file.model.preprocessing)
    #expect(recipe.channelOrder == .bgr)
    #expect(recipe.scales == [0.017, 0.018, 0.019])
    guard case .image(let image) = recipe.mean else {
      Issue.record("expected a mean image")
      return
    }
    #expect(image.isBitEqual(to: .ramp([3, 2, 2])))
  }

  @Test func `weights keep their type and lie at multiples of 64`() throws {
    let file = try NativeFile(Bytes(Model.sample.encoded), path: "test")
    let weights = file.model.network.weights
    #expect(
      weights.map(\.name) == ["conv1/kernel", "conv1/bias", "pre«lu»/slope", "fc/kernel"])
    #expect(weights.map(\.tensor.elementType) == [.float32, .float16, .bfloat16, .float64])
    #expect(weights.allSatisfy { $0.tensor.storedBytes.map { $0.offset % 64 } == 0 })
  }

  @Test func `numbers that are not finite are counted while the file is checked`() throws {
    let network = try Network(
      name: "net",
      nodes: [
        Node("x", .input(.init(shape: [1, 2, 1, 1]))),
        Node("a", .prelu(.init(slope: Tensor([2], [Float.nan, .infinity]))), inputs: ["x"]),
        Node("b", .prelu(.init(slope: Tensor([2], [0, Float(1)]))), inputs: ["a"]),
      ])
    let model = Model(network: network, provenance: Provenance(format: "test"))
    let bytes = Bytes(try model.encoded)
    #expect(try NativeFile(bytes, path: "test").check().nonFiniteCounts == ["a/slope": 2])
    let read = try NativeFormat().readModel(
      from: [InputFile(path: "n.resnet", bytes: bytes)], options: ReadingOptions())
    let notes = try read.settlingNumbers(of: [], options: ReadingOptions()).model.provenance.notes
    #expect(notes == ["weights with numbers that are not finite: a/slope (2)"])
  }

  @Test func `a weight that layers share is stored once and shared again`() throws {
    let bytes = Bytes(try Model.sample.encoded)
    let nodes = try NativeFile(bytes, path: "test").model.network.nodes
    let kernels = [nodes[1], nodes[2]].map { $0.layer.weights[0].tensor }
    #expect(kernels[0].isIdentical(to: kernels[1]))
  }

  @Test(arguments: [0.1, -0.0, 0x1p-1074, .infinity, -.infinity, 0x1.fffffffffffffp1023])
  func `a number comes back bit by bit`(number: Double) throws {
    let sample = SampleLayer(name: "power", layer: .power(Layer.Power(shift: number)))
    let model = Model(network: try sample.network, provenance: Provenance(format: "test"))
    let read = try NativeFile(Bytes(model.encoded), path: "test").model
    guard case .activation(.power(let layer)) = read.network.nodes.last?.layer else {
      Issue.record("expected a power layer")
      return
    }
    #expect(layer.shift.bitPattern == number.bitPattern)
  }

  @Test func `the same model gives the same bytes, also after it was read`() throws {
    let model = try Model.sample
    let bytes = try model.encoded
    #expect(try model.encoded == bytes)
    let file = try NativeFile(Bytes(bytes), path: "test")
    var again = file.model
    again.provenance.ledger = try file.ledger()
    #expect(try again.encoded == bytes)
  }

  @Test func `the bytes are those that the specification gives as its example`() throws {
    let kernel = Tensor(
      shape: [2, 3], elementType: .float32, bytes: Bytes([UInt8](repeating: 0x3f, count: 24)))!
    let bias = Tensor(
      shape: [2], elementType: .float32, bytes: Bytes([UInt8](repeating: 0x3e, count: 8)))!
    let network = try Network(
      name: "net",
      nodes: [
        Node("data", .input(Layer.Input(shape: [1, 3]))),
        Node(
          "fc", .fullyConnected(Layer.FullyConnected(kernel: kernel, bias: bias)), inputs: ["data"]),
      ])
    let bytes = try Model(network: network, provenance: Provenance(format: "test")).encoded
    #expect(bytes == NativeFileBuilder.sound.bytes)
    #expect(bytes.count == 832)
  }

  @Test func `a model that is not sound is not written`() throws {
    let sample = SampleLayer(
      name: "conv", layer: .convolution(Layer.Convolution(kernel: .ramp([6, 3, 1, 1]))))
    let model = Model(network: try sample.network, provenance: Provenance(format: "test"))
    try withTemporaryFolder { folder in
      let output = try OutputFile(path: folder + "/a.resnet", replacing: false)
      let error = #expect(throws: FormatError.self) { try NativeFormat().write(model, to: output) }
      #expect(error?.location == .object("conv"))
      #expect(error?.reason == "expected 3 × 1 input channels, found 4")
      #expect(throws: FormatError.self) { try InputFile(path: folder + "/a.resnet") }
    }
  }

  @Test func `a name that is too long to be read is not written`() throws {
    let name = String(repeating: "x", count: 4092)
    let sample = SampleLayer(name: name, layer: .prelu(Layer.PReLU(slope: .ramp([4]))))
    let model = Model(network: try sample.network, provenance: Provenance(format: "test"))
    let error = #expect(throws: FormatError.self) { try model.encoded }
    #expect(error?.reason == "expected a name of 1 to 4096 bytes")
  }

  @Test func `reading takes another input shape`() throws {
    let sample = SampleLayer(name: "relu", layer: .relu(Layer.ReLU()), inputs: ["data"])
    let input = Node("data", .input(Layer.Input(shape: [1, 3, 8, 8])))
    let network = try Network(
      name: "one input", nodes: [input, Node("relu", sample.layer, inputs: ["data"])])
    let model = Model(network: network, provenance: Provenance(format: "test"))
    try withTemporaryFolder { folder in
      let path = folder + "/a.resnet"
      try NativeFormat().write(model, to: OutputFile(path: path, replacing: false))
      let file = try InputFile(path: path)
      #expect(NativeFormat().recognize(file) == .certain)
      let read = try NativeFormat().readModel(
        from: [file], options: ReadingOptions(inputShape: [4, 3, 5, 5])
      ).model
      #expect(read.network.inputs[0].shape == [4, 3, 5, 5])
    }
  }

  @Test func `a reader tells where tensors lie, the model where they came from`() throws {
    let model = try Model.sample
    let file = InputFile(path: "folder/a.resnet", bytes: Bytes(try model.encoded))
    let read = try NativeFormat().readModel(from: [file], options: ReadingOptions())
    #expect(read.model.provenance.ledger == model.provenance.ledger)
    let weights = read.model.network.allWeights
    #expect(read.ledger.entries.map(\.target) == weights.map(\.name))
    for (entry, weight) in zip(read.ledger.entries, weights) {
      #expect(entry.source.file == "a.resnet" && entry.transforms.isEmpty)
      let offset = try #require(entry.source.byteOffset)
      let bytes = try #require(file.bytes.slice(from: offset, count: entry.source.byteCount))
      #expect(bytes == weight.tensor.storedBytes)
    }
    #expect(
      try NativeFormat().storedTensors(in: [file]) == read.ledger.entries.map(\.source))
  }

  @Test(
    arguments: [
      ("keras-2", .nhwc), ("keras-2-channels-first", .nchw), ("caffe", .nchw),
    ] as [(String, ArrayLayout)])
  func `the layout of the source's arrays travels with its format`(
    _ format: String, _ layout: ArrayLayout
  ) throws {
    let network = try Network(
      name: "one input", nodes: [Node("data", .input(Layer.Input(shape: [1, 3, 8, 8])))])
    let model = Model(
      network: network, provenance: Provenance(format: format, arrayLayout: layout))
    let read = try NativeFile(Bytes(model.encoded), path: "test").model
    #expect(read.provenance.arrayLayout == layout && read.provenance.format == format)
  }
}
