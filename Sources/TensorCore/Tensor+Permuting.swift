extension Tensor {
  /// The axes in another order, the elements copied: axis `i` of the result is axis `axes[i]`.
  ///
  /// - Parameter axes: each axis of the tensor once; `[1, 0]` transposes a matrix.
  public func permuted(_ axes: [Int]) -> Tensor {
    precondition(axes.sorted().elementsEqual(0..<shape.rank), "axes \(axes) of \(shape)")
    let permutedShape = Shape(axes.map { shape[$0] })
    if isAbsent { return Tensor(absent: permutedShape)! }  // as many as there are
    let moved =
      switch elementType {
      case .float16, .bfloat16: permutedBytes(axes, of: UInt16.self)
      case .float32: permutedBytes(axes, of: UInt32.self)
      case .float64: permutedBytes(axes, of: UInt64.self)
      }
    // As many elements of the same type.
    return Tensor(shape: permutedShape, elementType: elementType, bytes: moved)!
  }

  private func permutedBytes<Bits: FixedWidthInteger & BitwiseCopyable & SIMDScalar>(
    _ axes: [Int], of type: Bits.Type
  ) -> Bytes {
    let moves = PermutedAxes(shape, axes)
    return Bytes(overwriting: byteCount) { output in
      // SAFETY: both hold `elementCount` elements; the steps of a full index stay among them.
      elements.made().withUnsafeBytes { input in
        if moves.fast.target == 1 {
          moves.copyRows(from: input, to: output, width: MemoryLayout<Bits>.size)
        } else {
          moves.copyTiles(of: type, from: input, to: output)
        }
      }
    }
  }
}

/// The moves of elements when axes are put into another order.
private struct PermutedAxes {
  /// One axis of the result, or several that stay together.
  struct Axis {
    var extent: Int
    /// From one element to the next along the axis, in the tensor.
    var source: Int
    /// The same in the result.
    var target: Int
  }

  /// The axes of the result, but `fast`.
  let outer: [Axis]
  /// The axis along which the elements of the tensor lie next to each other.
  let fast: Axis

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

  /// Where the fast axis lies next to each other in the result too.
  func copyRows(
    from input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer, width: Int
  ) {
    let byteCount = fast.extent * width
    var row = Odometer(outer)
    while !row.isDone {
      let from = UnsafeRawBufferPointer(rebasing: input[(row.source * width)...].prefix(byteCount))
      let to = output[(row.target * width)...].prefix(byteCount)
      UnsafeMutableRawBufferPointer(rebasing: to).copyMemory(from: from)
      row.advance()
    }
  }

  /// By tiles of a small buffer, which are filled with rows of the tensor and emptied into rows of
  /// the result: the cache holds only a few lines as far apart as those of either.
  func copyTiles<Bits: FixedWidthInteger & BitwiseCopyable & SIMDScalar>(
    of type: Bits.Type, from input: UnsafeRawBufferPointer,
    to output: UnsafeMutableRawBufferPointer
  ) {
    let (tileWidth, tileHeight) = (256, 16)  // half of a first-level cache, in single precision
    let size = MemoryLayout<Bits>.size
    withUnsafeTemporaryAllocation(of: Bits.self, capacity: tileWidth * tileHeight) { tile in
      for start in stride(from: 0, to: fast.extent, by: tileWidth) {
        let width = min(tileWidth, fast.extent - start)
        var row = Odometer(outer)
        while !row.isDone {
          let first = row.target
          var height = 0
          while height < tileHeight, !row.isDone, row.target == first + height {
            let from = input.baseAddress! + (row.source + start) * size
            let to = tile.baseAddress! + height
            for element in 0..<width {
              to[element &* tileHeight] = (from + element &* size).loadUnaligned(as: type)
            }
            height += 1
            row.advance()
          }
          var to = output.baseAddress! + (first + start * fast.target) * size
          for element in 0..<width {
            let line = UnsafeRawPointer(tile.baseAddress! + element &* tileHeight)
            if height == tileHeight {
              to.storeBytes(of: line.load(as: SIMD16<Bits>.self), as: SIMD16<Bits>.self)
            } else {
              to.copyMemory(from: line, byteCount: height * size)
            }
            to += fast.target * size
          }
        }
      }
    }
  }

  /// Steps through the indices of axes, the last axis first.
  struct Odometer {
    private let axes: [Axis]
    private var index: [Int]
    private(set) var source = 0
    private(set) var target = 0
    private(set) var isDone: Bool

    init(_ axes: [Axis]) {
      self.axes = axes
      index = [Int](repeating: 0, count: axes.count)
      isDone = axes.contains { $0.extent == 0 }
    }

    mutating func advance() {
      for place in axes.indices.reversed() {
        let axis = axes[place]
        index[place] += 1
        source += axis.source
        target += axis.target
        if index[place] < axis.extent { return }
        index[place] = 0
        source -= axis.source * axis.extent
        target -= axis.target * axis.extent
      }
      isDone = true
    }
  }
}
