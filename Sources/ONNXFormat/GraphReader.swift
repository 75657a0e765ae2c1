internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// Makes a network of a graph, node by node.
///
/// What is known is computed at once: shapes, bounds, weights that are rearranged. Transpositions are
/// put off until a layer needs its axes in order, so that those around every convolution of an
/// exporter of TensorFlow cancel each other. Each layer has the name of the value it makes.
struct GraphReader {
  let graph: ONNXGraph
  /// The version of ONNX' own operators.
  let opset: Int
  let tensors: TensorReader
  /// What a name stands for, where an earlier node or the graph has made it.
  var operands: [String: Operand] = [:]
  var nodes: [Node] = []
  private(set) var notes: [String] = []
  /// What the weights of the network were made of, by `layer/role`.
  private(set) var ledger: [Ledger.Entry] = []
  /// The node that is being read.
  var node = ONNXNode()
  var attributes: Attributes
  /// How often each name is read, by nodes that matter and as an output.
  private let readers: [String: Int]
  private let outputNames: Set<String>
  var layerNames: Set<String> = []
  /// Initializers that some node has read.
  private var usedInitializers: Set<String> = []
  /// Whether an input was turned from channels last.
  var isChannelsLast = false

  /// - Throws: `FormatError` for a graph that makes no network.
  init(
    _ graph: ONNXGraph, opset: Int, tensors: TensorReader, inputShape: Shape?
  ) throws(FormatError) {
    self.opset = opset
    self.tensors = tensors
    attributes = try Attributes(of: node)
    try FormatError.refuseLookalikes(
      among: graph.nodes.flatMap { $0.inputs + $0.outputs } + graph.initializers.map(\.name)
        + (graph.inputs + graph.outputs).map(\.name))
    let (live, readers) = try GraphReader.live(graph)
    self.readers = readers
    outputNames = Set(graph.outputs.map(\.name))
    notes = GraphReader.deadNotes(graph, live: live)
    var graph = graph
    graph.nodes = live
    self.graph = graph
    try refuseUnsupported()
    try addInitializers()
    try addInputs(inputShape)
    for node in live {
      self.node = node
      attributes = try Attributes(of: node)
      try read(node)
      try attributes.requireAllRead()
    }
    try addOutputs()
  }

  // MARK: - Names

