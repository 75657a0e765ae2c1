internal import ModelGraph

extension NetworkDifference {
  /// What a difference comes to: a conclusion from what was found in the layers.
  public enum Finding: Sendable, Equatable {
    /// Nothing differs.
    case same(isRewritten: Bool)
    /// Layers that only one network has.
    case missing(layers: [String], inSecond: Bool)
    /// Output channels that were removed, with what reads them.
    case reduced(layer: String, removed: [Int], of: Int)
    /// Weights have other shapes.
    case reshaped(layers: [String])
    /// Layers whose settings differ.
    case settings(layers: [String])
    /// Two layers have the kernels of each other.
    case exchanged(String, String)
    /// A layer has the kernel of another.
    case moved(layer: String, from: String)
    /// Output channels stand in another order.
    case permuted(layer: String, channels: [Int], of: Int)
    /// Layers that do not follow the order of the channels that they read.
    case unordered(layers: [String])
    /// Output channels of a layer are zero in one network.
    case zeroed(layer: String, channels: [Int], of: Int, inSecond: Bool)
    /// Single weights are zero in one network.
    case thinned(layers: [String], share: Double, inSecond: Bool)
    /// Some output channels differ, the others have the same bits.
    case partly(layer: String, channels: [Int], of: Int)
    /// The numbers were rounded to a type.
    case rounded(to: String, count: Int, inSecond: Bool)
    /// Weights are those of the first times a factor; nil for one for each channel.
    case scaled(layer: String, by: Double?)
    /// All kernels differ a little: the same network, trained further.
    case close(layers: Int, relativeL2: ClosedRange<Double>, leastCosine: Double)
    /// Kernels point in similar directions: two states of one training.
    case related(layers: Int, cosines: ClosedRange<Double>)
    /// Kernels have nothing in common: another training.
    case unrelated(layers: Int, meanCosine: Double)
    /// No kernel differs, but other weights do.
    case otherWeights(layers: [String], relativeL2: Double)
  }

  /// What the differences come to, the most telling first.
  public var findings: [Finding] {
    if isSame { return [.same(isRewritten: layers.contains { $0.rewriting != nil })] }
    var found: [Finding] = []
    if !onlyInFirst.isEmpty {
      found.append(.missing(layers: onlyInFirst.map(\.name), inSecond: true))
    }
    if !onlyInSecond.isEmpty {
      found.append(.missing(layers: onlyInSecond.map(\.name), inSecond: false))
    }
    found += reductions
    let reshaped = layers.filter { layer in layer.weights.contains { $0.relation == .reshaped } }
    if !reshaped.isEmpty { found.append(.reshaped(layers: reshaped.map(\.name))) }
    let set = layers.filter { !$0.settings.isEmpty }
    if !set.isEmpty { found.append(.settings(layers: set.map(\.name))) }
    found += moves + permutations + zeroings + changes
    return found + distances
  }

  private var products: [(layer: Layer, kernel: WeightDifference)] {
    layers.compactMap { layer in
      guard layer.isProduct, let kernel = layer.weights.first else { return nil }
      return (layer, kernel)
    }
  }

  private var reductions: [Finding] {
    products.compactMap { layer, kernel in
      guard case .reduced(let removed) = kernel.relation else { return nil }
      return .reduced(layer: layer.name, removed: removed, of: layer.channelCount ?? 0)
    }
  }

  private var moves: [Finding] {
    var found: [Finding] = []
    let origins: [(name: String, from: String)] = products.compactMap { layer, kernel in
      guard case .moved(let weight) = kernel.relation else { return nil }
      return (layer.name, String(weight.prefix(upTo: weight.lastIndex(of: "/") ?? weight.endIndex)))
    }
    var done: Set<String> = []
    for (name, from) in origins where !done.contains(name) {
      done.insert(name)
      if origins.contains(where: { $0.name == from && $0.from == name }) {
        found.append(.exchanged(name, from))
        done.insert(from)
      } else {
        found.append(.moved(layer: name, from: from))
      }
    }
    return found
  }

