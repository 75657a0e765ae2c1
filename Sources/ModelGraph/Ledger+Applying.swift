public import TensorCore

extension Ledger.Transform {
  /// What the transform makes of a tensor; nil if it does not fit.
  public func applied(to tensor: Tensor) -> Tensor? {
    let rank = tensor.shape.rank
    switch self {
    case .reshape(let from, let to):
      guard from == tensor.shape, from.elementCount == to.elementCount else { return nil }
      return tensor.reshaped(to: to)
    case .transpose:
      return rank == 2 ? tensor.permuted([1, 0]) : nil
    case .swapSpatialAxes:
      return rank == 4 ? tensor.permuted([0, 1, 3, 2]) : nil
    case .setToOne:
      return tensor.filledWithOne()
    }
  }
}

extension Tensor {
  fileprivate func filledWithOne() -> Tensor {
    let one: [UInt8] =
      switch elementType {
      case .float16: [0x00, 0x3c]
      case .bfloat16: [0x80, 0x3f]
      case .float32: [0x00, 0x00, 0x80, 0x3f]
      case .float64: [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0, 0x3f]
      }
    let filled = Array(repeatElement(one, count: shape.elementCount).joined())
    // As many elements of the same type.
    return Tensor(shape: shape, elementType: elementType, bytes: Bytes(filled))!
  }
}
