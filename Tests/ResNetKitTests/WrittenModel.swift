import Foundation
import ResNetKit
import TestSupport
import Testing

/// A model on its way to Caffe's files and back.
struct WrittenModel {
  let folder = TemporaryFolder()
  let files: EncodedCaffeModel
  /// The tensors in the caffemodel.
  let tensors: [WrittenTensor]
  /// What the reader makes of definition and caffemodel.
  let copy: Model

  var definition: String { folder.path("net.prototxt") }
  var weights: String { folder.path("net.caffemodel") }

  /// Writes all files of a model and reads them.
  init(_ model: Model) throws {
    files = try CaffeFormat().encode(model)
    var source = CaffeSource()
    let path = folder.path("net.prototxt")
    try files.prepareDefinition(for: OutputFile(path: path, replacing: false)).publish()
    source.definition = try InputFile(path: path)
    if files.hasWeights {
      let path = folder.path("net.caffemodel")
      let prepared = try files.prepareWeights(for: OutputFile(path: path, replacing: false))
      try prepared.file.publish()
      tensors = prepared.tensors
      source.weights = try InputFile(path: path)
    } else {
      tensors = []
    }
    if files.hasMean {
      let path = folder.path("mean.binaryproto")
      try files.prepareMean(for: OutputFile(path: path, replacing: false)).publish()
      source.mean = try InputFile(path: path)
    }
    if files.hasLabels {
      let path = folder.path("labels.txt")
      try files.prepareLabels(for: OutputFile(path: path, replacing: false)).publish()
      source.labels = try InputFile(path: path)
    }
    copy = try CaffeFormat().readModel(from: source).model
    try checkTensors(of: model.network)
  }

  /// Does again what the writer says it did to each weight.
  private func checkTensors(of network: Network) throws {
    let weights = Dictionary(uniqueKeysWithValues: network.allWeights.map { ($0.name, $0.tensor) })
    #expect(Set(tensors.compactMap(\.weight)) == Set(weights.keys))
    for written in tensors {
      guard let weight = written.weight else { continue }
      let target = written.target
      let offset = try #require(target.byteOffset)
      var tensor = try #require(weights[weight])
      for transform in written.transforms {
        tensor = try #require(transform.applied(to: tensor), "\(transform) of \(weight)")
      }
      #expect(tensor.shape == target.shape && tensor.elementType == target.elementType)
      let bytes = try InputFile(path: self.weights).bytes
      #expect(bytes.slice(from: offset, count: tensor.byteCount) == tensor.elements.made())
    }
  }

  /// Writes the network of some layers behind an input `data`.
  init(_ input: Shape, _ nodes: [Node]) throws {
    try self.init(.sample(input, nodes))
  }
}

extension Model {
  /// A network of some layers behind an input `data`.
  static func sample(_ input: Shape, _ nodes: [Node]) throws -> Model {
    let data = Node("data", .input(.init(shape: input)))
    return Model(
      network: try Network(name: "sample", nodes: [data] + nodes),
      provenance: Provenance(format: "test"))
  }

  /// The native file of the network alone: equal bytes mean equal layers, values and weights.
  func networkFile() throws -> Data {
    let folder = TemporaryFolder()
    let path = folder.path("network.resnet")
    let bare = Model(network: network, provenance: Provenance(format: "test"))
    try NativeFormat().write(bare, to: OutputFile(path: path, replacing: false))
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// All values that the oracle computes from inputs seeded by their names, by name.
  func values() throws -> [String: [Double]] {
    var inputs: [String: Tensor] = [:]
    for (name, shape) in network.inputs {
      inputs[name] = .noise(shape, seed: name.utf8.reduce(1) { $0 &* 31 &+ UInt64($1) })
    }
    var values: [String: [Double]] = [:]
    let names = Set(network.nodes.flatMap(\.outputs))
    try Engine.oracle.run(network, inputs: inputs, observing: names) { values[$0] = $1.doubles }
    return values
  }
}

extension Tensor {
  /// Numbers between −1 and 1.
  static func noise(_ shape: Shape, _ generator: inout SeededGenerator) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &generator) })
  }

  /// Numbers between −1 and 1, the same for the same seed.
  static func noise(_ shape: Shape, seed: UInt64 = 7) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return noise(shape, &generator)
  }
}
