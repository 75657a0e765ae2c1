internal import ModelGraph

/// A value that a network computes on its way without having a layer for it.
struct HiddenValue {
  /// A layer that computes it, of a name that says what it is.
  let node: Node
  /// The layer on whose way it lies.
  let owner: String
}

extension Network {
  /// Normalizations before their scale, and images with the zeros that windows add to them, or with
  /// fewer: other frameworks have layers of their own for them.
  func hiddenValues() -> [HiddenValue] {
    var hidden: [HiddenValue] = []
    func add(_ words: String, _ layer: Layer, _ node: Node) {
      hidden.append(
        HiddenValue(
          node: Node("\(node.name) \(words)", layer, inputs: [node.inputs[0]]), owner: node.name))
    }
    for node in nodes {
      switch node.layer {
      case .batchNormalization(var layer) where layer.gamma != nil || layer.beta != nil:
        (layer.gamma, layer.beta) = (nil, nil)
        add("before gamma and beta", .batchNormalization(layer), node)
      case .convolution(let layer) where layer.padding != .none:
        add("after its padding", .zeroPadding(.init(spatial: layer.padding)), node)
      case .pooling(let layer) where layer.padding != .none:
        add("after its padding", .zeroPadding(.init(spatial: layer.padding)), node)
      case .zeroPadding(var layer) where layer.spatial.bottom > 0 && layer.spatial.right > 0:
        // Which no window of stride 2 reads; a writer for a framework that pads alike leaves them out.
        layer.spatial.bottom -= 1
        layer.spatial.right -= 1
        add("without its last zeros", .zeroPadding(layer), node)
      default: break
      }
    }
    return hidden
  }

  /// The network with layers for some hidden values, each before its owner: the last output stays
  /// the last.
  func inserting(_ hidden: [HiddenValue]) throws(NetworkError) -> Network {
    guard !hidden.isEmpty else { return self }
    let layers = Dictionary(grouping: hidden, by: \.owner)
    return try Network(
      name: name,
      nodes: nodes.flatMap { node in (layers[node.name] ?? []).map(\.node) + [node] })
  }

  /// The values that may go by one name with another: what normalizes, rescales, rectifies or hands
  /// it on, before and behind it.
  func neighbours(of value: String, _ hidden: [HiddenValue]) -> Set<String> {
    var found: Set<String> = [value]
    var owners: Set<String> = []
    // Behind it, as long as nothing else is computed.
    for node in nodes {
      guard let input = node.inputs.first, found.contains(input), node.layer.isCompanion else {
        continue
      }
      found.formUnion(node.outputs)
    }
    for node in nodes.reversed() {
      guard node.outputs.contains(where: found.contains) else { continue }
      owners.insert(node.name)
      if node.layer.isCompanion { found.insert(node.inputs[0]) }
    }
    found.formUnion(hidden.filter { owners.contains($0.owner) }.map(\.node.name))
    found.subtract(inputs.map(\.name) + [value])
    return found
  }
}

extension Layer {
  /// Whether it goes with the layer before it under one name in some framework.
  fileprivate var isCompanion: Bool {
    switch self {
    case .batchNormalization, .activation, .prelu, .softmax, .passThrough: true
    case .scale(let layer): layer.scale != nil
    case .bias(let layer): layer.bias != nil
    default: false
    }
  }
}
