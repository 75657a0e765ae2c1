import Inspection
import ModelGraph
import TensorCore
import TestSupport
import Testing

@Suite struct WeightInspectionTests {
  private func inspect(_ nodes: [Node]) throws -> WeightInspection {
    try WeightInspection(
      of: Network(name: "n", nodes: [Node("data", .input(.init(shape: [1, 2, 8, 8])))] + nodes))
  }

  private func convolution(_ kernel: Tensor) -> Node {
    Node("conv", .convolution(.init(kernel: kernel)), inputs: ["data"])
  }

  /// A kernel of `filters` filters of [2, 2, 2], each filled by `element` of filter and index.
  private func kernel(_ filters: Int, _ element: (Int, Int) -> Float) -> Tensor {
    Tensor(
      [filters, 2, 2, 2],
      (0..<filters * 8).map { element($0 / 8, $0 % 8) })
  }

  @Test func `dead, constant and equal filters are found and named`() throws {
    let kernel = kernel(6) { filter, index in
      switch filter {
      case 1: 0
      case 2: 0.5
      case 4: Float(index) - 3  // as filter 3
      case 3: Float(index) - 3
      default: Float(filter + 1) * Float(index) - 4
      }
    }
    let inspection = try inspect([convolution(kernel)])
    #expect(
      inspection.findings.map(\.sentence) == [
        "conv: 1 of 6 filters is zero (1)",
        "conv: 1 of 6 filters is one number throughout (2)",
        "conv: 1 of 6 filters equals another bit by bit (4 = 3)",
      ])
    let channels = inspection.tensors[0].channels
    #expect(channels.map(\.duplicated) == [nil, nil, nil, nil, 3, nil])
    #expect(channels[1].moments.isZero && channels[2].moments.isConstant)
  }

  @Test func `filters that differ in the sign of a zero are not equal`() throws {
    let kernel = kernel(2) { filter, index in index == 0 ? (filter == 0 ? 0.0 : -0.0) : 1 }
    #expect(try inspect([convolution(kernel)]).findings.isEmpty)
  }

  @Test func `the first element that is not finite is named by its indices`() throws {
    let kernel = kernel(3) { filter, index in
      filter == 2 && index >= 5 ? (index == 6 ? .infinity : .nan) : Float(index * (filter + 1))
    }
    let inspection = try inspect([convolution(kernel)])
    let tensor = inspection.tensors[0]
    #expect(tensor.firstNonFinite == 21)
    #expect(tensor.moments.nanCount == 2 && tensor.moments.infiniteCount == 1)
    #expect(tensor.moments.finiteCount == 21 && tensor.moments.maximum == 14)
    #expect(
      inspection.findings.first?.sentence
        == "conv: 3 of 24 numbers are infinite or no number, the first at [2, 1, 0, 1]")
  }

  @Test(arguments: [1, 3, 4, 5, 2047, 2048, 2049, 10_007])
  func `moments are those of the textbook whatever the length`(_ count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let numbers = (0..<count).map { _ in Double(Float.random(in: -1...2, using: &random)) }
    let inspection = WeightInspection(of: [("x", Tensor([count], numbers))])
    let moments = inspection.tensors[0].moments
    let mean = numbers.reduce(0, +) / Double(count)
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    #expect(abs(moments.mean - mean) < 1e-12)
    #expect(abs(moments.standardDeviation - variance.squareRoot()) < 1e-12)
    #expect(abs(moments.norm * moments.norm - numbers.reduce(0) { $0 + $1 * $1 }) < 1e-8)
    #expect(moments.minimum == numbers.min() && moments.maximum == numbers.max())
    if count > 1 {
      #expect(inspection.tensors[0].histogram.reduce(0, +) == count)
      #expect(inspection.tensors[0].histogram.first! > 0)
    }
  }

  @Test func `a mean far from zero does not swallow the deviation`() {
    let numbers = (0..<5000).map { 1e9 + Double($0 % 2) }
    let moments = WeightInspection(of: [("x", Tensor([5000], numbers))]).tensors[0].moments
    #expect(moments.standardDeviation == 0.5 && moments.mean == 1e9 + 0.5)
  }

  @Test func `numbers of both signs leave an exact mean`() {
    // The large ones cancel; what is left is far below the mean magnitude.
    var numbers: [Double] = []
    for index in 0..<4096 { numbers += [0x1p20 + Double(index), 0x1p-20, -0x1p20 - Double(index)] }
    let moments = WeightInspection(of: [("x", Tensor([numbers.count], numbers))]).tensors[0].moments
    #expect(moments.mean == 0x1p-20 / 3)
  }

  @Test func `outliers, subnormals and what float16 cannot hold are counted`() throws {
    var numbers = [Float](repeating: 0, count: 1000)
    for index in numbers.indices { numbers[index] = index % 2 == 0 ? 1 : -1 }
    numbers[10] = 7e4
    numbers[11] = -7e4
    numbers[12] = .leastNonzeroMagnitude
    let tensor = WeightInspection(of: [("x", Tensor([1000], numbers))]).tensors[0]
    #expect(tensor.outlierCount == 2)
    #expect(tensor.moments.subnormalCount == 1)
    #expect(tensor.cost.float16OverflowCount == 2)
    #expect(tensor.cost.bfloat16OverflowCount == 0)
  }

  @Test func `rounding to float16 is that of the processor`() throws {
    var random = SeededGenerator(seed: 3)
    var noise = 0.0
    var numbers: [Float] = []
    for _ in 0..<20_000 {
      // Every exponent float16 has, its subnormals and what is below them included.
      let number =
        Float.random(in: -1...1, using: &random)
        * Float(
          sign: .plus, exponent: Int.random(in: -30...14, using: &random), significand: 1)
      let error = Double(number) - Double(Float16(number))
      numbers.append(number)
      noise += error * error
    }
    let cost = WeightInspection(of: [("x", Tensor([numbers.count], numbers))]).tensors[0].cost
    #expect(abs(cost.float16Noise - noise) <= 1e-12 * noise)
  }

  @Test func `integers of 8 bits cost nothing where the weights are such integers`() throws {
    let kernel = kernel(2) { filter, index in
      filter == 0 ? Float(index * 16) + 15 : Float(index) * 0.25 - 127 * 0.25
    }
    let tensor = try inspect([convolution(kernel)]).tensors[0]
    // Both filters are 127 steps of their own wide, the second is not one of the first's.
    #expect(tensor.cost.channelInt8Noise == 0)
    #expect(tensor.cost.int8Noise > 0)
    #expect(RoundingCost.decibels(1, 0) == .infinity && RoundingCost.decibels(0, 0) == nil)
    #expect(abs(RoundingCost.decibels(1000, 1)! - 30) < 1e-12)
  }

  @Test func `normalizations are told by what is odd about them`() throws {
    func normalization(
      _ name: String, mean: [Float], variance: [Float], gamma: [Float], factor: Float? = nil
    ) -> Node {
      Node(
        name,
        .batchNormalization(
          .init(
            mean: Tensor([2], mean), variance: Tensor([2], variance),
            factor: factor.map { Tensor([1], [$0]) }, gamma: Tensor([2], gamma),
            beta: Tensor([2], [0, Float(0)]), epsilon: 1e-3)), inputs: ["data"])
    }
    let inspection = try inspect([
      normalization("new", mean: [0, 0], variance: [1, 1], gamma: [1, 1]),
      normalization("never", mean: [0, 0], variance: [0, 0], gamma: [1, 1], factor: 0),
      normalization("small", mean: [1, 2], variance: [1e-4, 2], gamma: [0, 1]),
      normalization("huge", mean: [1, 2], variance: [3, 2], gamma: [1e-4, 1]),
    ])
    #expect(
      inspection.findings.map(\.sentence) == [
        "2 of 4 batch normalizations have the statistics of an untrained net: new, never",
        "small: 1 of 2 channels has gamma 0: only beta is left of them (0)",
        "huge: 1 of 2 channels has a gamma near 0 (0)",
        "small: 1 of 2 channels has a variance below epsilon (0)",
      ])
    #expect(
      inspection.normalizations.map(\.training) == [.initial, .neverSeen, .trained, .trained])
  }

  @Test func `many findings of a kind are told as the worst and a number`() throws {
    let nodes = (0..<12).map { index in
      Node(
        "conv\(index)",
        .convolution(
          .init(
            kernel: kernel(12) { filter, place in
              filter < index ? 0 : 1 + Float(filter * 8 + place) / 100
            })), inputs: ["data"])
    }
    let sentences = WeightFinding.sentences(try inspect(nodes).findings)
    #expect(sentences.count == 9)
    #expect(sentences[0].hasPrefix("conv11: 11 of 12 filters are zero"))
    #expect(sentences[8] == "3 more: 6 of 36 filters are zero")
  }

  @Test func `only layers of a pattern are looked at`() throws {
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 8, 8]))),
        convolution(kernel(2) { Float($0 + $1) }),
        Node(
          "other", .convolution(.init(kernel: kernel(2) { Float($0 * $1) })), inputs: ["data"]),
      ])
    let pattern = NamePattern("o?h*")
    let inspection = WeightInspection(of: network, layers: { pattern.matches($0) })
    #expect(inspection.tensors.map(\.name) == ["other/kernel"])
  }

  @Test(arguments: [
    ("res*", "res4b12_branch2b", true), ("*2b", "res4b12_branch2b", true), ("res", "res4", false),
    ("r?s4", "res4", true), ("*a*b*", "xaxbxa", true), ("*a*b", "xaxbxa", false), ("", "", true),
    ("*", "", true), ("?", "", false), ("a**", "a", true),
  ]) func `patterns match whole names`(_ pattern: String, _ name: String, _ isMatch: Bool) {
    #expect(NamePattern(pattern).matches(name) == isMatch)
  }
}
