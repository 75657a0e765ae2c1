import Classification
import Foundation
import ModelGraph
import Reference
import TensorCore
import TestSupport
import Testing

/// Looks at images, averaged by their definitions in float64.
@Suite struct ClassificationTests {
  /// [1, 2, 6, 6] → 3 × 3 → [4, 6, 6] → mean → 5, perhaps a softmax.
  private static func network(
    _ random: inout SeededGenerator, softmax: Bool = true, global: Bool = true,
    sigmoid: Bool = false
  ) throws -> Network {
    let pool: Layer =
      global
      ? .globalPooling(.init(kind: .average))
      : .pooling(.init(kind: .average, kernel: Extent(6), stride: Extent(6)))
    var nodes = [
      Node("data", .input(.init(shape: [1, 2, 6, 6]))),
      Node(
        "conv",
        .convolution(
          .init(
            kernel: random.tensor([4, 2, 3, 3]),
            padding: Padding(vertical: 1, horizontal: 1))), inputs: ["data"]),
      Node("pool", pool, inputs: ["conv"]),
      Node(
        "flat", global ? .flatten(.init()) : .reshape(.init(extents: [0, -1])), inputs: ["pool"]),
      Node(
        "fc",
        .fullyConnected(.init(kernel: random.tensor([5, 4], scale: 4), bias: random.tensor([5]))),
        inputs: ["flat"]),
    ]
    if softmax { nodes.append(Node("prob", .softmax(.init()), inputs: ["fc"])) }
    if sigmoid { nodes.append(Node("prob", .activation(.sigmoid), inputs: ["fc"])) }
    return try Network(name: "n", nodes: nodes)
  }

  /// The last value, in float64, of a part of each image.
  private static func oracle(_ network: Network, _ input: Tensor) throws -> [[Double]] {
    var rows: [[Double]] = []
    try Oracle(network, inputShapes: ["data": input.shape]).run(["data": input]) { name, value in
      guard name == network.outputs.last else { return }
      let count = value.shape.elementCount / value.shape[0]
      rows = stride(from: 0, to: value.elements.count, by: count).map {
        Array(value.elements[$0..<$0 + count])
      }
    }
    return rows
  }

