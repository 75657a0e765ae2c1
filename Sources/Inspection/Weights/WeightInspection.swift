public import ModelGraph
public import TensorCore

/// What the weights of a model look like: every tensor, every normalization, and what of it
/// deserves attention.
public struct WeightInspection: Sendable {
  /// The tensors, in the order of the layers; one that layers share is there once.
  public let tensors: [TensorStatistics]
  /// The batch normalizations, in the order of the layers.
  public let normalizations: [NormalizationStatistics]
  /// What deserves attention, the most important first.
  public let findings: [WeightFinding]

  /// Looks at the weights of a network.
  ///
  /// - Parameters:
  ///   - layers: which layers are looked at.
  ///   - progress: called with how many bytes were looked at, of how many.
  public init(
    of network: Network, layers: (String) -> Bool = { _ in true },
    progress: (Int, Int) -> Void = { _, _ in }
  ) {
    var roles: [String: (layer: String, role: Layer.WeightRole)] = [:]
    for node in network.nodes where layers(node.name) {
      for (role, _) in node.layer.weights {
        roles["\(node.name)/\(role.rawValue)"] = (node.name, role)
      }
    }
    let wanted = network.weights.filter { roles[$0.name] != nil && !$0.tensor.isAbsent }
    let total = wanted.reduce(0) { $0 + $1.tensor.byteCount }
    var done = 0
    tensors = wanted.map { name, tensor in
      defer {
        done += tensor.byteCount
        progress(done, total)
      }
      let part = roles[name]!  // just filtered
      return TensorStatistics(
        name, tensor, layer: part.layer, role: part.role,
        isKernel: part.role == .kernel && tensor.shape.rank >= 2)
    }
    normalizations = network.normalizations(layers)
    findings = WeightFinding.all(in: tensors, normalizations)
  }

  /// Looks at tensors whose layers are not known: their channels are not known either.
  public init(
    of arrays: [(name: String, tensor: Tensor)], named: (String) -> Bool = { _ in true },
    progress: (Int, Int) -> Void = { _, _ in }
  ) {
    let wanted = arrays.filter { named($0.name) }
    let total = wanted.reduce(0) { $0 + $1.tensor.byteCount }
    var done = 0
    tensors = wanted.map { name, tensor in
      defer {
        done += tensor.byteCount
        progress(done, total)
      }
      return TensorStatistics(name, tensor, isKernel: false)
    }
    normalizations = []
    findings = WeightFinding.all(in: tensors, [])
  }
}

extension Network {
  /// The batch normalizations, each with the scale that is its other half in Caffe.
  fileprivate func normalizations(
    _ layers: (String) -> Bool
  ) -> [NormalizationStatistics] {
    var readers: [String: [Node]] = [:]
    for node in nodes {
      for value in node.inputs { readers[value, default: []].append(node) }
    }
    return nodes.compactMap { node in
      guard layers(node.name), case .batchNormalization(let layer) = node.layer,
        !layer.mean.isAbsent
      else { return nil }
      var scale: Layer.Scale?
      if layer.gamma == nil, layer.beta == nil,
        let reader = readers[node.outputs[0]], reader.count == 1,
        case .scale(let other) = reader[0].layer, let factor = other.scale, other.axis == 1,
        factor.shape.elementCount == layer.mean.shape.elementCount
      {
        scale = other
      }
      return NormalizationStatistics(layer, named: node.name, scale: scale)
    }
  }
}
