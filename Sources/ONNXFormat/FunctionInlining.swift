internal import Files

/// Puts the nodes of functions in place of the nodes that call them.
struct FunctionInlining {
  private let functions: [ONNXFunction.Key: ONNXFunction]
  /// The model's sets of operators.
  private let opsets: [String: Int]
  private var nodes: [ONNXNode] = []
  private var callCount = 0
  /// What was made of functions, in bytes of names and sixteen for each: a long name of a node that
  /// calls, or a long list, is there again for every node of the function and at every call.
  private var spent = 0
  private static let limit = 64 << 20

  /// A graph without calls.
  ///
  /// - Throws: `FormatError` for functions that call each other without end, or too often.
  static func apply(to model: ONNXModel) throws(FormatError) -> ONNXGraph {
    guard !model.functions.isEmpty else { return model.graph }
    var inlining = FunctionInlining(
      functions: model.functions, opsets: model.opsets)
    for node in model.graph.nodes { try inlining.add(node, depth: 0) }
    var graph = model.graph
    graph.nodes = inlining.nodes
    return graph
  }

  private init(functions: [ONNXFunction.Key: ONNXFunction], opsets: [String: Int]) {
    self.functions = functions
    self.opsets = opsets
  }

  private mutating func add(_ node: ONNXNode, depth: Int) throws(FormatError) {
    let key = ONNXFunction.Key(domain: node.domain, name: node.op)
    guard let function = functions[key] else {
      guard nodes.count < ONNXDecoder.nodeLimit else {
        throw node.fault("expected at most \(ONNXDecoder.nodeLimit) nodes, found more in functions")
      }
      return nodes.append(node)
    }
    // Operators of another set may mean something else.
    for (domain, version) in function.opsets where opsets[domain] ?? version != version {
      throw node.fault(
        "expected a function of opset \(opsets[domain]!) as its model, found \(version)")
    }
    guard depth < 16 else {
      throw node.fault("expected functions that end, found 16 in each other")
    }
    callCount += 1
    guard callCount <= 10_000 else { throw node.fault("expected at most 10000 calls of functions") }
    let place = node.place
    try spend(function.outputs, beside: place, at: node)
    try spend(
      16 * (function.inputs.count + function.defaults.count + node.attributes.count), at: node)
    var names: [String: String] = ["": ""]
    for (index, input) in function.inputs.enumerated() {
      names[input] = index < node.inputs.count ? node.inputs[index] : ""
    }
    for (index, output) in function.outputs.enumerated() {
      names[output] =
        index < node.outputs.count && !node.outputs[index].isEmpty
        ? node.outputs[index] : "\(place)/\(output)#\(callCount)"
    }
    let given = Dictionary(
      (function.defaults + node.attributes).map { ($0.name, $0.value) }
    ) { $1 }
    for inner in function.nodes {
      try spend([inner.name] + inner.inputs + inner.outputs, beside: place, at: node)
      try spend(16 * inner.attributes.count, at: node)
      var copy = inner
      copy.name = inner.name.isEmpty ? "" : "\(place)/\(inner.name)"
      func outer(_ name: String) -> String {
        names[name] ?? "\(place)/\(name)#\(callCount)"
      }
      // An output that is an input, too, is handed on under its own name.
      copy.inputs = inner.inputs.map(outer)
      copy.outputs = inner.outputs.map(outer)
      copy.attributes = []
      for attribute in inner.attributes {
        guard case .reference(let name) = attribute.value else {
          copy.attributes.append(attribute)
          continue
        }
        if let value = given[name] {
          copy.attributes.append(.init(name: attribute.name, value: value))
        }
      }
      try add(copy, depth: depth + 1)
    }
  }

  /// Names with the place of a call before each.
  private mutating func spend(
    _ names: [String], beside place: String, at node: ONNXNode
  ) throws(FormatError) {
    try spend(names.reduce(0) { $0 + $1.utf8.count + place.utf8.count + 16 }, at: node)
  }

  private mutating func spend(_ byteCount: Int, at node: ONNXNode) throws(FormatError) {
    spent += byteCount
    guard spent <= Self.limit else {
      throw FormatError(
        .refused, at: .object(node.op),
        "expected calls of functions with at most \(Self.limit) bytes of names, found more")
    }
  }
}
