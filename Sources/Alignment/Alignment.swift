public import ModelGraph

/// Which values of two networks are the same thing, whatever their names.
///
/// It is found by the graph: batch normalization counts with its scale, padding with the window it
/// is for, and layers that hand on their input are seen through. Values that only one network has,
/// like a normalization before its scale where the other has both in one, are listed instead of
/// being compared with something else of the same name.
public struct Alignment: Sendable {
  /// One value in both networks.
  public struct Pair: Sendable, Equatable {
    /// Its name in the first.
    public let first: String
    /// Its name in the second.
    public let second: String
  }

  /// The values both have, in the first network's order; inputs are not among them.
  public let values: [Pair]
  /// The inputs both have.
  public let inputs: [Pair]
  /// The outputs both have; they are among the values unless an input is an output.
  public let outputs: [Pair]
  /// Values of the first network that the second does not have.
  public let onlyInFirst: [String]
  /// Values of the second network that the first does not have.
  public let onlyInSecond: [String]
  /// The weights of layers that are the same.
  public let weights: [WeightPair]
  /// The layers both have, in the first network's order, whatever is in them.
  public let layers: [LayerPair]
  /// Layers that only the first network has, but those that matter in training only or move elements.
  public let layersOnlyInFirst: [Node]
  /// Layers that only the second network has, but those.
  public let layersOnlyInSecond: [Node]

  /// Aligns two networks.
  public init(_ first: Network, _ second: Network) {
    let matching = CoreMatching(CoreGraph(first), CoreGraph(second))
    var pairs = ValuePairs()
    for (a, b) in matching.pairs { pairs.add(edgesOf: a, b, in: matching) }
    for (a, b) in matching.pairs { pairs.add(core: a, b, in: matching) }
    let computed = first.nodes.filter { !$0.inputs.isEmpty }.flatMap(\.outputs)
    let others = second.nodes.filter { !$0.inputs.isEmpty }.flatMap(\.outputs)
    let found = pairs.second
    let taken = Set(found.values)
    values = computed.compactMap { name in found[name].map { Pair(first: name, second: $0) } }
    onlyInFirst = computed.filter { found[$0] == nil }
    onlyInSecond = others.filter { !taken.contains($0) }
    inputs = matching.named(.input)
    outputs = matching.named(.output)
    weights = WeightPair.all(in: matching, values: found)
    layers = LayerPair.all(in: matching)
    layersOnlyInFirst = first.nodes.unpaired(in: layers.flatMap(\.first))
    layersOnlyInSecond = second.nodes.unpaired(in: layers.flatMap(\.second))
  }
}

extension [Node] {
  /// Those that are not among layers that have a partner, and that compute something.
  fileprivate func unpaired(in paired: [Node]) -> [Node] {
    let names = Set(paired.map(\.name))
    return filter { !names.contains($0.name) && $0.layer.computes }
  }
}

extension Layer {
  /// Whether its result has other numbers than its input.
  fileprivate var computes: Bool {
    switch self {
    case .flatten, .reshape, .passThrough: false
    case .zeroPadding(let layer): layer.channelsBefore != 0 || layer.channelsAfter != 0
    case .pooling(let layer): layer.kernel != Extent(1)
    default: true
    }
  }
}

extension CoreMatching {
  /// The matched cores, in the first network's order.
  var pairs: [(CoreGraph.Core, CoreGraph.Core)] {
    partners.enumerated().compactMap { a, b in b.map { (first.cores[a], second.cores[$0]) } }
  }

  fileprivate func named(_ family: CoreGraph.Family) -> [Alignment.Pair] {
    pairs.filter { $0.0.family == family }.map {
      Alignment.Pair(first: $0.0.name, second: $0.1.name)
    }
  }

  /// What two matched cores read, side by side.
  func sources(
    _ a: CoreGraph.Core, _ b: CoreGraph.Core
  ) -> [(CoreGraph.Source, CoreGraph.Source)] {
    guard a.family == .combination else { return Array(zip(a.sources, b.sources)) }
    var open = b.sources
    var found: [(CoreGraph.Source, CoreGraph.Source)] = []
    for source in a.sources {
      let fitting = open.indices.filter { open[$0].isSame(as: source, in: self) }
      // A value and its normalization may both enter a sum.
      let best =
        fitting.first { open[$0].affines.count == source.affines.count } ?? fitting.first
      guard let best else { continue }
      found.append((source, open.remove(at: best)))
    }
    return found
  }
}

extension CoreGraph.Source {
  /// Whether it comes from the partner of where another comes from.
  func isSame(as other: CoreGraph.Source, in matching: CoreMatching) -> Bool {
    matching.partners[other.core] == core && output == other.output
  }
}

/// Pairs of values, each value in one pair at most.
private struct ValuePairs {
  private(set) var second: [String: String] = [:]
  private var taken: Set<String> = []
  /// For each value of a core, what lies on the ways from it in both networks.
  private var ways: [String: [(first: [Node], second: [Node])]] = [:]

  private mutating func add(_ a: String, _ b: String) {
    guard second[a] == nil, taken.insert(b).inserted else { return }
    second[a] = b
  }

  /// What enters the same layer at the same place is the same value.
  mutating func add(edgesOf a: CoreGraph.Core, _ b: CoreGraph.Core, in matching: CoreMatching) {
    for (from, to) in matching.sources(a, b) {
      add(from.end, to.end)
      guard to.isSame(as: from, in: matching) else { continue }
      let (x, y) = (from.affines, to.affines)
      ways[from.value, default: []].append((x, y))
      guard x.map(\.layer.form) == y.map(\.layer.form) else { continue }
      for (link, other) in zip(x, y) { add(link.outputs[0], other.outputs[0]) }
      addMoved(from.links, to.links)
    }
  }

  /// Layers of one type that only move elements, where they lie at the same place.
  private mutating func addMoved(_ first: [CoreGraph.Link], _ second: [CoreGraph.Link]) {
    let x = first.moves
    let y = second.moves
    guard x.map(\.place) == y.map(\.place) else { return }
    for (link, other) in zip(x, y) { add(link.value, other.value) }
  }

  /// The values of two cores, unless what follows shows that one has more in it than the other.
  mutating func add(core a: CoreGraph.Core, _ b: CoreGraph.Core, in matching: CoreMatching) {
    guard let node = a.node, let other = b.node, a.family != .input else { return }
    for (x, y) in zip(node.outputs, other.outputs) {
      let ways = ways[x] ?? []
      // A normalization on one side only was folded into the layer on the other.
      let isFolded = !ways.isEmpty && ways.allSatisfy { $0.first.isEmpty != $0.second.isEmpty }
      // A bias on one side only is in the normalization on the other.
      let isMoved = a.hasBias != b.hasBias && !ways.allSatisfy(\.second.isEmpty)
      if !isFolded && !isMoved { add(x, y) }
    }
  }
}

extension [CoreGraph.Link] {
  /// The links that move or pad, with their types and how many others lie before each.
  fileprivate var moves: [(place: String, value: String)] {
    var affines = 0
    var moves: [(place: String, value: String)] = []
    for link in self {
      if link.kind == .affine {
        affines += 1
      } else {
        moves.append(("\(affines) \(link.node.layer.typeName)", link.node.outputs[0]))
      }
    }
    return moves
  }
}

extension Layer {
  /// The type of an affine layer, and of what it consists.
  var form: String {
    guard case .batchNormalization(let layer) = self else { return typeName }
    return "\(typeName) \(layer.gamma != nil) \(layer.beta != nil)"
  }
}
