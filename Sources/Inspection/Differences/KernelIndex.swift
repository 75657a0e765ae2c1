internal import ModelGraph
internal import TensorCore

/// The weights of a network by their bits.
struct KernelIndex {
  private let weights: [Int: [(name: String, tensor: Tensor)]]

  init(of network: Network) {
    weights = Dictionary(
      grouping: network.weights.filter { $0.tensor.shape.rank > 1 && !$0.tensor.isAbsent },
      by: { Self.hash(of: $0.tensor) })
  }

  /// The weight that has the bits of a tensor; nil for none.
  func name(of tensor: Tensor) -> String? {
    weights[Self.hash(of: tensor)]?.first { $0.tensor.isBitEqual(to: tensor) }?.name
  }

  private static func hash(of tensor: Tensor) -> Int {
    var hasher = Hasher()
    hasher.combine(tensor.shape)
    tensor.elements.made().withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }
}
