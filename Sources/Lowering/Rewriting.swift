public import Files
public import ModelGraph
public import TensorCore

/// One pass over a network, layer by layer.
public protocol LoweringPass: Sendable {
  /// The layers that compute what `node` does: itself, others, or none where its value is another one.
  ///
  /// The last of them makes the values of `node`. Their inputs are named as in the network before
  /// the pass.
  /// - Throws: `FormatError` naming the layer, where it cannot be rewritten.
  func rewrite(_ node: Node, in rewriting: inout Rewriting) throws(FormatError) -> [Node]
}

/// What a pass knows of the network before it, and what it has made so far.
public struct Rewriting {
  private typealias Applied = (tensor: Tensor, transform: Ledger.Transform, result: Tensor)

  private let before: LoweredNetwork
  private let readersBefore: [String: [Node]]
  private let makers: [String: Node]
  private(set) var nodes: [Node] = []
  private(set) var changes: [(change: Change, item: String)] = []
  private(set) var origins: [String: LoweredNetwork.Origin]
  private(set) var sources: [String: String]
  private(set) var names: Set<String>
  /// The values that are another one under a second name.
  private var aliases: [String: String] = [:]
  /// What transforms made of tensors that several layers may share.
  private var applied: [Tensor.Place: [Applied]] = [:]
  /// The values no element of which is below zero; nil before anybody asks.
  private var nonNegative: Set<String>?

  init(_ before: LoweredNetwork) {
    self.before = before
    readersBefore = before.readers
    var makers: [String: Node] = [:]
    for node in before.nodes {
      for value in node.outputs { makers[value] = node }
    }
    self.makers = makers
    (origins, sources, names) = (before.origins, before.sources, before.names)
  }

  mutating func append(_ made: [Node]) {
    for var node in made {
      node.inputs = node.inputs.map(resolved)
      nodes.append(node)
    }
  }

  func resolved(_ value: String) -> String { aliases[value] ?? value }

  /// The shape of a value.
  public func shape(of value: String) -> Shape { before.shapes[value]! }  // every value has a shape

  /// The layers that read a value.
  public func readers(of value: String) -> [Node] { readersBefore[value] ?? [] }

  /// The layer that makes a value.
  public func maker(of value: String) -> Node { makers[value]! }  // every value is made

  /// Whether a value leaves the network.
  public func isOutput(_ value: String) -> Bool { before.outputs.contains(value) }

  /// Takes note of a change.
  public mutating func note(_ change: Change, _ item: String) { changes.append((change, item)) }

  /// Makes the value of a layer that is left out another name of its input.
  public mutating func replace(_ value: String, by other: String) {
    aliases[value] = resolved(other)
  }

  /// A name for a layer that is made for another one, and for its value.
  public mutating func newName(_ name: String, for node: Node) -> String {
    let name = names.insertUnused(name)
    sources[name] = before.source(of: node.name)
    return name
  }

  /// Says what a weight of a new layer was made of.
  ///
  /// - Parameters:
  ///   - old: the role and layer it had before the pass; nil for a constant.
  ///   - transforms: what the pass did to it.
  public mutating func setOrigin(
    of role: Layer.WeightRole, in layer: String, from old: (role: Layer.WeightRole, layer: String)?,
    _ transforms: [Ledger.Transform] = []
  ) {
    var origin = LoweredNetwork.Origin(weight: nil, transforms: transforms)
    if let old {
      origin = before.origin(of: old.role, in: old.layer)
      origin.transforms += transforms
    }
    origins["\(layer)/\(role.rawValue)"] = origin
  }

  /// What a weight was made of before this pass.
  func origin(of role: Layer.WeightRole, in layer: String) -> LoweredNetwork.Origin {
    before.origin(of: role, in: layer)
  }

  /// What a transform makes of a weight; made once for a tensor that layers share.
  ///
  /// - Throws: `FormatError` naming the layer if there is no memory for it.
  mutating func apply(
    _ transform: Ledger.Transform, to tensor: Tensor, for node: Node
  ) throws(FormatError) -> Tensor {
    let known = applied[tensor.place]?.first {
      $0.tensor.isIdentical(to: tensor) && $0.transform == transform
    }
    if let known { return known.result }
    guard let result = transform.applied(to: tensor) else {
      throw FormatError(
        .outOfMemory, at: .object(before.source(of: node.name)),
        "no memory for \(transform.description)")
    }
    applied[tensor.place, default: []].append((tensor, transform, result))
    return result
  }

  /// Whether no element of a value can be below zero.
  mutating func isNonNegative(_ value: String) -> Bool {
    if nonNegative == nil { nonNegative = before.nonNegativeValues }
    return nonNegative!.contains(value)
  }

  /// A constant that only the format needs, each element made from its index.
  ///
  /// - Throws: `FormatError` naming the layer if there is no memory for it.
  public func constant(
    _ shape: Shape, for node: Node, _ element: (Int) -> Float
  ) throws(FormatError) -> Tensor {
    let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: 4)
    try requireMemory(overflow ? Int.max : count, for: node)
    return Tensor(
      shape, filling: { output in for index in output.indices { output[index] = element(index) } })
  }

  /// Refuses to make a tensor for which there is no memory.
  func requireMemory(_ byteCount: Int, for node: Node) throws(FormatError) {
    do {
      try Memory.require(byteCount)
    } catch {
      throw FormatError(.outOfMemory, at: .object(before.source(of: node.name)), error.description)
    }
  }

  /// An error about the layer of the model that a layer belongs to.
  func fault(_ node: Node, _ reason: String) -> FormatError {
    FormatError(at: .object(before.source(of: node.name)), reason)
  }
}
