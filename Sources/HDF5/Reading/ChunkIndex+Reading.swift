extension Reader {
  /// All chunks of a dataset in the order of the grid.
  mutating func chunks(of description: ChunkTable) throws(Fault) -> [StoredChunk] {
    guard let address = description.layout.address else { return [] }
    var table = description
    switch table.layout.index {
    case .tree1: try readTree1(at: address, into: &table)
    case .tree2: try readTree2(at: address, into: &table)
    case .single(let byteCount, let skipped):
      guard byteCount != nil || table.filters.isEmpty else {
        throw .damage("the bytes of a filtered chunk", at: address, found: "none")
      }
      try table.add(
        table.counts.map { _ in 0 }, at: address, byteCount: byteCount, skipped: skipped,
        from: address, in: &self)
      guard table.counts.allSatisfy({ $0 == 1 }) else {
        throw .damage("a dataset of one chunk", at: address, found: "\(table.counts)")
      }
    case .implicit: try readImplicit(at: address, into: &table)
    case .fixedArray(let pageBits):
      try readFixedArray(at: address, pageBits: pageBits, into: &table)
    case .extensibleArray(let parameters):
      try readExtensibleArray(at: address, parameters: parameters, into: &table)
    }
    return try table.sorted()
  }

  private mutating func readTree1(at address: Int, into table: inout ChunkTable) throws(Fault) {
    let shape = table.layout.shape
    let width = 8 + 8 * (shape.count + 1)
    let entries = try entries(
      ofTreeAt: address, .chunks, keyByteCount: width, limit: nodes.chunks, childPart: .chunk)
    for entry in entries {
      var cursor = source.cursor(entry.key..<entry.key + width)
      let byteCount = try cursor.integer(4)
      let skipped = UInt32(try cursor.wide(4))
      var index: [Int] = []
      for extent in shape {
        let place = cursor.position
        let start = try cursor.integer(8)
        guard start % extent == 0 else {
          throw .damage("a multiple of \(extent)", at: place, found: "\(start)")
        }
        index.append(start / extent)
      }
      let rest = try cursor.integer(8)
      guard rest == 0 else {
        throw .damage("a chunk of whole elements", at: entry.key, found: "byte \(rest) of one")
      }
      try addInOrder(index, entry.child, byteCount, skipped, from: entry.key, into: &table)
    }
  }

  private mutating func readTree2(at address: Int, into table: inout ChunkTable) throws(Fault) {
    let isFiltered = !table.filters.isEmpty
    let width =
      source.addressWidth + (isFiltered ? table.lengthWidth + 4 : 0) + 8 * table.counts.count
    let type = isFiltered ? 11 : 10
    for record in try records(ofTreeAt: address, type: type, byteCount: width) {
      var cursor = source.cursor(record..<record + width)
      guard let (start, byteCount, skipped) = try chunk(&cursor, of: table) else {
        throw .damage("the address of a chunk", at: record, found: "none")
      }
      var index: [Int] = []
      for _ in table.counts { index.append(try cursor.integer(8)) }
      try addInOrder(index, start, byteCount, skipped, from: record, into: &table)
    }
  }

  /// Adds a chunk from a tree, where chunks come in the order of the grid.
  private mutating func addInOrder(
    _ index: [Int], _ start: Int, _ byteCount: Int?, _ skipped: UInt32, from place: Int,
    into table: inout ChunkTable
  ) throws(Fault) {
    let last = table.chunks.last?.number ?? -1
    try table.add(
      index, at: start, byteCount: byteCount, skipped: skipped, from: place, in: &self)
    guard table.chunks[table.chunks.count - 1].number > last else {
      throw .damage("chunks in their order", at: place, found: "another order")
    }
  }

  /// The place of a chunk in an index, with its bytes and filters if there are any; nil for a chunk
  /// that was not written.
  func chunk(
    _ cursor: inout Cursor, of table: ChunkTable
  ) throws(Fault) -> (start: Int, byteCount: Int?, skipped: UInt32)? {
    let start = try cursor.address()
    guard !table.filters.isEmpty else { return start.map { ($0, nil, 0) } }
    let byteCount = try cursor.integer(table.lengthWidth)
    let skipped = UInt32(try cursor.wide(4))
    return start.map { ($0, byteCount, skipped) }
  }

  private mutating func readImplicit(at address: Int, into table: inout ChunkTable) throws(Fault) {
    let counts = table.largestCounts.map { $0 ?? 0 }
    guard table.filters.isEmpty, !table.largestCounts.contains(nil),
      let count = ChunkTable.product(counts),
      let byteCount = ChunkTable.product([count, table.chunkByteCount])
    else {
      throw .damage("chunks of one size and number", at: address, found: "others")
    }
    // With room for what the dataset may become.
    _ = try source.cursor(at: address, count: byteCount, .chunk)
    try map.claim(address..<address + byteCount, .chunk)
    for number in 0..<count {
      let index = Self.index(number, in: counts)
      guard table.number(of: index) != nil else { continue }
      try table.add(
        index, at: address + number * table.chunkByteCount, byteCount: nil, skipped: 0,
        from: address, in: &self, isClaimed: true)
    }
  }

  /// The places along each axis of a number that counts the last axis fastest.
  static func index(_ number: Int, in counts: [Int]) -> [Int] {
    var rest = number
    var index = counts
    for axis in counts.indices.reversed() {
      index[axis] = axis == 0 ? rest : rest % counts[axis]
      rest /= counts[axis]
    }
    return index
  }
}
