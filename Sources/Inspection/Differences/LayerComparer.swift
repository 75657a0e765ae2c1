internal import Alignment
internal import ModelGraph
internal import TensorCore

/// Compares the layers of two networks in the first one's order, and follows channels that the second
/// has in another order, or no longer has.
struct LayerComparer {
  /// Layers that only one network has, found on the way.
  var onlyInFirst: [Node] = []
  var onlyInSecond: [Node] = []

  /// By value of the first network: which of its channels each channel of the second's is. Values
  /// whose channels are the same are not listed.
  private var orders: [String: [Int]] = [:]
  private let makers: [String: Node]
  let shapes: (first: [String: Shape], second: [String: Shape])
  /// The factors and addends right behind a value of the first network.
  let affines: [String: LayerPair]
  /// ComposedAffine pairs that the layer before has in it.
  var folded: Set<String> = []
  /// Values whose makers were found to be the same with what follows them.
  var foldedValues: Set<String> = []

  init(_ first: Network, _ second: Network, _ alignment: Alignment) {
    makers = Dictionary(first.nodes.flatMap { node in node.outputs.map { ($0, node) } }) { $1 }
    let own = (try? first.shapes()) ?? [:]
    // Of other images other things come out: nothing to say of each layer.
    let isComparable = alignment.inputs.allSatisfy { pair in
      let other = second.inputs.first { $0.name == pair.second }?.shape.dimensions.dropFirst()
      return own[pair.first]?.dimensions.dropFirst() == other
    }
    shapes = (own, isComparable ? (try? second.shapes()) ?? [:] : [:])
    affines = Self.affines(in: alignment, first, second)
  }

  /// What follows values that nothing else reads in either network.
  private static func affines(
    in alignment: Alignment, _ first: Network, _ second: Network
  ) -> [String: LayerPair] {
    func readers(_ network: Network) -> [String: Int] {
      Dictionary(network.nodes.flatMap { Set($0.inputs).map { ($0, 1) } }, uniquingKeysWith: +)
    }
    let counts = (readers(first), readers(second))
    var found: [String: LayerPair] = [:]
    for pair in alignment.layers where pair.kind == .affine {
      guard let way = pair.ways.first, counts.0[way.first.value] == 1,
        counts.1[way.second.value] == 1
      else { continue }
      let value = way.first.value
      found[value] = found[value].map { $0.joined(with: pair) } ?? pair
    }
    return found
  }

  /// What differs in a layer; nil where another layer has it in it, and where one network lacks it.
  mutating func compare(_ pair: LayerPair) -> NetworkDifference.Layer? {
    switch pair.kind {
    case .affine: return compareAffine(pair)
    case .core:
      return pair.first[0].layer.isProduct || pair.second[0].layer.isProduct
        ? compareProduct(pair) : compareOther(pair)
    }
  }

  // MARK: - Channels

  /// The order of a value's channels in the second network; nil for the first network's.
  func order(of value: String) -> [Int]? {
    var value = value
    while true {
      if let order = orders[value] { return order }
      guard let node = makers[value], node.inputs.count == 1, node.outputs.count == 1,
        node.layer.keepsChannels
      else { return nil }
      value = node.inputs[0]
    }
  }

  mutating func set(_ order: [Int]?, of values: [String]) {
    guard let order, order != Array(order.indices) else { return }
    for value in values { orders[value] = order }
  }

  /// The order of what a layer without weights makes.
  private mutating func passOn(_ node: Node) -> Bool {
    let orders = node.inputs.map { order(of: $0) }
    guard orders.contains(where: { $0 != nil }) else { return true }
    switch node.layer {
    case .concatenation(let layer) where layer.axis == 1:
      var joined: [Int] = []
      var start = 0
      for (input, order) in zip(node.inputs, orders) {
        guard let count = shapes.first[input]?.dimensions.dropFirst().first else { return false }
        joined += (order ?? Array(0..<count)).map { $0 + start }
        start += count
      }
      set(joined, of: node.outputs)
      return true
    case .zeroPadding(let layer):
      guard let order = orders[0],
        let count = shapes.first[node.inputs[0]]?.dimensions.dropFirst().first
      else { return false }
      let padded =
        Array(0..<layer.channelsBefore) + order.map { $0 + layer.channelsBefore }
        + (0..<layer.channelsAfter).map { $0 + layer.channelsBefore + count }
      set(padded, of: node.outputs)
      return true
    default:
      let known = orders.first { $0 != nil } ?? nil
      set(known, of: node.outputs)
      return orders.allSatisfy { $0 == known }
    }
  }