  /// The nodes that the outputs depend on, in an order in which each value is made before it is read,
  /// and how often each name is read.
  private static func live(
    _ graph: ONNXGraph
  ) throws(FormatError) -> (nodes: [ONNXNode], readers: [String: Int]) {
    var makers: [String: Int] = [:]
    let given = Set(graph.initializers.map(\.name)).union(graph.inputs.map(\.name))
    for (index, node) in graph.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty {
        guard !given.contains(output) else {
          throw node.fault("makes \(output.printable()), which the graph is given")
        }
        guard makers.updateValue(index, forKey: output) == nil else {
          throw node.fault("makes \(output.printable()), which another node makes too")
        }
      }
    }
    guard !graph.outputs.isEmpty else {
      throw FormatError(.badModel, "expected outputs of the graph, found none")
    }
    var isLive = [Bool](repeating: false, count: graph.nodes.count)
    var wanted = graph.outputs.map(\.name)
    while let name = wanted.popLast() {
      guard let maker = makers[name], !isLive[maker] else { continue }
      isLive[maker] = true
      wanted += graph.nodes[maker].inputs
    }
    var readers: [String: Int] = [:]
    for output in graph.outputs { readers[output.name, default: 0] += 1 }
    // The order of the file where that is one, as it nearly always is.
    var made: Set<String> = []
    var ordered: [ONNXNode] = []
    var waiting = graph.nodes.indices.filter { isLive[$0] }
    while !waiting.isEmpty {
      var later: [Int] = []
      for index in waiting {
        let node = graph.nodes[index]
        guard node.inputs.allSatisfy({ makers[$0] == nil || made.contains($0) }) else {
          later.append(index)
          continue
        }
        made.formUnion(node.outputs)
        ordered.append(node)
        for input in node.inputs where !input.isEmpty { readers[input, default: 0] += 1 }
      }
      guard later.count < waiting.count else {
        throw graph.nodes[later[0]].fault("reads what is made of its own output: a cycle")
      }
      // A graph in reverse order takes a pass for each node: none that is sorted takes two.
      guard later.count < waiting.count - waiting.count / 64 || waiting.count < 1 << 12 else {
        throw graph.nodes[later[0]].fault("expected nodes in the order of their values")
      }
      waiting = later
    }
    return (ordered, readers)
  }

  /// What is told of nodes with weights that no output depends on: a letter that is wrong in a name
  /// takes one out of the path, and the rest still fits.
  private static func deadNotes(_ graph: ONNXGraph, live: [ONNXNode]) -> [String] {
    guard live.count < graph.nodes.count else { return [] }
    let made = Set(live.flatMap(\.outputs))
    let stored = Set(graph.initializers.map(\.name))
    let dead = graph.nodes.filter { node in
      made.isDisjoint(with: node.outputs) && node.inputs.contains(where: stored.contains)
    }
    guard !dead.isEmpty else { return [] }
    return [
      "left out nodes that no output depends on: "
        + ModelIO.listed(dead.map { "\($0.place) (\($0.op))" }).joined(separator: ", ")
    ]
  }

  /// Whether a value is read, by a node that matters or as an output.
  func isRead(_ name: String) -> Bool { readers[name] != nil }

  /// Whether a name is an output of the graph.
  func isOutput(_ name: String) -> Bool { outputNames.contains(name) }

  /// Whether an optional input of the node is given.
  func hasInput(_ index: Int) -> Bool { index < node.inputs.count && !node.inputs[index].isEmpty }

  /// What an input of the node stands for.
  mutating func operand(_ index: Int) throws(FormatError) -> Operand {
    guard hasInput(index) else {
      throw node.fault("expected \(index + 1) inputs or more, found \(node.inputs.count)")
    }
    let name = node.inputs[index]
    guard let operand = operands[name] else {
      throw node.fault("reads \(name.printable()), which nothing makes")
    }
    usedInitializers.insert(name)
    return operand
  }

  /// An input of the node that is computed when the network runs.
  mutating func value(_ index: Int = 0) throws(FormatError) -> Value {
    switch try operand(index) {
    case .value(let value): return value
    case .constant:
      throw node.fault("expected a computed value for input \(index), found a constant")
    }
  }

  /// An input of the node that is known now.
  mutating func constant(_ index: Int, _ what: String) throws(FormatError) -> Constant {
    switch try operand(index) {
    case .constant(let constant): return constant
    case .value: throw node.fault("expected a constant for \(what), found a computed value")
    }
  }

  /// An input of integers.
  mutating func integers(_ index: Int, _ what: String) throws(FormatError) -> [Int] {
    guard let list = try constant(index, what).integers else {
      throw node.fault("expected integers for \(what), found other elements")
    }
    return list
  }

  // MARK: - Results

  /// Names what the node makes.
  mutating func make(_ operand: Operand, output: Int = 0) {
    guard output < node.outputs.count, !node.outputs[output].isEmpty else { return }
    operands[node.outputs[output]] = operand
  }

  /// The name of the node's first output.
  var name: String { node.outputs.first { !$0.isEmpty } ?? node.place }

  /// Adds a layer of one output.
  ///
  /// - Parameters:
  ///   - part: what the layer is to the node; nil for the one that makes the node's result.
  ///   - weights: what the layer's weights were made of.
  mutating func add(
    _ layer: Layer, to inputs: [Value], part: String? = nil,
    _ weights: [(role: Layer.WeightRole, constant: Constant)] = []
  ) throws(FormatError) -> Value {
    let names = [unused(part.map { "\(name)/\($0)" } ?? name)]
    return try add(layer, to: inputs, outputs: names, named: names[0], weights)[0]
  }

  /// Adds a layer.
  mutating func add(
    _ layer: Layer, to inputs: [Value], outputs: [String], named name: String,
    _ weights: [(role: Layer.WeightRole, constant: Constant)] = []
  ) throws(FormatError) -> [Value] {
    let new = Node(name, layer, inputs: inputs.map(\.name), outputs: outputs)
    let shapes: [Shape]
    do {
      shapes = try new.outputShapes(for: inputs.map(\.shape))
    } catch { throw node.fault(error.reason) }
    nodes.append(new)
    for (role, constant) in weights {
      guard let source = constant.source else { continue }
      ledger.append(
        Ledger.Entry(
          source: source, transforms: constant.transforms, target: "\(name)/\(role.rawValue)"))
    }
    return zip(outputs, shapes).map { Value(name: $0, shape: $1) }
  }

  /// Adds a layer that works on each element, whatever the order of the axes.
  mutating func addElementwise(
    _ layer: Layer, to value: Value, part: String? = nil,
    _ weights: [(role: Layer.WeightRole, constant: Constant)] = []
  ) throws(FormatError) -> Value {
    var result = try add(layer, to: [value], part: part, weights)
    result.layout = value.layout
    return result
  }

  /// Makes an addend the bias of the layer that has just made a value, if that has none: a scale over
  /// the same axes, or a product of matrices.
  ///
  /// - Returns: the value, now of the node's name; nil where the two stay apart.
  mutating func mergeBias(_ bias: Constant, axis: Int, into value: Value) -> Value? {
    guard let maker = nodes.last, maker.outputs == [value.name], readers[value.name] == 1,
      !isOutput(value.name), let tensor = bias.tensor
    else { return nil }
    let layer: Layer
    switch maker.layer {
    case .scale(var scale):
      guard scale.bias == nil, scale.axis == axis, scale.scale?.shape == tensor.shape else {
        return nil
      }
      scale.bias = tensor
      layer = .scale(scale)
    case .fullyConnected(var product):
      let outputs = product.kernel.shape[0]
      guard product.bias == nil, axis == value.shape.rank - 1, tensor.shape == [outputs] else {
        return nil
      }
      product.bias = tensor
      layer = .fullyConnected(product)
    default: return nil
    }
    let name = unused(self.name)
    nodes[nodes.count - 1] = Node(name, layer, inputs: maker.inputs)
    let prefix = "\(maker.name)/"
    for index in ledger.indices where ledger[index].target.hasPrefix(prefix) {
      ledger[index].target = "\(name)/\(ledger[index].target.dropFirst(prefix.count))"
    }
    if let source = bias.source {
      ledger.append(
        Ledger.Entry(source: source, transforms: bias.transforms, target: "\(name)/bias"))
    }
    var result = value
    result.name = name
    return result
  }

  /// A name for a layer that no other has.
  mutating func unused(_ name: String) -> String {
    var candidate = name
    var number = 1
    while !layerNames.insert(candidate).inserted {
      number += 1
      candidate = "\(name)_\(number)"
    }
    return candidate
  }

  mutating func note(_ sentence: String) {
    if !notes.contains(sentence) { notes.append(sentence) }
  }

  /// Outputs of nodes that were left out.
  private(set) var leftOut: Set<String> = []

  /// Leaves the node out, which picks places instead of computing numbers; its input is the output.
  mutating func leaveOut(_ value: Value) throws(FormatError) {
    guard node.outputs.allSatisfy({ $0.isEmpty || isOutput($0) || !isRead($0) }) else {
      throw node.fault("\(node.op) is supported at the end of a network only")
    }
    leftOut.formUnion(node.outputs)
    note(
      "left out \(node.op) at the end (\(node.place)): the output is \(value.name), which it reads")
  }

  /// The initializers that are part of no layer, as the ledger has them.
  func unusedInitializers() -> [StoredTensor] {
    graph.initializers.filter { !usedInitializers.contains($0.name) }.compactMap { tensor in
      guard let shape = Shape(checking: tensor.dimensions),
        let type = ONNXType.elementType(tensor.dataType)
      else { return nil }
      var offset: Int?
      if case .raw(let range) = tensor.elements { offset = range.lowerBound }
      return StoredTensor(
        file: tensors.file.name, object: tensor.name, byteOffset: offset, elementType: type,
        shape: shape)
    }
  }
}
