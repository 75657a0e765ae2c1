public import TensorCore

extension Ledger.Transform {
  /// What the transform makes of a tensor; nil if it does not fit, or is too large for memory.
  ///
  /// What `permute`, `flipKernels`, `square`, `invertSquare`, `divide` and `widen` move or compute is
  /// deferred.
  public func applied(to tensor: Tensor) -> Tensor? {
    let rank = tensor.shape.rank
    switch self {
    case .reshape(let from, let to):
      guard from == tensor.shape, from.elementCount == to.elementCount else { return nil }
      return tensor.reshaped(to: to)
    case .transpose:
      return rank == 2 ? tensor.permuted([1, 0]) : nil
    case .permute(let axes):
      guard axes.sorted().elementsEqual(0..<rank) else { return nil }
      return tensor.moved(Shape(axes.map { tensor.shape[$0] })) { $0.permuted(axes) }
    case .flipKernels:
      guard rank == 3 || rank == 4 else { return nil }
      return tensor.moved(tensor.shape) { $0.flipped(axes: rank - 2) }
    case .square(let addend):
      return tensor.deferred(tensor.shape, .float64) { tensor in
        Tensor(
          tensor.shape,
          tensor.doubles.map { ($0 + addend) * ($0 + addend) })
      }
    case .invertSquare(let subtrahend):
      return tensor.computed { 1 / ($0 * $0) - subtrahend }
    case .divide(let divisor):
      return tensor.computed { $0 / divisor }
    case .swapSpatialAxes:
      return rank == 4 ? tensor.permuted([0, 1, 3, 2]) : nil
    case .setToOne:
      return tensor.filledWithOne()
    case .widen(let type):
      guard type == tensor.elementType, type.byteCount == 2 else { return nil }
      return tensor.moved(tensor.shape, .float32) { Tensor($0.shape, $0.floats) }
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
  /// What `make` makes of this tensor, deferred: the same numbers, moved or widened.
  fileprivate func moved(
    _ shape: Shape, _ type: ElementType? = nil, _ make: @escaping @Sendable (Tensor) -> Tensor
  ) -> Tensor? {
    deferred(shape, type, sameNumbersAs: self, make)
  }

  /// What `make` makes of this tensor, deferred; nil if there is no memory for it once.
  fileprivate func deferred(
    _ shape: Shape, _ type: ElementType? = nil, sameNumbersAs source: Tensor? = nil,
    _ make: @escaping @Sendable (Tensor) -> Tensor
  ) -> Tensor? {
    if isAbsent { return Tensor(absent: shape) }
    guard
      let tensor = Tensor(
        deferred: shape, elementType: type ?? elementType, sameNumbersAs: source,
        make: { make(self) }),
      tensor.byteCount < 1 << 20 || (try? Memory.require(tensor.byteCount)) != nil
    else { return nil }
    return tensor
  }

  /// A number made of each element in float64, stored as float32 or float64.
  fileprivate func computed(_ make: @escaping @Sendable (Double) -> Double) -> Tensor? {
    let type: ElementType = elementType == .float64 ? .float64 : .float32
    return deferred(shape, type) { tensor in
      let numbers = tensor.doubles.map(make)
      return type == .float64
        ? Tensor(tensor.shape, numbers) : Tensor(tensor.shape, numbers.map { Float($0) })
    }
  }

  /// The first axes in the opposite order.
  fileprivate func flipped(axes: Int) -> Tensor {
    let extents = shape.dimensions.prefix(axes)
    let count = extents.reduce(1, *)
    let run = byteCount / max(count, 1)
    let moved = Bytes(count: byteCount) { output in
      // SAFETY: both hold `count` runs.
      elements.made().withUnsafeBytes { input in
        for index in 0..<count {
          UnsafeMutableRawBufferPointer(rebasing: output[index * run..<(index + 1) * run])
            .copyMemory(
              from: UnsafeRawBufferPointer(
                rebasing: input[(count - 1 - index) * run..<(count - index) * run]))
        }
      }
    }
    // As many elements of the same type.
    return Tensor(shape: shape, elementType: elementType, bytes: moved)!
  }

  /// Kernels in fields of zeros; nil if there are no kernels, or no memory.
  fileprivate func surrounded(by zeros: Padding) -> Tensor? {
    guard let enlarged = shape.surrounded(by: zeros),
      (try? Memory.require(enlarged.elementCount * elementType.byteCount)) != nil
    else { return nil }
    let width = elementType.byteCount
    let (rows, run) = (shape[2], shape[3] * width)
    let moved = Bytes(count: enlarged.elementCount * width) { output in
      // SAFETY: each row of the kernels lies within them and, moved, within the zeros.
      elements.made().withUnsafeBytes { input in
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