  private var permutations: [Finding] {
    let found = products.compactMap { layer, kernel -> Finding? in
      guard case .permuted(let order) = kernel.relation else { return nil }
      return .permuted(
        layer: layer.name, channels: order.indices.filter { order[$0] != $0 }, of: order.count)
    }
    let unordered = layers.filter(\.keepsOrder)
    return found + (unordered.isEmpty ? [] : [.unordered(layers: unordered.map(\.name))])
  }

  /// Channels of zeros, and single ones.
  private var zeroings: [Finding] {
    var found: [Finding] = []
    for side in [true, false] {
      var thinned: [(name: String, share: Double)] = []
      for (layer, kernel) in products {
        guard case .zeroed(let channels, let share, side) = kernel.relation else { continue }
        let count = layer.channelCount ?? 0
        if !channels.isEmpty {
          found.append(.zeroed(layer: layer.name, channels: channels, of: count, inSecond: side))
        }
        // More than those channels have.
        if share > (Double(channels.count) + 1e-9) / Double(max(count, 1)) {
          thinned.append((layer.name, share))
        }
      }
      guard !thinned.isEmpty else { continue }
      let share = thinned.reduce(0) { $0 + $1.share } / Double(thinned.count)
      found.append(.thinned(layers: thinned.map(\.name), share: share, inSecond: side))
    }
    return found
  }

  /// Filters that were changed, roundings and factors.
  private var changes: [Finding] {
    var found: [Finding] = []
    var rounded: [String: Int] = [:]
    for (layer, kernel) in products {
      switch kernel.relation {
      case .partly(let channels):
        found.append(
          .partly(layer: layer.name, channels: channels, of: layer.channelCount ?? 0))
      case .rounded(let type, let side): rounded["\(type) \(side)", default: 0] += 1
      default: break
      }
    }
    for (key, count) in rounded.sorted(by: { $0.key < $1.key }) {
      found.append(
        .rounded(
          to: String(key.prefix { $0 != " " }), count: count, inSecond: key.hasSuffix("true")))
    }
    for (layer, kernel) in products {
      switch kernel.relation {
      case .scaled(let factor): found.append(.scaled(layer: layer.name, by: factor))
      case .scaledByChannel: found.append(.scaled(layer: layer.name, by: nil))
      default: break
      }
    }
    return found
  }

  /// How far kernels are apart that have no more in common; other weights where no kernel differs.
  private var distances: [Finding] {
    let open = products.map(\.kernel).filter { $0.relation == .different }
    let cosines = open.compactMap(\.cosine).sorted()
    guard let least = cosines.first, let most = cosines.last else {
      let others = layers.filter { layer in
        let rest = layer.isProduct ? layer.weights.dropFirst() : layer.weights[...]
        return rest.contains { !$0.isSame && !$0.isMovedWithChannels }
      }
      // Where kernels differ in another way, the rest goes with them.
      guard !others.isEmpty, products.allSatisfy(\.kernel.isSame) else { return [] }
      let largest = others.flatMap(\.weights).map(\.relativeL2).max() ?? 0
      return [.otherWeights(layers: others.map(\.name), relativeL2: largest)]
    }
    let distances = open.map(\.relativeL2)
    let median = cosines[cosines.count / 2]
    if median >= 0.99 {
      return [
        .close(
          layers: open.count, relativeL2: (distances.min() ?? 0)...(distances.max() ?? 0),
          leastCosine: least)
      ]
    }
    if median >= 0.3 { return [.related(layers: open.count, cosines: least...most)] }
    return [
      .unrelated(
        layers: open.count, meanCosine: cosines.reduce(0, +) / Double(cosines.count))
    ]
  }
}

extension WeightDifference {
  /// Whether it has the numbers of the first network, in another order or but for some.
  fileprivate var isMovedWithChannels: Bool {
    switch relation {
    case .permuted, .reduced: true
    default: false
    }
  }
}
