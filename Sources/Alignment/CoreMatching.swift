internal import ModelGraph
internal import TensorCore

/// Which cores of two networks are the same thing.
///
/// It begins at the inputs and outputs. A core whose inputs are known is looked for among those
/// that read the same in the other network, and a core whose reader is known among what that reader
/// reads; where neither leads on, weights with the same bits do. Where several come into question,
/// evidence decides: weights, their shapes, settings, names, and at last their order. Where that
/// leaves kernels without a partner of their shape, it is tried again from the longest sequence of
/// kernels that both have: one network may have units more. Nothing is asked of the values themselves: what differs must still be found, to be called different.
struct CoreMatching {
  let first: CoreGraph
  let second: CoreGraph
  /// For each core of the first network its partner in the second.
  private(set) var partners: [Int?]
  private var inverse: [Int?]

  init(_ first: CoreGraph, _ second: CoreGraph) {
    self.init(first, second, seeds: [])
    guard fit.isWanting else { return }
    // One has layers more: what is sure of the rest comes first.
    let other = CoreMatching(first, second, seeds: CoreSequence.common(first, second))
    if other.fit.count > fit.count { self = other }
  }

  /// - Parameter seeds: cores that are the same whatever is said of them.
  private init(_ first: CoreGraph, _ second: CoreGraph, seeds: [(a: Int, b: Int)]) {
    self.first = first
    self.second = second
    partners = Array(repeating: nil, count: first.cores.count)
    inverse = Array(repeating: nil, count: second.cores.count)
    for seed in seeds { match(seed.a, seed.b) }
    matchEnds(.input)
    matchEnds(.output)
    // Each round but the last finds a pair.
    var isGrowing = true
    while isGrowing {
      matchForward()
      isGrowing = matchBackward()
      if !isGrowing { isGrowing = matchWeights() }
    }
  }

  /// How many kernels have a partner of their shape, and whether others have one of another or none.
  private var fit: (count: Int, isWanting: Bool) {
    var count = 0
    let kernels = first.cores.indices.filter { first.cores[$0].kernel != nil }
    for a in kernels {
      guard let b = partners[a], first.cores[a].kernel?.shape == second.cores[b].kernel?.shape
      else {
        continue
      }
      count += 1
    }
    let others = second.cores.count { $0.kernel != nil }
    return (count, count < max(kernels.count, others))
  }

  private mutating func match(_ a: Int, _ b: Int) {
    partners[a] = b
    inverse[b] = a
  }

  /// Inputs or outputs: the same names, then those left from the last to the first.
  private mutating func matchEnds(_ family: CoreGraph.Family) {
    var left = first.cores.indices.filter { first.cores[$0].family == family }
    var right = second.cores.indices.filter { second.cores[$0].family == family }
    // The last output is what a network is for, whatever its name.
    if family == .output, let a = left.popLast(), let b = right.popLast() { match(a, b) }
    for a in left {
      if let b = right.first(where: { second.cores[$0].name == first.cores[a].name }) {
        match(a, b)
        right.removeAll { $0 == b }
      }
    }
    for (a, b) in zip(left.filter { partners[$0] == nil }.reversed(), right.reversed()) {
      match(a, b)
    }
  }
}

// MARK: - Ways from what is known

extension CoreMatching {
  /// What a core reads, in terms of the first network; nil unless all of it is known.
  private func reads(_ core: CoreGraph.Core, _ known: (Int) -> Int?) -> [Int]? {
    var key: [Int] = []
    for source in core.sources {
      guard let place = known(source.core) else { return nil }
      key.append(place << 8 | source.output)
    }
    // A sum does not depend on the order of its terms.
    if core.family == .combination { key.sort() }
    return key
  }

  private mutating func matchForward() {
    for a in first.cores.indices where partners[a] == nil {
      let core = first.cores[a]
      guard let source = core.sources.first, let place = partners[source.core],
        let key = reads(core, { partners[$0] == nil ? nil : $0 })
      else { continue }
      let left = first.readers[source.core].filter {
        partners[$0] == nil && first.cores[$0].family == core.family
          && reads(first.cores[$0], { partners[$0] == nil ? nil : $0 }) == key
      }
      // The first of a sum's sources may be another in the other network.
      let places = core.family == .combination ? core.sources.map { partners[$0.core]! } : [place]
      let right = Set(places.flatMap { second.readers[$0] }).sorted().filter {
        inverse[$0] == nil && second.cores[$0].family == core.family
          && reads(second.cores[$0], { inverse[$0] }) == key
      }
      matchGroup(left, right)
    }
  }

