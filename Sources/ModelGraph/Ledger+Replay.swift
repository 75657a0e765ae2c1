public import TensorCore

extension Ledger.Transform {
  /// A tensor after the transform; nil where the transform does not fit it.
  public func applied(to tensor: Tensor) -> Tensor? {
    switch self {
    case .reshape(let from, let to):
      guard tensor.shape == from, from.elementCount == to.elementCount else { return nil }
      return tensor.reshaped(to: to)
    case .transpose:
      guard tensor.shape.rank == 2 else { return nil }
      return tensor.permuted([1, 0])
    }
  }
}
