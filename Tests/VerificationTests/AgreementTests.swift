import ModelGraph
import TensorCore
import Testing
import Verification

/// What must never be called equal.
@Suite struct AgreementTests {
  static func network(_ layers: [(String, Layer)], classes: Int = 4) throws -> Network {
    var nodes = [Node("data", .input(.init(shape: [1, classes])))]
    for (name, layer) in layers {
      nodes.append(Node(name, layer, inputs: [nodes[nodes.count - 1].name]))
    }
    return try Network(name: "n", nodes: nodes)
  }

  static func matrix(_ factor: Float, _ outputs: Int = 4) -> Layer {
    .fullyConnected(
      .init(kernel: Tensor([outputs, 4], (0..<outputs * 4).map { factor * Float($0 % 7 - 3) })))
  }

  static func verify(_ network: Network, _ input: [Float], _ golden: [Float]) throws
    -> FixtureVerification
  {
    let model = Model(network: network, provenance: Provenance(format: "caffe"))
    let fixture = try Fixture(
      arrays: [("input", Tensor([1, 4], input)), ("output", Tensor([1, 4], golden))], for: model)
    let scale = try RoundingScale(of: network, for: fixture)
    return try FixtureVerification(of: network, on: fixture, engine: .oracle, scale: scale)
  }

  @Test func `a NaN in the network does not excuse its neighbours`() throws {
    let root = try Self.network([("root", .power(.init(power: 0.5)))])
    let wrong = try Self.verify(root, [-1, 4, 9, 16], [.nan, 123, 123, 123])
    #expect(!wrong.passes)
    #expect(wrong.agreement?.top1 == 0)
    let right = try Self.verify(root, [-1, 4, 9, 16], [.nan, 2, 3, 4])
    #expect(right.passes)
    #expect(right.predictions == [-1])
  }

  @Test func `a tie is no agreement`() throws {
    let flat = try Self.network([("fc", Self.matrix(0))])
    #expect(try Self.verify(flat, [1, 2, 3, 4], [0, 0, 0, 1]).agreement?.top1 == 0)
  }

  @Test func `an empty array proves nothing`() throws {
    let model = Model(
      network: try Self.network([("fc", Self.matrix(1))]), provenance: Provenance(format: "caffe"))
    let fixture = try Fixture(
      arrays: [
        ("input", Tensor([1, 4], [Float(1), 2, 3, 4])), ("output", Tensor([0, 4], [Float]())),
      ],
      for: model)
    #expect(fixture.goldens.isEmpty && fixture.unmatched.count == 1)
  }

  @Test func `an input is not compared with itself`() throws {
    let input = Tensor([1, 4], [Float(1), 2, 3, 4])
    let model = Model(
      network: try Self.network([("fc", Self.matrix(1))]), provenance: Provenance(format: "caffe"))
    let fixture = try Fixture(arrays: [("input", input), ("data64", input)], for: model)
    #expect(fixture.goldens.isEmpty && fixture.unmatched.map(\.array) == ["data64"])
  }

  @Test func `models are equal under other names, and not under other weights`() throws {
    let first = try Self.network([("fc", Self.matrix(1))])
    let renamed = try Self.network([("dense", Self.matrix(1))])
    let other = try Self.network([("fc", Self.matrix(1.001))])
    let inputs = try SeededInput.noise(for: first)
    func compare(_ second: Network) throws -> ModelComparison {
      try ModelComparison(first, second, inputs: inputs, engine: .fast(threadCount: 1))
    }
    #expect(try compare(first).passes && compare(first).weights.differences.isEmpty)
    #expect(try compare(renamed).passes)
    #expect(try compare(renamed).weights.equalCount == 1)
    #expect(try !compare(other).passes)
    #expect(try compare(other).firstDiverging?.value == "fc")
  }

  @Test func `models with outputs of different size have nothing to compare, or differ`() throws {
    let first = try Self.network([("fc", Self.matrix(1))])
    let second = try Self.network([("fc", Self.matrix(1, 3))])
    let inputs = try SeededInput.noise(for: first)
    #expect(throws: NetworkError.self) {
      try ModelComparison(first, second, inputs: inputs, engine: .fast(threadCount: 1))
    }
    let longer = try Self.network([("relu", .relu(.init())), ("fc", Self.matrix(1))])
    let shorter = try Self.network([("relu", .relu(.init())), ("fc", Self.matrix(1, 3))])
    let comparison = try ModelComparison(
      longer, shorter, inputs: inputs, engine: .fast(threadCount: 1))
    #expect(comparison.values.map(\.value) == ["relu"] && comparison.firstDiverging == nil)
    #expect(comparison.shapeDifferences.map(\.value) == ["fc"] && !comparison.passes)
  }

  @Test func `a layer that only moves elements must give the very bits`() throws {
    let network = try Self.network([("r", .relu(.init())), ("fc", Self.matrix(1))])
    let result = try LayerVerification(
      of: network, inputs: try SeededInput.noise(for: network))
    #expect(result.passes)
    #expect(result.results.map(\.bound).first == 0)
  }
}
