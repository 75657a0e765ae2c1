public import TensorCore

extension Ledger.Transform {
  /// What the transform makes of a tensor; nil if it does not fit, or is too large for memory.
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
    case .widen(let type):
      guard type == tensor.elementType, type.byteCount == 2 else { return nil }
      return Tensor(tensor.shape, tensor.floats)
    case .surroundWithZeros(let zeros):
      return tensor.surrounded(by: zeros)
    }
  }
}

extension Ledger.Transform {
  /// How many elements the transform makes of a tensor; nil if they cannot be counted.
  public func elementCount(from shape: Shape) -> Int? {
    guard case .surroundWithZeros(let zeros) = self else { return shape.elementCount }
    return shape.surrounded(by: zeros)?.elementCount
  }
}

extension Shape {
  /// The extents of kernels with zeros around them; nil if there are no kernels, or too many zeros.
  fileprivate func surrounded(by zeros: Padding) -> Shape? {
    let sides = [zeros.top, zeros.left, zeros.bottom, zeros.right]
    guard rank == 4, (dimensions + sides).allSatisfy({ 0..<1 << 31 ~= $0 }) else { return nil }
    let extents = [
      self[0], self[1], self[2] + zeros.top + zeros.bottom, self[3] + zeros.left + zeros.right,
    ]
    guard let shape = Shape(checking: extents), shape.elementCount < 1 << 60 else { return nil }
    return shape
  }
}

extension Tensor {
  /// Kernels in fields of zeros; nil if there are no kernels, or no memory.
  fileprivate func surrounded(by zeros: Padding) -> Tensor? {
    guard let enlarged = shape.surrounded(by: zeros),
      (try? Memory.require(enlarged.elementCount * elementType.byteCount)) != nil
    else { return nil }
    let width = elementType.byteCount
    let (rows, run) = (shape[2], shape[3] * width)
    let moved = Bytes(count: enlarged.elementCount * width) { output in
      // SAFETY: each row of the kernels lies within them and, moved, within the zeros.
      bytes.withUnsafeBytes { input in
        for row in 0..<shape[0] * shape[1] * rows {
          let target =
            (row / rows * enlarged[2] + zeros.top + row % rows) * enlarged[3] + zeros.left
          UnsafeMutableRawBufferPointer(rebasing: output[target * width..<target * width + run])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[row * run..<(row + 1) * run]))
        }
      }
    }
    // As many elements of the same type.
    return Tensor(shape: enlarged, elementType: elementType, bytes: moved)!
  }

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
