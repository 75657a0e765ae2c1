import ModelGraph
import Reference
import ResNet
import Runtime
import TensorCore
import TestSupport
import Testing

@Suite struct SeededWeightTests {
  /// Images of mean 0 and variance 1.
  private func images(_ count: Int, side: Int) -> Tensor {
    var random = SeededGenerator(seed: 5)
    return random.tensor([count, 3, side, side], scale: Float(3).squareRoot())
  }

  @Test(
    arguments: [
      ("resnet18", 64), ("resnet34", 64), ("resnet50", 224), ("resnet50v1.5", 64),
      ("resnet152", 64), ("resnet200", 64), ("plain18", 64), ("plain34", 64),
      ("resnext50-32x4d", 64), ("wide50-2", 64), ("resnet20", 32), ("resnet110", 32),
    ] as [(String, Int)])
  func `logits are of the size of 1, and classes and images differ`(
    _ name: String, _ side: Int
  ) throws {
    var net = try #require(ResNetDescription(named: name))
    (net.image.height, net.image.width) = (side, side)
    let network = try net.network(named: name, seed: 7)
    let session = try Session(
      network, options: ExecutionOptions(threadCount: 2),
      inputShapes: ["data": [2, 3, side, side]], observing: .all)
    let classes = LayerNames(.caffe, of: net)[.classes]
    var logits: [Double] = []
    var powers: [(name: String, power: Double)] = []
    try session.run(["data": images(2, side: side)]) { value in
      let sum = value.elements.reduce(0) { $0 + Double($1) * Double($1) }
      powers.append((value.name, sum / Double(value.elements.count)))
      if value.name == classes { logits = value.elements.map { Double($0) } }
    }
    let extreme = powers.filter { $0.name != "prob" && !(0.02...50).contains($0.power) }
    #expect(extreme.isEmpty, "\(extreme.prefix(3))")
    let (first, second) = (logits.prefix(logits.count / 2), logits.suffix(logits.count / 2))
    #expect(logits.allSatisfy { $0.isFinite && abs($0) < 20 })
    #expect(Set(first).count == first.count)
    let deviation = (first.reduce(0) { $0 + $1 * $1 } / Double(first.count)).squareRoot()
    #expect(deviation > 0.1 && deviation < 5, "\(deviation)")
    #expect(zip(first, second).contains { abs($0 - $1) > 0.01 })
  }

  @Test func `the oracle finds the same classes`() throws {
    let network = try #require(ResNetDescription(named: "resnet20")).network(named: "n", seed: 1)
    let data = ["data": images(1, side: 32)]
    let found = try Session(network, threads: 2).run(data)["prob"]
    var expected: [Double] = []
    try Oracle(network).run(data) { name, value in
      if name == "prob" { expected = value.elements }
    }
    #expect(expected.count == 10 && (expected.max() ?? 1) < 0.999)
    #expect(zip(expected, try #require(found).doubles).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `the same seed gives the same bits, and another others`() throws {
    let net = try #require(ResNetDescription(named: "resnet20"))
    let weights = try [3, 3, 4].map { try net.network(named: "n", seed: $0).weights.map(\.tensor) }
    #expect(zip(weights[0], weights[1]).allSatisfy { $0.isBitEqual(to: $1) })
    #expect(zip(weights[0], weights[2]).allSatisfy { !$0.isBitEqual(to: $1) })
  }

  /// Written down once: another machine, compiler or standard library must find these bits.
  @Test func `some bits are written down`() throws {
    let net = try #require(ResNetDescription(named: "resnet20"))
    let weights = try net.network(named: "n", seed: 7).weights
    var bits: [String: [UInt32]] = [:]
    for (name, tensor) in weights { bits[name] = tensor.floats.prefix(2).map(\.bitPattern) }
    let found = [bits["conv1/kernel"], bits["bn4c_branch2b/variance"], bits["fc10/bias"]]
    #expect(
      found == [
        [1_047_674_574, 3_196_553_127], [1_070_759_479, 1_074_942_986],
        [3_230_998_463, 3_224_312_212],
      ])
  }

  @Test func `a network for one image size is calibrated for any number of channels and classes`()
    throws
  {
    var net = try #require(ResNetDescription(named: "resnet20"))
    net.image.channels = 1
    net.classCount = nil
    net.biases = .all
    net.hasScaleLayers = true
    net.shortcut = .c
    let network = try net.network(named: "n", seed: 2)
    #expect(network.weights.allSatisfy { $0.tensor.doubles.allSatisfy(\.isFinite) })
    #expect(network.outputs == ["res4c_relu"])
    #expect(try network.shapes()["res4c_relu"] == [1, 64, 8, 8])
  }
}