  private mutating func matchBackward() -> Bool {
    var isGrowing = false
    for a in first.cores.indices.reversed() {
      guard let b = partners[a] else { continue }
      let (reader, other) = (first.cores[a], second.cores[b])
      if reader.family == .combination {
        let left = reader.sources.map(\.core).filter { partners[$0] == nil }
        let right = other.sources.map(\.core).filter { inverse[$0] == nil }
        if matchGroup(left, right) { isGrowing = true }
      } else {
        for (from, to) in zip(reader.sources, other.sources)
        where partners[from.core] == nil && inverse[to.core] == nil {
          if matchGroup([from.core], [to.core]) { isGrowing = true }
        }
      }
    }
    return isGrowing
  }

  /// Weights that are the same bit by bit, or of one name and shape.
  private mutating func matchWeights() -> Bool {
    func groups(_ graph: CoreGraph, _ partners: [Int?]) -> [Shape: [Int]] {
      let open = graph.cores.indices.filter { partners[$0] == nil && graph.cores[$0].kernel != nil }
      return Dictionary(grouping: open) { graph.cores[$0].kernel!.shape }
    }
    let right = groups(second, inverse)
    var isGrowing = false
    for (shape, left) in groups(first, partners).sorted(by: { $0.value[0] < $1.value[0] }) {
      if matchGroup(left, right[shape] ?? [], leastEvidence: Evidence.shape + Evidence.name) {
        isGrowing = true
      }
    }
    return isGrowing
  }

  /// Pairs up cores that come into question for each other, the surest first.
  @discardableResult private mutating func matchGroup(
    _ left: [Int], _ right: [Int], leastEvidence: Int = 0
  ) -> Bool {
    var candidates: [(evidence: Int, a: Int, b: Int, distance: Int)] = []
    for (i, a) in left.enumerated() {
      for (j, b) in right.enumerated() {
        guard let evidence = Evidence.of(first.cores[a], second.cores[b]),
          evidence >= leastEvidence
        else { continue }
        candidates.append((evidence, a, b, abs(i - j)))
      }
    }
    candidates.sort {
      ($1.evidence, $0.distance, $0.a, $0.b) < ($0.evidence, $1.distance, $1.a, $1.b)
    }
    var isGrowing = false
    for (_, a, b, _) in candidates where partners[a] == nil && inverse[b] == nil {
      match(a, b)
      isGrowing = true
    }
    return isGrowing
  }
}

/// What speaks for two cores being the same, in an order in which no sum of the lesser outweighs
/// the greater.
private enum Evidence {
  static let bits = 32
  static let shape = 16
  static let name = 8
  static let settings = 4
  static let type = 2

  /// Nil where they cannot be the same.
  static func of(_ a: CoreGraph.Core, _ b: CoreGraph.Core) -> Int? {
    guard a.family == b.family, let x = a.node?.layer, let y = b.node?.layer else { return nil }
    var evidence = a.name == b.name ? name : 0
    if x.typeName == y.typeName { evidence += type }
    if let kernel = a.kernel, let other = b.kernel {
      if kernel.shape == other.shape { evidence += shape }
      if kernel.isBitEqual(to: other) { evidence += bits }
    }
    switch (x, y) {
    case (.convolution(let x), .convolution(let y)):
      if x.stride == y.stride && x.dilation == y.dilation && x.groups == y.groups {
        evidence += settings
      }
    case (.zeroPadding(let padding), .convolution(let layer)),
      (.convolution(let layer), .zeroPadding(let padding)):
      // One that stands for the other adds as many channels.
      let added = layer.kernel.shape[0] - layer.kernel.shape[1]
      if added != padding.channelsBefore + padding.channelsAfter { return nil }
    case (.pooling(let x), .pooling(let y)):
      // A pooling in two steps, rows and columns, has other windows.
      if x.kernel != y.kernel && a.name != b.name { return nil }
      if x.stride == y.stride && x.kind == y.kind { evidence += settings }
    default: break
    }
    return evidence
  }
}

extension CoreGraph.Core {
  /// The weights it multiplies with.
  var kernel: Tensor? {
    switch node?.layer {
    case .convolution(let layer): layer.kernel
    case .fullyConnected(let layer): layer.kernel
    default: nil
    }
  }

  /// Whether it adds something of its own to each channel.
  var hasBias: Bool {
    let bias: Tensor? =
      switch node?.layer {
      case .convolution(let layer): layer.bias
      case .fullyConnected(let layer): layer.bias
      default: nil
      }
    return bias?.doubles.contains { $0 != 0 } ?? false
  }
}
