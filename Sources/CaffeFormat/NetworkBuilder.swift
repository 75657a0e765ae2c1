internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// Plans the layers of a definition one after another and, once the weights are known, makes the
/// network.
struct NetworkBuilder {
  private let inputs: [Node]
  private let nodes: [TestPhaseNet.Node]
  private let plans: [LayerPlan]
  /// What was turned round, one sentence each.
  let notes: [String]

  /// The layers and what weights they need, in their order.
  var weightedLayers: [(layer: CaffeLayer, plan: LayerPlan)] {
    zip(nodes, plans).map { ($0.layer, $1) }
  }

  /// Plans all layers for inputs of these shapes.
  ///
  /// - Parameter options: what the user said about kernels and the input.
  /// - Throws: `FormatError` naming the layer that is at fault, or all that are not supported.
  init(
    _ net: TestPhaseNet, inputShapes: [Shape], options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) {
    guard !net.nodes.isEmpty else {
      throw FormatError(.badModel, "expected layers that compute something, found none")
    }
    try NetworkBuilder.refuseUnsupported(net.nodes)
    nodes = net.nodes
    inputs = zip(net.inputs, inputShapes).map { Node($0.name, .input(.init(shape: $1))) }
    var shapes = Dictionary(
      zip(inputs, inputShapes).map { ($0.name, $1) }, uniquingKeysWith: { first, _ in first })
    var plans: [LayerPlan] = []
    var columnMajor = options.caffe.hasColumnMajorKernels ? ColumnMajorKernels() : nil
    if options.inputShape == nil {
      for (input, shape) in zip(inputs, inputShapes) {
        try columnMajor?.check(shape, of: input.name)
      }
    }
    for node in net.nodes {
      let planner = LayerPlanner(
        layer: node.layer,
        inputs: node.inputs.map { shapes[$0]! },  // each value is made before it is read
        outputCount: node.outputs.count)
      var plan = try planner.plan()
      try columnMajor?.turn(&plan, of: node, planner)
      for (value, shape) in zip(node.outputs, plan.outputShapes) { shapes[value] = shape }
      plans.append(plan)
    }
    self.plans = plans
    notes =
      columnMajor.map {
        [
          "exchanged rows and columns of the kernels of \(listed($0.turned).joined(separator: ", "))"
        ]
      } ?? []
  }

  /// Tensors of the right shapes without elements.
  func absentWeights() throws(FormatError) -> [[Tensor]] {
    var tensors: [[Tensor]] = []
    var owners: [String: Tensor] = [:]
    for (node, plan) in zip(nodes, plans) {
      var absent: [Tensor] = []
      for (index, weight) in plan.weights.enumerated() {
        guard let tensor = Tensor(absent: weight.shape) else {
          throw FormatError(
            at: .object(node.layer.name), "its weights are more than can be counted")
        }
        let shared = node.layer.sharedBlobs
        let name = index < shared.count ? shared[index]?.name : nil
        let owner = name.flatMap { owners[$0] } ?? tensor
        if let name { owners[name] = owner }
        absent.append(owner.shape == weight.shape ? owner : tensor)
      }
      tensors.append(absent)
    }
    return tensors
  }

  /// The network.
  ///
  /// - Parameter weights: the tensors of each layer; nil if no layer needs any.
  func network(
    named name: String, weights: [[Tensor]]?
  ) throws(FormatError) -> Network {
    var all = inputs
    for (index, node) in nodes.enumerated() {
      let layer = plans[index].layer(weights?[index] ?? [])
      all.append(Node(node.layer.name, layer, inputs: node.inputs, outputs: node.outputs))
    }
    do {
      let network = try Network(name: name, nodes: all)
      _ = try network.shapes()
      return network
    } catch {
      throw FormatError(at: error.layer.map { .object($0) }, error.reason)
    }
  }

  static func refuseUnsupported(_ nodes: [TestPhaseNet.Node]) throws(FormatError) {
    let unsupported = nodes.map(\.layer).filter {
      if case .unsupported = $0.operation { true } else { false }
    }
    guard unsupported.isEmpty else {
      let list = unsupported.map { "\($0.name) (\($0.type))" }
      throw FormatError(.badModel, "unsupported layers: \(list.joined(separator: ", "))")
    }
  }
}