  private static func softmax(_ values: [Double]) -> [Double] {
    let powers = values.map { exp($0) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  private static func mean(_ rows: [[Double]]) -> [Double] {
    rows[0].indices.map { i in rows.map { $0[i] }.reduce(0, +) / Double(rows.count) }
  }

  private static func expectClose(
    _ found: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst < 1e-6, "\(found), expected \(expected)", sourceLocation: sourceLocation)
  }

  @Test(arguments: [true, false])
  func `the softmax is taken once`(endsInSoftmax: Bool) throws {
    var random = SeededGenerator(seed: 1)
    let network = try Self.network(&random, softmax: endsInSoftmax)
    let input = random.tensor([3, 2, 6, 6])
    let scores = try Classifier(network).scores(of: input)
    let expected = try Self.oracle(network, input)
    for (found, row) in zip(scores, expected) {
      #expect(found.areProbabilities)
      Self.expectClose(found.values, endsInSoftmax ? row : Self.softmax(row))
    }
  }

  @Test func `a sigmoid at the end stays`() throws {
    var random = SeededGenerator(seed: 2)
    let network = try Self.network(&random, softmax: false, sigmoid: true)
    let input = random.tensor([1, 2, 6, 6])
    let scores = try Classifier(network).scores(of: input)
    #expect(!scores[0].areProbabilities)
    Self.expectClose(scores[0].values, try Self.oracle(network, input)[0])
  }

  @Test func `several looks at an image are averaged, before or after the softmax`() throws {
    var random = SeededGenerator(seed: 3)
    let network = try Self.network(&random, softmax: false)
    let input = random.tensor([10, 2, 6, 6])
    let logits = try Self.oracle(network, input)
    let halves = [Array(logits[..<5]), Array(logits[5...])]
    let probabilities = try Classifier(network).scores(of: input, lookCount: 5)
    let means = try Classifier(network, averaging: .logits).scores(of: input, lookCount: 5)
    for (i, half) in halves.enumerated() {
      Self.expectClose(probabilities[i].values, Self.mean(half.map(Self.softmax)))
      Self.expectClose(means[i].values, Self.softmax(Self.mean(half)))
    }
  }

  /// The parts of 6 × 6 of an image, and what is said of each.
  private static func places(
    _ network: Network, _ image: Tensor
  ) throws -> [[Double]] {
    // The network sees zeros around an image, not around its parts: the convolution comes first.
    var values: Tensor?
    try Oracle(network, inputShapes: ["data": image.shape]).run(["data": image]) { name, value in
      if name == "conv" { values = Tensor(value.shape, value.elements) }
    }
    let maps = try #require(values)
    let (height, width) = (image.shape[2], image.shape[3])
    let weights = network.nodes[4].layer
    guard case .fullyConnected(let fc) = weights else { return [] }
    let (kernel, bias) = (fc.kernel.doubles, fc.bias?.doubles ?? [])
    let numbers = maps.doubles
    var places: [[Double]] = []
    for top in 0...height - 6 {
      for left in 0...width - 6 {
        let means: [Double] = (0..<4).map { channel in
          var sum = 0.0
          for y in top..<top + 6 {
            for x in left..<left + 6 { sum += numbers[(channel * height + y) * width + x] }
          }
          return sum / 36
        }
        places.append(
          (0..<5).map { output in
            means.indices.reduce(bias[output]) { $0 + kernel[output * 4 + $1] * means[$1] }
          })
      }
    }
    return places
  }

  private static func pooled(_ network: Network, _ image: Tensor) throws -> [Double] {
    try oracle(network.sliding(.pooled), image)[0]
  }

  @Test(arguments: [true, false], [true, false])
  func `a network slides over larger images in three ways`(global: Bool, softmax: Bool) throws {
    var random = SeededGenerator(seed: 4)
    let network = try Self.network(&random, softmax: softmax, global: global)
    let images = [
      random.tensor([1, 2, 6, 6]), random.tensor([1, 2, 7, 9]), random.tensor([1, 2, 10, 8]),
    ]
    let places = try images.map { try Self.places(network, $0) }
    #expect(places.map(\.count) == [1, 8, 15])
    let dense = try Classifier(network, sliding: .denseProbabilities).scores(ofScales: images)
    Self.expectClose(
      dense.values, Self.mean(places.map { Self.mean($0.map(Self.softmax)) }))
    let logits = try Classifier(network, sliding: .denseLogits).scores(ofScales: images)
    Self.expectClose(logits.values, Self.mean(places.map { Self.softmax(Self.mean($0)) }))
    let means = try Classifier(network, averaging: .logits, sliding: .denseLogits)
      .scores(ofScales: images)
    Self.expectClose(means.values, Self.softmax(Self.mean(places.map(Self.mean))))
    let pooled = try Classifier(network, sliding: .pooled).scores(ofScales: images)
    let plain = try Self.network(&random, softmax: false, global: true)
    #expect(plain.nodes.count == 5)
    let whole = try images.map { image in
      let row = try Self.pooled(network, image)
      return softmax ? row : Self.softmax(row)
    }
    Self.expectClose(pooled.values, Self.mean(whole))
    // Where the image has the trained size all are the same.
    let one = try Classifier(network, sliding: .denseLogits).scores(ofScales: [images[0]])
    Self.expectClose(one.values, Self.softmax(places[0][0]))
    Self.expectClose(one.values, whole[0])
  }

  @Test func `a network that pools no whole image does not slide`() throws {
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 3, 4, 4]))),
        Node("flat", .flatten(.init()), inputs: ["data"]),
      ])
    #expect(
      failure { try network.sliding(.pooled) }
        == "the network pools no whole image: it cannot slide over a larger one")
  }

  @Test func `an output that is no list is refused`() throws {
    let network = try Network(
      name: "n", nodes: [Node("data", .input(.init(shape: [1, 3, 4, 4])))])
    #expect(
      failure { try ClassifyingNetwork(network) }
        == "the output data is [1, 3, 4, 4], expected a score for each class")
  }

  @Test func `the best come first, of equal ones the first`() {
    let scores = ClassScores([0.1, 0.4, 0.1, 0.4, .nan], areProbabilities: true)
    #expect(scores.best(3) == [1, 3, 0])
    #expect(scores.best(9).count == 5)
  }
}
