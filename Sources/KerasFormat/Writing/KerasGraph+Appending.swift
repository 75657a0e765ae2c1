internal import Files
internal import JSON
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Layers.
extension KerasGraph {
  /// Adds a layer that computes what a node does, under its name.
  mutating func append(
    _ node: Node, _ type: LayerDraft.Class, _ settings: [JSON.Member] = [],
    weights: [WeightDraft] = [], to inputs: [DraftValue], shape: Shape,
    _ arrangement: DraftValue.Arrangement
  ) -> DraftValue {
    append(
      name(of: node), of: node, type, settings, weights: weights, to: inputs, shape: shape,
      arrangement)
  }

  /// Adds a layer, or calls one again that has the same weights and settings.
  mutating func append(
    _ name: String, of node: Node? = nil, _ type: LayerDraft.Class, _ settings: [JSON.Member],
    weights: [WeightDraft] = [], to inputs: [DraftValue], shape: Shape,
    _ arrangement: DraftValue.Arrangement
  ) -> DraftValue {
    var value = DraftValue(
      source: LayerDraft.Reference(layer: layers.count, call: 0), shape: shape,
      arrangement: arrangement)
    let isOfModel = node.map { !network.isMade($0.name) } ?? false
    var draft = LayerDraft(
      name: name, node: isOfModel ? node?.name : nil, type: type, settings: settings,
      weights: weights,
      calls: [inputs.map(\.source)], shapes: [value.kerasShape])
    draft.policy = node?.policy
    if let twin = twin(of: draft) {
      value.source = LayerDraft.Reference(layer: twin, call: layers[twin].calls.count)
      layers[twin].calls += draft.calls
      layers[twin].shapes += draft.shapes
      remarks.add(.sharedLayers, "\(node?.name ?? name) as \(layers[twin].name)")
    } else {
      if let origin = draft.weights.first?.origin {
        owners[origin.place, default: []].append(layers.count)
      }
      layers.append(draft)
    }
    return value
  }

  /// The layer before that has the very same weights, all of them, and settings.
  private func twin(of draft: LayerDraft) -> Int? {
    guard let first = draft.weights.first?.origin else { return nil }
    return owners[first.place]?.first { owner in
      let other = layers[owner]
      return other.type == draft.type && other.settings == draft.settings
        && other.weights.count == draft.weights.count
        && zip(other.weights, draft.weights).allSatisfy { $0.isShared(with: $1) }
    }
  }

  /// A tensor as a weight of Keras.
  mutating func weight(
    _ variable: String, _ tensor: Tensor, _ role: Layer.WeightRole, _ node: Node,
    _ transforms: [Ledger.Transform] = []
  ) throws(FormatError) -> WeightDraft {
    let origin = network.origin(of: role, in: node.name)
    if tensor.elementType == .float64 {
      remarks.add(.doubles, origin.weight ?? "\(node.name)/\(role.rawValue)")
    }
    var moved = tensor
    for transform in transforms {
      guard let next = transform.applied(to: moved) else {
        throw FormatError(
          .outOfMemory, at: .object(network.source(of: node.name)),
          "no memory for \(transform.description)")
      }
      moved = next
    }
    return WeightDraft(
      variable: variable, tensor: moved, weight: origin.weight,
      transforms: origin.transforms + transforms, origin: origin.weight == nil ? nil : tensor)
  }

  /// A weight of one number for each channel.
  mutating func vector(
    _ variable: String, _ tensor: Tensor, _ role: Layer.WeightRole, _ node: Node,
    _ transforms: [Ledger.Transform] = []
  ) throws(FormatError) -> WeightDraft {
    let shape = Shape([tensor.shape.elementCount])
    let reshape: [Ledger.Transform] =
      tensor.shape == shape ? [] : [.reshape(from: tensor.shape, to: shape)]
    return try weight(variable, tensor, role, node, reshape + transforms)
  }
}
