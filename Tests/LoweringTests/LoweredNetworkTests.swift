import Lowering
import ModelGraph
import TensorCore
import TestSupport
import Testing

/// Networks of few layers, each with what one pass rewrites.
private enum Small {
  static func network(_ shape: Shape = [2, 4, 7, 9], _ nodes: Node...) throws -> Network {
    try Network(name: "small", nodes: [Node("x", .input(Layer.Input(shape: shape)))] + nodes)
  }

  static func tensor(_ shape: Shape, seed: UInt64 = 7) -> Tensor {
    var random = SeededGenerator(seed: seed)
    return random.tensor(shape)
  }

  /// Numbers above zero.
  static func variance(_ count: Int) -> Tensor {
    Tensor([count], (0..<count).map { 0.5 + Float($0) / 8 })
  }

  static func normalization(
    gamma: Bool, beta: Bool, factor: Float? = nil
  ) -> Layer {
    .batchNormalization(
      Layer.BatchNormalization(
        mean: tensor([4]), variance: variance(4), factor: factor.map { Tensor([1], [$0]) },
        gamma: gamma ? tensor([4], seed: 8) : nil, beta: beta ? tensor([4], seed: 9) : nil,
        epsilon: 1e-3))
  }

  static func convolution(
    _ kernel: Shape = [6, 4, 3, 3], stride: Extent = Extent(1), padding: Padding = .none,
    dilation: Extent = Extent(1), groups: Int = 1
  ) -> Layer {
    .convolution(
      Layer.Convolution(
        kernel: tensor(kernel), bias: tensor([kernel[0]]), stride: stride, padding: padding,
        dilation: dilation, groups: groups))
  }
}

/// One pass over one network: what it makes, and that it computes the same.
@Suite struct LoweringPassTests {
  private func lowered(
    _ model: Network, _ pass: any LoweringPass, tolerance: Double = 0
  ) throws -> LoweredNetwork {
    var network = try LoweredNetwork(model)
    try network.apply([pass])
    #expect(try LoweringLaws.faults(of: network, from: model, tolerance: tolerance) == [])
    return network
  }

  private func types(_ network: LoweredNetwork) -> [String] { network.nodes.map(\.layer.typeName) }

  @Test func `a split is left out, but not at the end`() throws {
    let split = Layer.passThrough(Layer.PassThrough(kind: .split))
    let model = try Small.network(
      [2, 4, 7, 9], Node("s", split, inputs: ["x"]), Node("r", .relu(), inputs: ["s"]),
      Node("end", split, inputs: ["r"]))
    let network = try lowered(model, LeaveOutPassThroughs([.split]))
    #expect(network.nodes.map(\.name) == ["x", "r", "end"])
    #expect(network.nodes[1].inputs == ["x"])
    #expect(network.changes.map(\.item) == ["s"])
  }

  @Test func `an input that nobody reads is left out`() throws {
    let model = try Network(
      name: "two",
      nodes: [
        Node("label", .input(Layer.Input(shape: [1, 3]))),
        Node("x", .input(Layer.Input(shape: [1, 3]))), Node("r", .relu(), inputs: ["x"]),
      ])
    #expect(try lowered(model, LeaveOutUnreadInputs()).nodes.map(\.name) == ["x", "r"])
  }

  @Test(arguments: [(true, true), (true, false), (false, true)])
  func `a batch normalization becomes statistics and a scale`(gamma: Bool, beta: Bool) throws {
    let model = try Small.network(
      [2, 4, 7, 9], Node("bn", Small.normalization(gamma: gamma, beta: beta), inputs: ["x"]))
    let network = try lowered(model, SplitBatchNormalization(), tolerance: 1e-15)
    #expect(types(network) == ["input", "batch normalization", "scale"])
    #expect(network.nodes.map(\.name) == ["x", "bn_normalized", "bn"])
    #expect(network.origin(of: .mean, in: "bn_normalized").weight == "bn/mean")
    #expect(network.origin(of: .scale, in: "bn").weight == (gamma ? "bn/gamma" : nil))
    #expect(network.source(of: "bn_normalized") == "bn")
  }

