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
    let moves = PermutedAxes(shape, axes)
    let width = MemoryLayout<Bits>.size
    return Bytes(count: bytes.count) { output in
      // SAFETY: both hold `elementCount` elements; the steps of a full index stay among them.
      bytes.withUnsafeBytes { input in
        moves.forEach { source, target in
          output.storeBytes(
            of: input.loadUnaligned(fromByteOffset: source * width, as: type),
            toByteOffset: target * width, as: type)
        }
      }
    }
  }
}

/// The moves of elements when axes are put into another order.
private struct PermutedAxes {
  /// One axis of the result, or several that stay together.
  private struct Axis {
    var extent: Int
    /// From one element to the next along the axis, in the tensor.
    var source: Int
    /// The same in the result.
    var target: Int
  }

  /// The axes of the result, but `fast`.
  private let outer: [Axis]
  /// The axis along which the elements of the tensor lie next to each other.
  private let fast: Axis

  init(_ shape: Shape, _ axes: [Int]) {
    var merged: [Axis] = []
    var target = shape.elementCount
    for axis in axes where shape[axis] != 1 {
      target /= max(shape[axis], 1)
      let next = Axis(
        extent: shape[axis], source: shape.elementCount(from: axis + 1), target: target)
      if let last = merged.last, last.source == next.source * next.extent {
        merged[merged.count - 1] = Axis(
          extent: last.extent * next.extent, source: next.source, target: target)
      } else {
        merged.append(next)
      }
    }
    let place = merged.firstIndex { $0.source == 1 }
    fast = place.map { merged.remove(at: $0) } ?? Axis(extent: 1, source: 1, target: 1)
    outer = shape.elementCount == 0 ? [Axis(extent: 0, source: 0, target: 0)] : merged
  }

  /// Calls `move` for each element with its index in the tensor and in the result.
  ///
  /// In strips of the fast axis as wide as a line of the cache: each line of the tensor is read
  /// once, and the result is written in so many rising streams.
  @inline(__always)
  func forEach(_ move: (_ source: Int, _ target: Int) -> Void) {
    let stripWidth = 16
    for start in stride(from: 0, to: fast.extent, by: stripWidth) {
      let strip = start..<min(start + stripWidth, fast.extent)
      var index = [Int](repeating: 0, count: outer.count)
      var (source, target) = (0, 0)
      while outer.allSatisfy({ $0.extent > 0 }) {
        // The last axis without the bookkeeping of an index.
        let last = outer.last ?? Axis(extent: 1, source: 0, target: 0)
        for _ in 0..<last.extent {
          for element in strip { move(source + element, target + element * fast.target) }
          source += last.source
          target += last.target
        }
        source -= last.source * last.extent
        target -= last.target * last.extent
        var axis = outer.count - 2
        while axis >= 0 {
          index[axis] += 1
          source += outer[axis].source
          target += outer[axis].target
          if index[axis] < outer[axis].extent { break }
          source -= outer[axis].source * outer[axis].extent
          target -= outer[axis].target * outer[axis].extent
          index[axis] = 0
          axis -= 1
        }
        if axis < 0 { break }
      }
    }
  }
}
