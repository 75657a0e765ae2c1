import Kernels
import ModelGraph
import Reference
import TensorCore
import TestSupport
import Testing

@testable import Runtime

/// A residual block with everything that can be merged, and a shortcut with a convolution.
func block(
  shape: Shape = [1, 4, 6, 6], variance: Float = 2, dropout: Bool = false
) throws -> Network {
  var random = SeededGenerator(seed: 3)
  let channels = shape[1]
  func convolution(_ side: Int) -> Layer {
    .convolution(
      .init(
        kernel: random.tensor([channels, channels, side, side]),
        padding: Padding(vertical: side / 2, horizontal: side / 2)))
  }
  func normalization() -> Layer {
    .batchNormalization(
      .init(
        mean: random.tensor([channels]),
        variance: Tensor([channels], [Float](repeating: variance, count: channels)),
        epsilon: 1e-5))
  }
  func scale() -> Layer {
    .scale(.init(scale: random.tensor([channels]), bias: random.tensor([channels])))
  }
  var nodes = [
    Node("data", .input(.init(shape: shape))),
    Node("shortcut", convolution(1), inputs: ["data"]),
    Node("a", convolution(3), inputs: ["data"]),
    Node("a_bn", normalization(), inputs: ["a"]),
    Node("a_scale", scale(), inputs: ["a_bn"]),
    Node("a_relu", .relu(.init()), inputs: ["a_scale"]),
  ]
  if dropout { nodes.append(Node("drop", .passThrough(.init(kind: .dropout)), inputs: ["a_relu"])) }
  nodes += [
    Node("b", convolution(3), inputs: [dropout ? "drop" : "a_relu"]),
    Node("b_bn", normalization(), inputs: ["b"]),
    Node("sum", .elementwise(.init(operation: .sum)), inputs: ["shortcut", "b_bn"]),
    Node("relu", .relu(.init()), inputs: ["sum"]),
  ]
  return try Network(name: "block", nodes: nodes)
}

extension ExecutionPlan {
  /// Which layers each step that computes stands for.
  var mergedLayers: [String] {
    steps.filter { !($0.kernel is Reorder) }.map {
      ([$0.name] + $0.fusedLayers).joined(separator: "+")
    }
  }
}