  @Test func `gamma and beta of four axes become a scale of one`() throws {
    let model = try Small.network(
      [2, 4, 7, 9],
      Node(
        "bn",
        .batchNormalization(
          Layer.BatchNormalization(
            mean: Small.tensor([1, 4, 1, 1]), variance: Small.variance(4),
            gamma: Small.tensor([1, 4, 1, 1], seed: 8), beta: Small.tensor([4, 1], seed: 9),
            epsilon: 1e-3)), inputs: ["x"]))
    let network = try lowered(model, SplitBatchNormalization(), tolerance: 1e-15)
    #expect(
      network.origin(of: .scale, in: "bn").transforms
        == [.reshape(from: [1, 4, 1, 1], to: [4])])
  }

  @Test func `a scale becomes gamma and beta of the normalization before it`() throws {
    let scale = Layer.scale(
      Layer.Scale(scale: Small.tensor([4], seed: 3), bias: Small.tensor([4], seed: 4)))
    let model = try Small.network(
      [2, 4, 7, 9], Node("bn", Small.normalization(gamma: false, beta: false), inputs: ["x"]),
      Node("scale", scale, inputs: ["bn"]))
    let network = try lowered(model, FoldScales(), tolerance: 1e-15)
    #expect(types(network) == ["input", "batch normalization"])
    #expect(network.nodes[1].outputs == ["scale"])
    #expect(network.origin(of: .gamma, in: "bn").weight == "scale/scale")
  }

  @Test func `a normalization that two layers read keeps its scale`() throws {
    let scale = Layer.scale(Layer.Scale(scale: Small.tensor([4]), bias: nil))
    let model = try Small.network(
      [2, 4, 7, 9], Node("bn", Small.normalization(gamma: false, beta: false), inputs: ["x"]),
      Node("scale", scale, inputs: ["bn"]), Node("relu", .relu(), inputs: ["bn"]))
    #expect(try lowered(model, FoldScales()).nodes.count == 4)
  }

  @Test(arguments: [1, 0, 3] as [Float])
  func `running sums are divided by their factor`(factor: Float) throws {
    let model = try Small.network(
      [2, 4, 7, 9],
      Node("bn", Small.normalization(gamma: true, beta: true, factor: factor), inputs: ["x"]))
    // Quotients are float32, as files have them.
    let network = try lowered(model, DivideStatistics(), tolerance: factor == 3 ? 1e-6 : 0)
    guard case .batchNormalization(let layer) = network.nodes[1].layer else {
      Issue.record("no batch normalization")
      return
    }
    #expect(layer.factor?.doubles == [1])
  }

  @Test(
    arguments: [
      [2, 4, 7, 9], [3, 4],
    ] as [Shape])
  func `a scale of channels becomes a depthwise convolution`(shape: Shape) throws {
    let scale = Layer.scale(
      Layer.Scale(scale: Small.tensor([4], seed: 3), bias: Small.tensor([4], seed: 4)))
    let model = try Small.network(shape, Node("scale", scale, inputs: ["x"]))
    let network = try lowered(model, ScaleAsConvolution(format: "Keras"))
    #expect(types(network).contains("convolution"))
    #expect(!types(network).contains("scale"))
    #expect(network.outputs == ["scale"])
  }

  @Test func `a bias alone becomes a convolution with ones`() throws {
    let bias = Layer.bias(Layer.Bias(bias: Small.tensor([4], seed: 3)))
    let network = try lowered(
      try Small.network([2, 4, 7, 9], Node("bias", bias, inputs: ["x"])),
      ScaleAsConvolution(format: "Keras"))
    #expect(network.origin(of: .kernel, in: "bias").weight == nil)
    #expect(network.origin(of: .bias, in: "bias").weight == "bias/bias")
  }

  @Test func `coefficients of a sum become layers`() throws {
    let sum = Layer.elementwise(
      Layer.Elementwise(operation: .sum, coefficients: [1, -2.5, 0.25]))
    let model = try Small.network([2, 4], Node("sum", sum, inputs: ["x", "x", "x"]))
    let network = try lowered(model, SeparateCoefficients())
    #expect(network.nodes.map(\.name) == ["x", "sum_coefficient1", "sum_coefficient2", "sum"])
  }

  @Test func `a matrix product over images has its flattening before it`() throws {
    let product = Layer.fullyConnected(Layer.FullyConnected(kernel: Small.tensor([5, 4 * 63])))
    let model = try Small.network([2, 4, 7, 9], Node("fc", product, inputs: ["x"]))
    #expect(
      try types(lowered(model, SeparateFlattening())) == ["input", "flatten", "fully connected"])
  }

  @Test func `half precision is widened once for layers that share it`() throws {
    let half = Tensor(
      shape: [4, 4, 1, 1], elementType: .float16, bytes: Bytes((0..<32).map { UInt8($0 % 60) }))!
    let layer = Layer.convolution(Layer.Convolution(kernel: half))
    let model = try Small.network(
      [2, 4, 7, 9], Node("a", layer, inputs: ["x"]), Node("b", layer, inputs: ["a"]))
    let network = try lowered(model, WidenWeights())
    let kernels = network.nodes.flatMap(\.layer.weights).map(\.tensor)
    #expect(kernels.map(\.elementType) == [.float32, .float32])
    #expect(kernels[0].isIdentical(to: kernels[1]))
  }
}
