internal import ModelGraph
internal import TensorCore

/// The residual units of a network: every sum of two values with the two paths to where they part.
struct ResidualGraph {
  /// One sum.
  struct Unit {
    /// The layer that adds.
    var sum: String
    /// The last layer that both branches have.
    var start: String
    /// The values.
    let values: ResidualUnit
    /// The convolutions of the residual branch, first to last.
    var convolutions: [Layer.Convolution]
    /// The convolutions of the shortcut.
    var shortcutConvolutions: [Layer.Convolution]
    /// Whether the number of channels differs between the unit's input and output.
    var changesChannels: Bool
    /// Whether the size of the image differs between the unit's input and output.
    var changesSize: Bool
    /// Whether it is the network's first unit, whose projection need not begin a stage.
    var isFirst: Bool
    /// Whether nothing but a ReLU reads the sum.
    var isRectifiedAfterAddition: Bool
    /// Whether normalization or ReLU stand before the first convolution; nil where they may as well
    /// belong to a convolution before the unit.
    var isActivatedBefore: Bool?

    /// Whether image size or channels differ between the unit's input and output.
    var changesShape: Bool { changesChannels || changesSize }
    /// Whether a window of more than one element moves by more than one.
    var isStridden: Bool { convolutions.contains { $0.longestStride > 1 } }

    var kind: Architecture.Unit {
      switch convolutions.map(\.side) {
      case [3, 3]: .basic
      case [1, 3, 1]: .bottleneck
      default: .other
      }
    }
  }

  let units: [Unit]
  let hasMaxPoolingBeforeUnits: Bool
  /// The layers of the branches that make factors for channels, by name: they are beside the path.
  let gates: Set<String>
  /// The layers behind the last sum, by name; all, where there are no units.
  let layersBehindUnits: Set<String>

  init(_ network: Network) {
    let links = Links(network)
    let shapes = (try? network.shapes()) ?? [:]
    var units: [Unit] = []
    var stem: [Node]?
    var last: String?
    for node in network.nodes {
      guard case .elementwise(let sum) = node.layer, sum.operation == .sum, node.inputs.count == 2
      else { continue }
      let paths = node.inputs.map { links.path(to: $0) }
      guard let parting = ResidualGraph.parting(paths[0], paths[1]) else { continue }
      var branches = [
        Array(paths[0].prefix(parting.0)), Array(paths[1].prefix(parting.1)),
      ]
      let isCrossed = branches[0].convolutions.count >= branches[1].convolutions.count
      // A rectifier with a slope for each element is a sum, too.
      guard branches.contains(where: { !$0.convolutions.isEmpty }) else { continue }
      if isCrossed { branches.swapAt(0, 1) }
      let start = paths[0][parting.0]
      if units.isEmpty { stem = links.path(to: start.outputs[0], limit: .max) }
      let (input, output) = (shapes[start.outputs[0]], shapes[node.outputs[0]])
      let after = links.computingReaders(of: node.outputs[0])
      units.append(
        Unit(
          sum: node.name, start: start.name,
          values: ResidualUnit(
            sum: node.outputs[0], branch: node.inputs[isCrossed ? 0 : 1],
            shortcut: node.inputs[isCrossed ? 1 : 0], input: start.outputs[0]),
          convolutions: branches[1].convolutions.reversed(),
          shortcutConvolutions: branches[0].convolutions.reversed(),
          changesChannels: input?.channelCount != output?.channelCount,
          changesSize: input?.imageSize != output?.imageSize, isFirst: units.isEmpty,
          isRectifiedAfterAddition: !after.isEmpty && after.allSatisfy { $0.layer.isReLU },
          isActivatedBefore: ResidualGraph.isActivated(branches[1], start, links)))
      last = node.outputs[0]
    }
    self.units = units
    hasMaxPoolingBeforeUnits = (stem ?? network.nodes).contains { $0.layer.isMaximumPooling }
    gates = links.gates(in: network)
    layersBehindUnits = last.map { links.layers(behind: $0) } ?? Set(network.nodes.map(\.name))
  }

  /// Where two paths meet: the index of the first common layer in each.
  private static func parting(_ first: [Node], _ second: [Node]) -> (Int, Int)? {
    var places: [String: Int] = [:]
    for (index, node) in second.enumerated() { places[node.name] = index }
    for (index, node) in first.enumerated() {
      if let other = places[node.name] { return (index, other) }
    }
    return nil
  }

