internal import TensorCore

/// A chunk of a dataset as it is stored.
struct StoredChunk: Sendable {
  /// Its place in the grid, the last axis fastest.
  var number: Int
  /// Where it is in the file.
  var range: Range<Int>
  /// Bit i is set where filter i was not applied.
  var skipped: UInt32
}

/// The chunks of a dataset while their index is read: each lies on the grid, and once.
struct ChunkTable {
  let layout: ChunkLayout
  let filters: [HDF5File.Filter]
  /// Chunks along each axis.
  let counts: [Int]
  /// Chunks along each axis when the dataset is as large as it may become; nil without a limit.
  let largestCounts: [Int?]
  /// The bytes of a chunk before the filters.
  let chunkByteCount: Int
  /// Bytes of the length of a stored chunk in an index that is none of version-1 B-trees.
  let lengthWidth: Int
  private(set) var chunks: [StoredChunk] = []

  init(
    _ layout: ChunkLayout, _ filters: [HDF5File.Filter], extents: [UInt64], largest: [UInt64?],
    in source: Source
  ) throws(Fault) {
    self.layout = layout
    self.filters = filters
    func count(_ extent: UInt64, _ chunk: Int) -> Int {
      extent == 0 ? 0 : Int(clamping: (extent - 1) / UInt64(chunk) + 1)
    }
    counts = zip(extents, layout.shape).map(count)
    largestCounts =
      largest.isEmpty
      ? counts : zip(largest, layout.shape).map { limit, chunk in limit.map { count($0, chunk) } }
    guard let product = Self.product(layout.shape + [layout.elementByteCount]),
      Self.product(counts) != nil
    else {
      throw Fault(
        .beyondLimits,
        "expected chunks that can be counted, found \(layout.shape) of \(extents)")
    }
    chunkByteCount = product
    // One more than the length itself may take.
    let logarithm = Int.bitWidth - 1 - product.leadingZeroBitCount
    lengthWidth = layout.hasLongLengths ? source.lengthWidth : min(8, 1 + (logarithm + 8) / 8)
  }

  static func product(_ factors: [Int]) -> Int? {
    var product = 1
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }

  /// The place of a chunk from its places along each axis; nil outside the dataset.
  func number(of index: [Int]) -> Int? {
    var number = 0
    for (part, count) in zip(index, counts) {
      guard part < count else { return nil }
      number = number * count + part
    }
    return number
  }

  /// Adds a chunk that an index tells.
  ///
  /// - Parameters:
  ///   - byteCount: its stored bytes; nil for those of a chunk without filters.
  ///   - place: where the index tells it.
  ///   - isClaimed: whether its bytes are known to be the dataset's.
  mutating func add(
    _ index: [Int], at start: Int, byteCount: Int?, skipped: UInt32, from place: Int,
    in reader: inout Reader, isClaimed: Bool = false
  ) throws(Fault) {
    guard let number = number(of: index) else {
      throw .damage("a chunk within \(counts) of them", at: place, found: "one at \(index)")
    }
    let byteCount = byteCount ?? chunkByteCount
    guard byteCount > 0 else { throw .damage("a chunk of some bytes", at: place, found: "0") }
    guard skipped >> UInt32(filters.count) == 0 else {
      throw .damage(
        "a mask of \(filters.count) filters", at: place, found: String(skipped, radix: 2))
    }
    // Shuffling cannot fail: who skips it alone did not write what is described.
    let shuffled = filters.indices.filter {
      if case .shuffle = filters[$0] { skipped >> UInt32($0) & 1 != 0 } else { false }
    }
    guard shuffled.isEmpty || skipped.nonzeroBitCount == filters.count else {
      throw .unsupported(
        "chunks that were shuffled", at: place, found: "one that skipped this filter")
    }
    reader.chunkCount += 1
    guard reader.chunkCount <= Reader.chunkLimit else {
      throw Fault(
        .beyondLimits, "expected at most \(Reader.chunkLimit) chunks in a file, found more")
    }
    if !isClaimed {
      _ = try reader.source.cursor(at: start, count: byteCount, .chunk)
      try reader.map.claim(start..<start + byteCount, .chunk)
    }
    chunks.append(
      StoredChunk(number: number, range: start..<start + byteCount, skipped: skipped))
  }

  /// The chunks in the order of the grid.
  ///
  /// - Throws: `Fault` for a chunk that comes twice.
  func sorted() throws(Fault) -> [StoredChunk] {
    let sorted = chunks.sorted { $0.number < $1.number }
    for (chunk, next) in zip(sorted, sorted.dropFirst()) where chunk.number == next.number {
      throw .damage("each chunk once", at: next.range.lowerBound, found: "one twice")
    }
    return sorted
  }
}
