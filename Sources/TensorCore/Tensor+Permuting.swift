extension Tensor {
  /// The axes in another order, the elements copied: axis `i` of the result is axis `axes[i]`.
  ///
  /// - Parameter axes: each axis of the tensor once; `[1, 0]` transposes a matrix.
  public func permuted(_ axes: [Int]) -> Tensor {
    precondition(axes.sorted().elementsEqual(0..<shape.rank), "axes \(axes) of \(shape)")
    let moved =
      switch elementType {
      case .float16, .bfloat16: permutedBytes(axes, of: UInt16.self)
      case .float32: permutedBytes(axes, of: UInt32.self)
      case .float64: permutedBytes(axes, of: UInt64.self)
      }
    // As many elements of the same type.
    return Tensor(shape: Shape(axes.map { shape[$0] }), elementType: elementType, bytes: moved)!
  }

  private func permutedBytes<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ axes: [Int], of type: Bits.Type
  ) -> Bytes {
    let width = MemoryLayout<Bits>.size
    let extents = axes.map { shape[$0] }
    // From one element to the next along each axis of the result, in the source.
    let steps = axes.map { width * shape.elementCount(from: $0 + 1) }
    return Bytes(count: bytes.count) { output in
      // SAFETY: both hold `elementCount` elements; the steps of a full index stay among them.
      bytes.withUnsafeBytes { input in
        var index = [Int](repeating: 0, count: extents.count)
        var source = 0
        for target in 0..<shape.elementCount {
          output.storeBytes(
            of: input.loadUnaligned(fromByteOffset: source, as: type),
            toByteOffset: target * width, as: type)
          for axis in extents.indices.reversed() {
            index[axis] += 1
            source += steps[axis]
            if index[axis] < extents[axis] { break }
            source -= steps[axis] * extents[axis]
            index[axis] = 0
          }
        }
      }
    }
  }
}
