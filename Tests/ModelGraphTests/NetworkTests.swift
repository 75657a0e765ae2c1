import ModelGraph
import TensorCore
import Testing

@Suite struct NetworkTests {
  static let input = Node("data", .input(.init(shape: [1, 3, 8, 8])))

  @Test(
    arguments: [
      ([], "the network has no layers"),
      ([input, Node("", .sigmoid, inputs: ["data"])], "a layer has an empty name"),
      (
        [input, Node("a", .sigmoid, inputs: ["data"]), Node("a", .tanh, inputs: ["data"])],
        "a: two layers have this name"
      ),
      ([input, Node("a", .sigmoid, inputs: ["b"])], "a: reads b, which no earlier layer makes"),
      (
        [input, Node("a", .sigmoid, inputs: ["data"], outputs: ["data"])],
        "a: makes the value data, which exists already"
      ),
      ([input, Node("a", .sigmoid)], "a: a sigmoid layer takes 1 inputs, found 0"),
      (
        [input, Node("a", .scale(.init(scale: nil)), inputs: ["data"])],
        "a: a scale layer takes 2 inputs, found 1"
      ),
      (
        [input, Node("a", .sigmoid, inputs: ["data"], outputs: ["a", "b"])],
        "a: a sigmoid layer makes 1 output, found 2"
      ),
    ] as [([Node], String)])
  func `a graph that is no network is refused`(_ nodes: [Node], _ message: String) {
    let error = #expect(throws: NetworkError.self) { try Network(name: "n", nodes: nodes) }
    #expect(error?.description == message)
  }

  @Test func `the outputs are the values nobody reads`() throws {
    let network = try Network(
      name: "n",
      nodes: [
        Self.input,
        Node("cut", .slice(.init(points: [1])), inputs: ["data"], outputs: ["a", "b"]),
        Node("c", .sigmoid, inputs: ["b"]),
      ])
    #expect(network.outputs == ["a", "c"])
  }

  @Test func `a weight that layers share is one weight`() throws {
    let kernel = Tensor([3, 3, 1, 1], [Float](repeating: 1, count: 9))
    let layer = Layer.convolution(.init(kernel: kernel))
    let network = try Network(
      name: "n",
      nodes: [
        Self.input, Node("a", layer, inputs: ["data"]), Node("b", layer, inputs: ["a"]),
      ])
    #expect(network.weights.map(\.name) == ["a/kernel"])
    #expect(try network.costs().map(\.parameterCount) == [0, 9, 0])
  }

  @Test
  func `a fully convolutional network gives the same shape on the trained size, more on a larger`()
    throws
  {
    let kernel = Tensor([10, 48], [Float](repeating: 1, count: 480))
    let network = try Network(
      name: "n",
      nodes: [
        Self.input,
        Node(
          "pool", .pooling(.init(kind: .average, kernel: Extent(2), stride: Extent(2))),
          inputs: ["data"]),
        Node("flat", .flatten(.init()), inputs: ["pool"]),
        Node("fc", .fullyConnected(.init(kernel: kernel)), inputs: ["flat"]),
        Node("prob", .softmax(.init()), inputs: ["fc"]),
      ])
    #expect(try network.shapes()["prob"] == [1, 10])
    #expect(throws: NetworkError.self) { try network.shapes(for: ["data": [1, 3, 16, 12]]) }
    let sliding = try network.fullyConvolutional()
    #expect(try sliding.shapes()["prob"] == [1, 10, 1, 1])
    #expect(try sliding.shapes(for: ["data": [1, 3, 16, 12]])["prob"] == [1, 10, 5, 3])
  }
}
