import ModelGraph
import TensorCore
import Testing
import Verification

/// A normalization that is one layer here and two where the fixture comes from.
@Suite struct `What the arrays of a fixture are about` {
  private static let input = ramp([1, 2, 4, 4], 1)
  private static let beta = Tensor([2], [Float(-0.5), -1.25])
  private static let normalized = Layer.BatchNormalization(
    mean: ramp([2], 2), variance: ramp([2], 3), epsilon: 1e-5)

  private static func ramp(_ shape: Shape, _ seed: Int) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { Float(($0 * 7 + seed * 5) % 23 + 1) / 8 - 1 / 16 })
  }

  private static func network(gamma: Int, rectified: Bool = true) throws -> Network {
    var layer = normalized
    (layer.gamma, layer.beta) = (ramp([2], gamma), beta)
    var nodes = [
      Node("data", .input(.init(shape: [1, 2, 4, 4]))),
      Node("bn", .batchNormalization(layer), inputs: ["data"]),
    ]
    if rectified { nodes.append(Node("relu", .relu(.init()), inputs: ["bn"])) }
    return try Network(name: "n", nodes: nodes)
  }

  /// Caffe's values of the network, under Caffe's names.
  private static func arrays(_ names: Set<String>) throws -> [(name: String, tensor: Tensor)] {
    let network = try Network(
      name: "caffe",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 4, 4]))),
        Node("bn", .batchNormalization(normalized), inputs: ["data"]),
        Node("scale", .scale(.init(scale: ramp([2], 5), bias: beta)), inputs: ["bn"]),
        Node("relu", .relu(.init()), inputs: ["scale"]),
      ])
    var arrays = [(name: "input", tensor: input)]
    try Engine.oracle.run(network, inputs: ["data": input], observing: ["bn", "scale", "relu"]) {
      if names.contains($0) { arrays.append(($0, $1)) }
    }
    return arrays
  }

  private static func verify(
    _ network: Network, _ arrays: [(name: String, tensor: Tensor)]
  ) throws -> (result: FixtureVerification, notes: [String]) {
    let model = Model(network: network, provenance: Provenance(format: "caffe"))
    let fixture = try Fixture(arrays: arrays, for: model)
    let meaning = try FixtureMeaning(of: fixture, arrays: arrays, in: model, engine: .oracle)
    let scale = try RoundingScale(of: meaning.network, for: meaning.fixture)
    let result = try FixtureVerification(
      of: meaning.network, on: meaning.fixture, engine: .fast(threadCount: 1), scale: scale)
    return (result, meaning.notes)
  }

  @Test func `names of the source that mean something else are found by their numbers`() throws {
    let (result, notes) = try Self.verify(
      try Self.network(gamma: 5), try Self.arrays(["bn", "scale", "relu"]))
    #expect(result.passes && result.comparedCount == 3)
    #expect(
      notes == [
        "bn: compared with bn before gamma and beta, which it is by its numbers",
        "scale: compared with bn, which it is by its numbers",
      ])
  }

  @Test func `zeros that no window reads may be left out`() throws {
    let zeros = Layer.ZeroPadding(spatial: Padding(vertical: 1, horizontal: 1))
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 4, 4]))),
        Node("pad", .zeroPadding(zeros), inputs: ["data"]),
        Node(
          "pool", .pooling(.init(kind: .maximum, kernel: Extent(3), stride: Extent(2))),
          inputs: ["pad"]),
      ])
    var fewer = zeros
    (fewer.spatial.bottom, fewer.spatial.right) = (0, 0)
    let other = network.mapLayers { $0.name == "pad" ? .zeroPadding(fewer) : $0.layer }
    var arrays = [(name: "input", tensor: Self.input)]
    try Engine.oracle.run(other, inputs: ["data": Self.input], observing: ["pad", "pool"]) {
      arrays.append(($0, $1))
    }
    let (result, notes) = try Self.verify(network, arrays)
    #expect(result.passes && result.comparedCount == 2)
    #expect(
      notes == ["pad: compared with pad without its last zeros, which it is by its numbers"])
  }

  @Test func `another scale is still another model`() throws {
    let (result, _) = try Self.verify(
      try Self.network(gamma: 7), try Self.arrays(["bn", "scale", "relu"]))
    #expect(!result.passes && result.firstDiverging?.value == "relu")
    #expect(result.unmatched.map(\.array) == ["scale"])
  }

  @Test func `the only word about the output is not taken for another value`() throws {
    // The activation got lost: what was the output before it is no excuse.
    let arrays = try Self.arrays(["scale"]).map {
      ($0.name == "scale" ? "relu" : $0.name, $0.tensor)
    }
    let (result, notes) = try Self.verify(try Self.network(gamma: 5), arrays)
    #expect(!result.passes && notes.isEmpty)
  }
}
