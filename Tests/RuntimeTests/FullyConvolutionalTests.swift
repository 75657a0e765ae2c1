import ModelGraph
import Reference
import Runtime
import TensorCore
import TestSupport
import Testing

@Suite struct FullyConvolutionalTests {
  /// data [1, 2, 6, 6] → average of 2 × 2 → 18 → 5
  static func network(_ random: inout SeededGenerator) throws -> Network {
    try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 6, 6]))),
        Node(
          "pool", .pooling(.init(kind: .average, kernel: Extent(2), stride: Extent(2))),
          inputs: ["data"]),
        Node("flat", .flatten(.init()), inputs: ["pool"]),
        Node(
          "fc",
          .fullyConnected(.init(kernel: random.integers([5, 18]), bias: random.integers([5]))),
          inputs: ["flat"]),
      ])
  }

  static func run(_ network: Network, _ input: Tensor) throws -> [Double] {
    var output: [Double] = []
    try Oracle(network, inputShapes: ["data": input.shape]).run(["data": input]) { _, value in
      output = value.elements
    }
    return output
  }

  @Test func `on the trained size a convolution gives the numbers of the matrix`() throws {
    var random = SeededGenerator(seed: 1)
    let network = try Self.network(&random)
    let input = random.integers([1, 2, 6, 6])
    #expect(try Self.run(network.fullyConvolutional(), input) == Self.run(network, input))
  }

  @Test func `on a larger image each place is the network on its part`() throws {
    var random = SeededGenerator(seed: 2)
    let network = try Self.network(&random)
    let image = random.integers([1, 2, 6, 8])
    let sliding = try Self.run(network.fullyConvolutional(), image)  // [1, 5, 1, 2]
    for (place, left) in [0, 2].enumerated() {
      let part = Tensor(
        [1, 2, 6, 6],
        (0..<72).map { index in
          let (row, column) = (index / 6, index % 6)
          return image.floats[row * 8 + column + left]
        })
      let expected = try Self.run(network, part)
      #expect((0..<5).map { sliding[$0 * 2 + place] } == expected)
    }
  }
}
