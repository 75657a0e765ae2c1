public import Files
public import ModelGraph
public import TensorCore

/// A network on its way to a format: rewritten by passes until each layer is one that the format has.
///
/// It computes what the model computes. What its weights were made of is kept for receipts, and
/// each change for the notes.
public struct LoweredNetwork: Sendable {
  /// What a weight was made of.
  public struct Origin: Sendable, Equatable {
    /// The model's weight, `layer/role`; nil for a constant that only the format needs.
    public var weight: String?
    /// What was done to it, in order.
    public var transforms: [Ledger.Transform]
  }

  /// The name of the model.
  public let name: String
  /// The layers in topological order; none may be left.
  public private(set) var nodes: [Node]
  /// The shape of every value.
  public private(set) var shapes: [String: Shape]
  /// The values that leave, in the order of the model; inputs that are left out are none of them.
  public private(set) var outputs: [String]
  /// What was changed, in the order of the passes.
  public private(set) var changes: [(change: Change, item: String)] = []
  /// The origins of weights that are not the model's own.
  var origins: [String: Origin] = [:]
  /// The layer of the model that each layer made by a pass belongs to.
  var sources: [String: String] = [:]
  /// The names of layers and values.
  var names: Set<String>

  /// The network as its model has it.
  ///
  /// - Throws: `FormatError` naming the layer that does not fit its inputs.
  public init(_ network: Network) throws(FormatError) {
    name = network.name
    nodes = network.nodes
    outputs = network.outputs
    names = Set(network.nodes.flatMap { [$0.name] + $0.outputs })
    shapes = try Self.shapes(of: network)
  }

  /// The network after passes, one after the other.
  ///
  /// - Throws: `FormatError` naming the layer that cannot be rewritten.
  public mutating func apply(_ passes: [any LoweringPass]) throws(FormatError) {
    for pass in passes {
      var rewriting = Rewriting(self)
      for node in nodes { rewriting.append(try pass.rewrite(node, in: &rewriting)) }
      changes += rewriting.changes
      (origins, sources, names) = (rewriting.origins, rewriting.sources, rewriting.names)
      nodes = rewriting.nodes
      let made = Set(nodes.flatMap(\.outputs))
      outputs = outputs.map { rewriting.resolved($0) }.filter(made.contains)
      shapes = nodes.isEmpty ? [:] : try Self.shapes(of: try network())
    }
  }

  /// The layers as a network.
  ///
  /// - Throws: `FormatError` if none is left.
  public func network() throws(FormatError) -> Network {
    do {
      return try Network(name: name, nodes: nodes)
    } catch { throw FormatError(at: error.layer.map { .object($0) }, error.reason) }
  }

  private static func shapes(of network: Network) throws(FormatError) -> [String: Shape] {
    do {
      return try network.shapes()
    } catch { throw FormatError(at: error.layer.map { .object($0) }, error.reason) }
  }

  /// What a weight was made of.
  public func origin(of role: Layer.WeightRole, in layer: String) -> Origin {
    let name = "\(layer)/\(role.rawValue)"
    return origins[name] ?? Origin(weight: name, transforms: [])
  }

  /// The layer of the model that a layer belongs to: itself, unless a pass made it.
  public func source(of layer: String) -> String { sources[layer] ?? layer }

  /// Whether a pass made a layer, or the value of that name.
  public func isMade(_ name: String) -> Bool { sources[name] != nil }

  /// The layers that read each value.
  public var readers: [String: [Node]] {
    var readers: [String: [Node]] = [:]
    for node in nodes {
      for value in node.inputs { readers[value, default: []].append(node) }
    }
    return readers
  }
}