  // MARK: - Layers

  private mutating func compareOther(_ pair: LayerPair) -> NetworkDifference.Layer {
    let node = pair.first[0]
    var layer = NetworkDifference.Layer(pair)
    layer.settings = LayerSettings.differences(pair, shapes.first, shapes.second)
    layer.keepsOrder = !passOn(node)
    let order = node.inputs.first.flatMap { self.order(of: $0) }
    layer.weights = pair.weights.map { compare($0, in: order, &layer.keepsOrder) }
    return layer
  }

  private mutating func compareAffine(_ pair: LayerPair) -> NetworkDifference.Layer? {
    let value = pair.ways.first?.first.value ?? ""
    let order = self.order(of: pair.first.first?.inputs[0] ?? value)
    if foldedValues.contains(value) { return nil }
    guard !pair.first.isEmpty, !pair.second.isEmpty else {
      onlyInFirst += pair.first
      onlyInSecond += pair.second
      return nil
    }
    var layer = NetworkDifference.Layer(pair)
    layer.settings = LayerSettings.differences(pair, shapes.first, shapes.second)
    let weights = pair.weights
    if weights.isEmpty, let a = ComposedAffine(pair.first), let b = ComposedAffine(pair.second),
      let count = a.count ?? b.count
    {
      layer.weights = a.differences(
        from: b, count: count, first: pair.first.last?.name ?? "",
        second: pair.second.last?.name ?? "",
        order: order)
      layer.rewriting = "factors and addends are written otherwise"
    } else {
      layer.weights = weights.map { compare($0, in: order, &layer.keepsOrder) }
      if pair.first.count != pair.second.count {
        layer.rewriting = "a normalization and its scale are one layer in one network"
      }
    }
    for node in pair.first { set(order, of: node.outputs) }
    return layer
  }

  /// Compares a weight with one number, or row, for each channel.
  func compare(
    _ pair: WeightPair, in order: [Int]?, _ keepsOrder: inout Bool
  ) -> WeightDifference {
    var difference = WeightDifference(pair)
    guard let a = pair.firstTensor, let b = pair.secondTensor else {
      difference.setMissing(pair)
      return difference
    }
    guard !a.isAbsent, !b.isAbsent else {
      difference.relation = a.shape == b.shape ? .equal : .reshaped
      return difference
    }
    if order == nil, pair.firstDivisor == pair.secondDivisor, a.isBitEqual(to: b) {
      return difference
    }
    let (x, y) = (
      WeightRows(of: a, dividedBy: pair.firstDivisor),
      WeightRows(of: b, dividedBy: pair.secondDivisor)
    )
    if let order, x.rowCount > (order.max() ?? 0), order.count == y.rowCount {
      let moved = x.rows(order)
      if moved.elements.count == y.elements.count {
        difference.compare(moved, y)
        // In the old order: the layer before has another.
        if !difference.isSame, x.elements == y.elements {
          difference.compare(x, y)
          keepsOrder = true
        } else if difference.isSame, x.rowCount == order.count {
          difference.relation = moved.elements == x.elements ? .equal : .permuted(order: order)
        } else if difference.isSame {
          difference.relation = .reduced(removed: Self.missing(order, of: x.rowCount))
        }
        return difference
      }
    }
    guard x.elements.count == y.elements.count else {
      difference.relation = .reshaped
      return difference
    }
    difference.compare(x, y)
    return difference
  }

  static func missing(_ order: [Int], of count: Int) -> [Int] {
    let kept = Set(order)
    return (0..<count).filter { !kept.contains($0) }
  }
}

extension LayerPair {
  /// One pair of what are several behind each other.
  fileprivate func joined(with other: LayerPair) -> LayerPair {
    LayerPair(
      kind: kind, first: first + other.first, second: second + other.second, ways: ways)
  }
}
