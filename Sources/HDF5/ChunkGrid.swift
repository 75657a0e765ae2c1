package import TensorCore

/// How chunks of one shape cover a dataset.
package struct ChunkGrid: Sendable {
  /// More than the largest kernel of a ResNet takes.
  package static let chunkLimit = 64 << 20

  package let shape: Shape
  package let chunkShape: Shape
  /// Bytes of an element.
  package let width: Int
  /// Chunks along each axis.
  private let counts: [Int]

  /// A grid; nil for chunks of no extent or beyond the limit.
  ///
  /// - Parameter shape: has elements.
  package init?(shape: Shape, chunkShape extents: [Int], width: Int) {
    guard !extents.isEmpty, extents.count == shape.rank, extents.allSatisfy({ $0 > 0 }),
      let chunkShape = Shape(checking: extents),
      chunkShape.elementCount <= ChunkGrid.chunkLimit / width
    else { return nil }
    self.shape = shape
    self.chunkShape = chunkShape
    self.width = width
    counts = zip(shape.dimensions, extents).map { ($0 - 1) / $1 + 1 }
  }

  /// The bytes of one chunk; chunks at the edges are as large as all others.
  package var chunkByteCount: Int { chunkShape.elementCount * width }

  /// Calls `body` with the first element of each chunk.
  package func forEachOrigin<Failure: Error>(
    _ body: ([Int]) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachIndex(below: counts) { index throws(Failure) in
      try body(zip(index, chunkShape.dimensions).map { $0 * $1 })
    }
  }

  /// Puts the elements of a chunk to their places; those beyond the dataset are left out.
  ///
  /// - Parameters:
  ///   - chunk: `chunkByteCount` bytes.
  ///   - elements: those of the whole dataset.
  package func place(_ chunk: [UInt8], at origin: [Int], in elements: UnsafeMutableRawBufferPointer)
  {
    precondition(chunk.count == chunkByteCount && elements.count == shape.elementCount * width)
    let last = shape.rank - 1
    var extents = (0...last).map { min(chunkShape[$0], shape[$0] - origin[$0]) }
    let rowByteCount = extents[last] * width
    extents[last] = 1
    chunk.withUnsafeBytes { source in
      forEachIndex(below: extents) { index in
        var (from, to) = (0, 0)
        for axis in 0...last {
          from = from * chunkShape[axis] + index[axis]
          to = to * shape[axis] + origin[axis] + index[axis]
        }
        // SAFETY: `extents` keeps rows within both; the rebased buffers check it again.
        UnsafeMutableRawBufferPointer(rebasing: elements[(to * width)...].prefix(rowByteCount))
          .copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[(from * width)...].prefix(rowByteCount)))
      }
    }
  }

  /// Calls `body` with each index whose parts are below the extents, the last part fastest.
  private func forEachIndex<Failure: Error>(
    below extents: [Int], _ body: ([Int]) throws(Failure) -> Void
  ) throws(Failure) {
    var index = [Int](repeating: 0, count: extents.count)
    while true {
      try body(index)
      guard let axis = index.indices.last(where: { index[$0] + 1 < extents[$0] }) else { return }
      index[axis] += 1
      for inner in index.indices.suffix(from: axis + 1) { index[inner] = 0 }
    }
  }
}
