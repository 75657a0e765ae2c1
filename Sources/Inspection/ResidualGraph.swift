internal import ModelGraph
internal import TensorCore

/// The residual units of a network: every sum of two values with the two paths to where they part.
struct ResidualGraph {
  /// One sum.
  struct Unit {
    /// The convolutions of the residual branch, first to last.
    var convolutions: [Layer.Convolution]
    /// The convolutions of the shortcut.
    var shortcutConvolutions: [Layer.Convolution]
    /// Whether image size or channels differ between the unit's input and output.
    var changesShape: Bool
    /// Whether it is the network's first unit, whose projection need not begin a stage.
    var isFirst: Bool
    /// Whether nothing but a ReLU reads the sum.
    var isRectifiedAfterAddition: Bool

    var kind: Architecture.Unit {
      switch convolutions.map(\.kernel.shape[2]) {
      case [3, 3]: .basic
      case [1, 3, 1]: .bottleneck
      default: .other
      }
    }
  }

  let units: [Unit]
  let hasMaxPoolingBeforeUnits: Bool

  init(_ network: Network) {
    var makers: [String: Node] = [:]
    var readers: [String: [Node]] = [:]
    for node in network.nodes {
      for value in node.outputs { makers[value] = node }
      for value in node.inputs { readers[value, default: []].append(node) }
    }
    let shapes = (try? network.shapes()) ?? [:]
    var units: [Unit] = []
    var pooled = false
    for node in network.nodes {
      if case .pooling(let layer) = node.layer, layer.kind == .maximum, units.isEmpty {
        pooled = true
      }
      guard case .elementwise(let sum) = node.layer, sum.operation == .sum, node.inputs.count == 2
      else { continue }
      let paths = node.inputs.map { ResidualGraph.path(from: $0, makers) }
      guard let parting = ResidualGraph.parting(paths[0], paths[1]) else { continue }
      var branches = [
        paths[0].prefix(parting.0).compactMap { $0.layer.convolution },
        paths[1].prefix(parting.1).compactMap { $0.layer.convolution },
      ]
      branches.sort { $0.count < $1.count }
      let input = shapes[paths[0][parting.0].outputs[0]]
      let after = readers[node.outputs[0], default: []]
      units.append(
        Unit(
          convolutions: branches[1].reversed(), shortcutConvolutions: branches[0].reversed(),
          changesShape: input != shapes[node.outputs[0]], isFirst: units.isEmpty,
          isRectifiedAfterAddition: !after.isEmpty && after.allSatisfy { $0.layer.isReLU }))
    }
    self.units = units
    hasMaxPoolingBeforeUnits = pooled
  }

  /// The layers before a value along first inputs, nearest first; units are shorter than the limit.
  private static func path(from value: String, _ makers: [String: Node]) -> [Node] {
    var path: [Node] = []
    var value: String? = value
    while let name = value, let node = makers[name], path.count < 64 {
      path.append(node)
      value = node.inputs.first
    }
    return path
  }

  /// Where two paths meet: the index of the first common layer in each.
  private static func parting(_ first: [Node], _ second: [Node]) -> (Int, Int)? {
    for (index, node) in first.enumerated() {
      if let other = second.firstIndex(where: { $0.name == node.name }) { return (index, other) }
    }
    return nil
  }
}

extension Layer {
  fileprivate var isReLU: Bool {
    switch self {
    case .relu, .prelu, .elu: true
    case .input, .convolution, .batchNormalization, .scale, .bias, .sigmoid, .tanh, .power,
      .pooling, .globalPooling, .elementwise, .concatenation, .slice, .zeroPadding,
      .fullyConnected, .flatten, .reshape, .permutation, .softmax, .localResponseNormalization,
      .passThrough:
      false
    }
  }
}