  /// Whether a branch, last layer first, begins with normalization or ReLU.
  private static func isActivated(_ branch: [Node], _ start: Node, _ links: Links) -> Bool? {
    let first = branch.last { !$0.layer.isPassThrough }
    if let first, first.layer.isActivating { return true }
    guard start.layer.isActivating else { return false }
    // In front of both branches: it is the unit's own behind a sum or a pooling.
    let path = links.path(to: start.outputs[0])
    let shared = path.prefix { $0.layer.isActivating || $0.layer.isPassThrough }
    let before = shared.count < path.count ? path[shared.count] : nil
    guard before?.layer.convolution == nil else { return nil }
    return shared.contains { $0.layer.isNormalization }
  }
}

/// Who makes and who reads each value of a network.
private struct Links {
  private var makers: [String: Node] = [:]
  private var readers: [String: [Node]] = [:]

  init(_ network: Network) {
    for node in network.nodes {
      for value in node.outputs { makers[value] = node }
      for value in node.inputs { readers[value, default: []].append(node) }
    }
  }

  /// The layers before a value along first inputs, nearest first; units are shorter than the limit.
  func path(to value: String, limit: Int = 64) -> [Node] {
    var path: [Node] = []
    var value: String? = value
    while let name = value, let node = makers[name], path.count < limit {
      path.append(node)
      value = node.inputs.first
    }
    return path
  }

  /// The layers that read a value, those seen through that only hand it on.
  func computingReaders(of value: String) -> [Node] {
    var found: [Node] = []
    var open = [value]
    while let name = open.popLast() {
      for node in readers[name, default: []] {
        if node.layer.isPassThrough { open += node.outputs } else { found.append(node) }
      }
    }
    return found
  }

  /// The layers that a value reaches.
  func layers(behind value: String) -> Set<String> {
    var found: Set<String> = []
    var open = [value]
    while let name = open.popLast() {
      for node in readers[name, default: []] where found.insert(node.name).inserted {
        open += node.outputs
      }
    }
    return found
  }

  /// The layers with weights that make factors for channels out of the value they scale.
  func gates(in network: Network) -> Set<String> {
    var found: Set<String> = []
    for node in network.nodes where node.inputs.count == 2 {
      switch node.layer {
      case .scale: break
      case .elementwise(let layer) where layer.operation == .product: break
      default: continue
      }
      let paths = node.inputs.map { path(to: $0) }
      let names = Set(paths[0].map(\.name))
      // The product's first input is the value, or its second.
      let sides = [
        paths[1].prefix { !names.contains($0.name) },
        paths[0].prefix { node in !paths[1].contains { $0.name == node.name } },
      ]
      let gate = sides.first { side in side.contains { $0.layer.isGlobalPooling } }
      found.formUnion((gate ?? []).map(\.name))
    }
    return found
  }
}

extension [Node] {
  fileprivate var convolutions: [Layer.Convolution] { compactMap { $0.layer.convolution } }
}

extension Shape {
  /// The channels of an image or of features.
  fileprivate var channelCount: Int? { rank > 1 ? self[1] : nil }
  fileprivate var imageSize: [Int] { Array(dimensions.dropFirst(2)) }
}

extension Layer.Convolution {
  /// The longer side of the kernel: along a line it has one row.
  var side: Int { max(kernel.shape[2], kernel.shape[3]) }
  /// The longer step: along a line that of the rows means nothing.
  var longestStride: Int { max(stride.height, stride.width) }
}

extension Layer {
  fileprivate var isReLU: Bool {
    switch self {
    case .prelu: true
    case .activation(let function): function.affine == nil
    default: false
    }
  }

  /// Whether it is what stands before a convolution in a unit that is activated before.
  fileprivate var isActivating: Bool { isReLU || isNormalization }

  fileprivate var isNormalization: Bool {
    switch self {
    case .batchNormalization: true
    case .scale(let layer): layer.scale != nil
    case .bias(let layer): layer.bias != nil
    default: false
    }
  }

  fileprivate var isPassThrough: Bool {
    if case .passThrough = self { true } else { false }
  }

  fileprivate var isMaximumPooling: Bool {
    // Of one element it only strides.
    guard case .pooling(let layer) = self else { return false }
    return layer.kind == .maximum && layer.kernel != Extent(1)
  }

  fileprivate var isGlobalPooling: Bool {
    if case .globalPooling = self { true } else { false }
  }
}
