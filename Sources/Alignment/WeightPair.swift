internal import ModelGraph
public import TensorCore

/// A weight of layers that are the same in two networks.
public struct WeightPair: Sendable {
  /// The names in both networks, `layer/role`.
  public let first: String, second: String
  /// The weight in the first network; nil where only the second has it.
  public let firstTensor: Tensor?
  /// The weight in the second network; nil where only the first has it.
  public let secondTensor: Tensor?
  /// What each tensor is divided by before it counts: the factor of running sums.
  public let firstDivisor: Double, secondDivisor: Double
}

extension WeightPair {
  /// The weights of all matched cores and of the links between them.
  ///
  /// - Parameter values: the values that are the same; a layer into which more was folded in one
  ///   network than in the other makes none of them, and has other weights.
  static func all(in matching: CoreMatching, values: [String: String]) -> [WeightPair] {
    var pairs: [WeightPair] = []
    var seen: Set<String> = []
    for (a, b) in matching.pairs {
      for (from, to) in matching.sources(a, b) where to.isSame(as: from, in: matching) {
        let links = from.affines
        guard let last = links.last, let end = to.affines.last,
          values[last.outputs[0]] == end.outputs[0], seen.insert(last.name).inserted
        else { continue }
        pairs += WeightPair.pairs(links, to.affines)
      }
      guard let node = a.node, let other = b.node, values[node.outputs[0]] == other.outputs[0]
      else { continue }
      pairs += WeightPair.pairs([node], [other])
    }
    return pairs
  }

  static func pairs(_ first: [Node], _ second: [Node]) -> [WeightPair] {
    guard first.map(\.layer.form) == second.map(\.layer.form) else {
      // A normalization with its scale, and both in one layer.
      guard let a = Weights(normalization: first), let b = Weights(normalization: second) else {
        return []
      }
      return a.pairs(with: b)
    }
    return zip(first, second).flatMap { Weights(of: $0).pairs(with: Weights(of: $1)) }
  }
}

/// The weights of one layer, or of a normalization and the scale behind it, by role.
private struct Weights {
  typealias Role = Layer.WeightRole
  var tensors: [(role: Role, name: String, tensor: Tensor)]
  /// What mean and variance are divided by.
  var divisor = 1.0

  init(of node: Node) {
    tensors = node.layer.weights.map { ($0.role, "\(node.name)/\($0.role.rawValue)", $0.tensor) }
    if let factor = tensors.firstIndex(where: { $0.role == .factor }) {
      // A factor of 0 makes statistics of 0, which nothing is divided by.
      divisor = tensors[factor].tensor.doubles[0]
      tensors.remove(at: factor)
    }
  }

  init?(normalization nodes: [Node]) {
    guard let first = nodes.first, case .batchNormalization = first.layer, nodes.count <= 2 else {
      return nil
    }
    self.init(of: first)
    guard nodes.count == 2 else { return }
    guard case .scale(let scale) = nodes[1].layer, scale.axis == 1,
      !tensors.contains(where: { $0.role == .gamma || $0.role == .beta })
    else { return nil }
    for (role, tensor) in nodes[1].layer.weights {
      tensors.append(
        (role == .scale ? .gamma : .beta, "\(nodes[1].name)/\(role.rawValue)", tensor))
    }
  }

  func pairs(with other: Weights) -> [WeightPair] {
    var pairs: [WeightPair] = []
    func divisor(_ weights: Weights, _ role: Role) -> Double {
      role == .mean || role == .variance ? weights.divisor : 1
    }
    for (role, name, tensor) in tensors {
      let partner = other.tensors.first { $0.role == role }
      pairs.append(
        WeightPair(
          first: name, second: partner?.name ?? "", firstTensor: tensor,
          secondTensor: partner?.tensor, firstDivisor: divisor(self, role),
          secondDivisor: divisor(other, role)))
    }
    for (role, name, tensor) in other.tensors where !tensors.contains(where: { $0.role == role }) {
      pairs.append(
        WeightPair(
          first: "", second: name, firstTensor: nil, secondTensor: tensor, firstDivisor: 1,
          secondDivisor: divisor(other, role)))
    }
    return pairs
  }
}