@Suite("ExecutionPlan")
struct PlanTests {
  @Test func `normalization, rectifier and shortcut become part of the convolutions`() throws {
    let plan = try ExecutionPlan(for: block())
    #expect(
      plan.mergedLayers == ["shortcut", "a+a_bn+a_scale+a_relu", "b+b_bn+sum+relu"])
    let sum = try #require(plan.steps.last { !($0.kernel is Reorder) })
    #expect(sum.inputs.map(\.name) == ["a_relu", "shortcut"])
  }

  @Test func `an observed value ends what is merged, before and after it`() throws {
    let plan = try ExecutionPlan(for: block(), observing: .named(["a_bn", "sum"]))
    #expect(
      plan.mergedLayers == ["shortcut", "a+a_bn", "a_scale+a_relu", "b+b_bn+sum", "relu"])
  }

  @Test func `observing everything merges nothing`() throws {
    let network = try block()
    let plan = try ExecutionPlan(for: network, observing: .all)
    #expect(plan.steps.allSatisfy { $0.fusedLayers.isEmpty })
    #expect(Set(plan.shapes.keys) == Set(network.nodes.flatMap(\.outputs)))
  }

  @Test func `a value that is read twice is not merged away`() throws {
    let convolution = Layer.convolution(
      .init(kernel: Tensor([2, 2, 1, 1], [Float](repeating: 1, count: 4))))
    let network = try Network(
      name: "fork",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 3, 3]))),
        Node("conv", convolution, inputs: ["data"]),
        Node("relu", .relu(.init()), inputs: ["conv"]),
        Node("sum", .elementwise(.init(operation: .sum)), inputs: ["conv", "relu"]),
      ])
    #expect(try ExecutionPlan(for: network).mergedLayers == ["conv", "relu", "sum"])
  }

  @Test func `a rectifier before the sum is not moved behind it`() throws {
    let network = try Network(
      name: "early",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 3, 3]))),
        Node(
          "conv", .convolution(.init(kernel: Tensor([1, 1, 1, 1], [Float(1)]))), inputs: ["data"]),
        Node("relu", .relu(.init()), inputs: ["conv"]),
        Node("sum", .elementwise(.init(operation: .sum)), inputs: ["data", "relu"]),
      ])
    #expect(try ExecutionPlan(for: network).mergedLayers == ["conv+relu", "sum"])
  }

  @Test(arguments: [[2.0, 1.0], [1.0, -1.0]])
  func `a sum with coefficients stays a step`(_ coefficients: [Double]) throws {
    let network = try Network(
      name: "weighted",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 3, 3]))),
        Node(
          "conv", .convolution(.init(kernel: Tensor([1, 1, 1, 1], [Float(1)]))), inputs: ["data"]),
        Node(
          "sum", .elementwise(.init(operation: .sum, coefficients: coefficients)),
          inputs: ["data", "conv"]),
      ])
    #expect(try ExecutionPlan(for: network).mergedLayers == ["conv", "sum"])
  }

  @Test func `a fold that would give infinity is not made`() throws {
    // 1 / sqrt(0 + 1e-5) is finite, a product with 3e38 is not.
    let network = try Network(
      name: "huge",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 2, 2]))),
        Node(
          "conv", .convolution(.init(kernel: Tensor([1, 1, 1, 1], [Float(1)]))), inputs: ["data"]),
        Node("scale", .scale(.init(scale: Tensor([1], [1e39]))), inputs: ["conv"]),
      ])
    #expect(try ExecutionPlan(for: network).mergedLayers == ["conv", "scale"])
  }

  @Test func `a pass-through is no step, and does not stop what is merged around it`() throws {
    let plan = try ExecutionPlan(for: block(dropout: true))
    let without = try ExecutionPlan(for: block())
    #expect(plan.mergedLayers == without.mergedLayers)
  }

  @Test func `the plan states the longest chain of additions`() throws {
    let plan = try ExecutionPlan(for: block())
    #expect(plan.additionChain(of: "a_relu") == 4 * 9 + 1)
    #expect(plan.additionChain(of: "relu") == 4 * 9 + 2)
    #expect(plan.additionChain(of: "shortcut") == 4)
    #expect(plan.additionChain(of: "data") == nil)
    #expect(plan.additionChain(of: "a_bn") == nil)
  }

  @Test func `a plan prints its steps`() throws {
    let plan = try ExecutionPlan(
      for: block(), options: ExecutionOptions(instructionSet: .scalar))
    let lines = plan.description.split(separator: "\n")
    #expect(lines.count == plan.steps.count + 1)
    #expect(
      lines[0]
        == "shortcut: planar, panels of 16, data [1, 4, 6, 6] → shortcut [1, 4, 6, 6] blocked, d 4, "
        + "1 task")
  }

  @Test func `multiply-accumulates are those of the network`() throws {
    let network = try block(shape: [2, 4, 9, 7])
    let plan = try ExecutionPlan(for: network)
    let counted = plan.steps.reduce(0) { $0 + $1.multiplyAccumulates }
    let expected = try network.costs().reduce(0) { $0 + $1.multiplyAccumulates }
    #expect(counted == expected)
  }

  @Test func `a name that is no value is refused`() throws {
    let network = try block()
    #expect(throws: NetworkError("the network has no value named a_bm")) {
      try ExecutionPlan(for: network, observing: .named(["a_bn", "a_bm"]))
    }
  }

  @Test func `an empty value is refused`() throws {
    let network = try block()
    #expect(
      throws: NetworkError(layer: "data", "expected at least one element, found [0, 4, 6, 6]")
    ) {
      try ExecutionPlan(for: network, inputShapes: ["data": [0, 4, 6, 6]])
    }
  }

  @Test(arguments: [
    [1 << 15, 1, 2, 1 << 29], [1, 1, 1 << 20, 1 << 20], [1 << 28, 1, 1 << 15, 1 << 15],
    [1 << 40, 1, 1, 1 << 19],
  ])
  func `an image too large to compute is refused`(_ image: [Int]) throws {
    let kernel = Tensor([8, 1, 3, 3], [Float](repeating: 1, count: 72))
    let padding = Padding(vertical: 1, horizontal: 1)
    let network = try Network(
      name: "large",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 8, 8]))),
        Node("conv", .convolution(.init(kernel: kernel, padding: padding)), inputs: ["data"]),
        Node("other", .convolution(.init(kernel: kernel, padding: padding)), inputs: ["data"]),
      ])
    #expect(throws: NetworkError.self) {
      let plan = try ExecutionPlan(for: network, inputShapes: ["data": Shape(image)])
      _ = try ExecutionContext(plan)
    }
  }
}
