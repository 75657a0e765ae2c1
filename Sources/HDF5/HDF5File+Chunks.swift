internal import Files
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension HDF5File {
  /// The elements of a chunked dataset, decoded.
  func elements(
    of dataset: Dataset, in grid: ChunkGrid, _ pipeline: FilterPipeline
  ) throws(FormatError) -> Bytes {
    guard case .chunks(let chunks) = dataset.pieces else {
      throw dataset.fault(.badModel, "expected chunks, found that none were listed")
    }
    // Nothing is allocated before each chunk is known to be there and large enough.
    var number = 0
    try grid.forEachOrigin { origin throws(FormatError) in
      guard number < chunks.count, chunks[number].number == number else {
        throw dataset.fault(
          .badModel, "expected elements, found that none were written at \(origin)")
      }
      let stored = chunks[number].range.count
      guard pipeline.canDecode(stored) else {
        throw dataset.fault(
          .refused,
          "expected a chunk of \(grid.chunkByteCount) bytes at \(origin), found \(stored) stored ones"
        )
      }
      number += 1
    }
    let byteCount = grid.shape.elementCount * grid.width  // as every chunk is there
    guard let memory = calloc(byteCount, 1) else {
      throw dataset.fault(.inputOutput, "no memory for \(byteCount) bytes")
    }
    // Nobody else has the elements yet.
    let elements = Bytes(adopting: memory, count: byteCount) {
      free(UnsafeMutableRawPointer(mutating: $0))
    }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    number = 0
    try grid.forEachOrigin { origin throws(FormatError) in
      let stored = chunks[number]
      number += 1
      guard let bytes = file.bytes.slice(from: stored.range.lowerBound, count: stored.range.count),
        let chunk = pipeline.decode(bytes.array, skipping: stored.skipped)
      else {
        throw dataset.fault(
          .badModel,
          "expected a chunk of \(grid.chunkByteCount) bytes at \(origin), found what its filters "
            + "do not decode to that")
      }
      grid.place(chunk, at: origin, in: buffer)
    }
    return elements
  }
}
