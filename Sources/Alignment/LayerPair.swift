public import ModelGraph

/// A layer in both networks, or what stands for it in one.
public struct LayerPair: Sendable {
  /// What the layers do for the network.
  public enum Kind: Sendable {
    /// A layer that makes the network what it is: a convolution, a sum, an activation.
    case core
    /// Factors and addends for each channel on the way from one such layer to the next.
    case affine
  }

  /// What they do.
  public let kind: Kind
  /// The layers of the first network, in order: one, or several where a normalization and its scale
  /// are apart; none where the layer before has the factors in it.
  public let first: [Node]
  /// Those of the second network.
  public let second: [Node]
  /// What the first of `first`, or what stands for it, reads: for a core, what lies on the way to each
  /// of its inputs.
  public let ways: [(first: Way, second: Way)]

  /// A pair of layers.
  package init(kind: Kind, first: [Node], second: [Node], ways: [(first: Way, second: Way)]) {
    self.kind = kind
    self.first = first
    self.second = second
    self.ways = ways
  }

  /// What lies before a layer on the way from the core that it reads.
  public struct Way: Sendable {
    /// The value of that core.
    public let value: String
    /// Zeros around the image, together.
    public let padding: Padding
    /// The stride of selections, poolings of one element.
    public let stride: Extent
  }
}

extension LayerPair {
  /// The weights, role by role; none where the layers of both cannot be told apart so.
  public var weights: [WeightPair] { WeightPair.pairs(first, second) }

  /// The layers of all matched cores and of the links between them, in the first network's order.
  static func all(in matching: CoreMatching) -> [LayerPair] {
    var pairs: [LayerPair] = []
    var seen: Set<String> = []
    for (a, b) in matching.pairs {
      let sources = matching.sources(a, b)
      for (from, to) in sources where to.isSame(as: from, in: matching) {
        let (x, y) = (from.affines, to.affines)
        guard let key = x.last?.name ?? y.last.map({ "\u{0}" + $0.name }), seen.insert(key).inserted
        else { continue }
        pairs += affine(x, y, [(Way(from), Way(to))])
      }
      guard let node = a.node, let other = b.node else { continue }
      pairs.append(
        LayerPair(
          kind: .core, first: [node], second: [other], ways: sources.map { (Way($0), Way($1)) }))
    }
    return pairs
  }

  /// Layer by layer where both networks have the same ones, else as one.
  private static func affine(
    _ first: [Node], _ second: [Node], _ ways: [(first: Way, second: Way)]
  ) -> [LayerPair] {
    guard first.map(\.layer.form) == second.map(\.layer.form) else {
      return [LayerPair(kind: .affine, first: first, second: second, ways: ways)]
    }
    return zip(first, second).map {
      LayerPair(kind: .affine, first: [$0], second: [$1], ways: ways)
    }
  }
}

extension LayerPair.Way {
  fileprivate init(_ source: CoreGraph.Source) {
    value = source.value
    var padding = Padding.none
    var stride = Extent(1)
    for link in source.links {
      switch link.node.layer {
      case .zeroPadding(let layer):
        padding.top += layer.spatial.top
        padding.left += layer.spatial.left
        padding.bottom += layer.spatial.bottom
        padding.right += layer.spatial.right
      case .pooling(let layer):
        stride.height *= layer.stride.height
        stride.width *= layer.stride.width
      default: break
      }
    }
    self.padding = padding
    self.stride = stride
  }
}
