internal import TensorCore

// Fixed arrays of chunks: the specification, VII.C: as many elements as there can be chunks.

extension Reader {
  /// Reads the chunks of an array, in pages if it is a large one.
  mutating func readFixedArray(
    at address: Int, pageBits: Int, into table: inout ChunkTable
  ) throws(Fault) {
    var cursor = try source.cursor(at: address, .fixedArray)
    try cursor.signature("FAHD")
    try arrayPrefix(&cursor, table)
    let place = cursor.position
    let (foundWidth, foundBits) = (try cursor.byte(), try cursor.byte())
    let count = try cursor.length()
    let block = try cursor.address()
    try cursor.skip(4)
    try source.verify(address..<cursor.position, .fixedArray)
    try map.claim(address..<cursor.position, .fixedArray)
    let counts = table.largestCounts.map { $0 ?? 0 }
    let width = elementWidth(of: table)
    guard foundWidth == width, foundBits == pageBits, 1...32 ~= pageBits,
      !table.largestCounts.contains(nil), ChunkTable.product(counts) == count
    else {
      throw .damage(
        "\(counts) chunks of \(width) bytes in pages of 2^\(pageBits)", at: place,
        found: "\(count) of \(foundWidth) in pages of 2^\(foundBits)")
    }
    guard let block, count > 0 else { return }
    try readFixedBlock(
      at: block, of: address, count: count, counts, pageCount: 1 << pageBits, into: &table)
  }

  private mutating func readFixedBlock(
    at block: Int, of header: Int, count: Int, _ counts: [Int], pageCount: Int,
    into table: inout ChunkTable
  ) throws(Fault) {
    var cursor = try source.cursor(at: block, .fixedArray)
    try cursor.signature("FADB")
    try arrayPrefix(&cursor, table)
    try cursor.backReference(to: header, .fixedArray)
    let isPaged = count > pageCount
    var written: [UInt8] = []
    if isPaged {
      written = source.array(try cursor.take(((count - 1) / pageCount + 8) / 8))
      try cursor.skip(4)
      try source.verify(block..<cursor.position, .fixedArray)
      try map.claim(block..<cursor.position, .fixedArray)
    }
    var first = 0
    while first < count {
      let start = isPaged ? cursor.position : block
      let number = first / pageCount
      let elements = try cursor.take(elementsByteCount(min(count - first, pageCount), of: table))
      try cursor.skip(4)
      defer { first += pageCount }
      // What was never written has no checksum either.
      guard !isPaged || written[number / 8] << UInt8(number % 8) & 0x80 != 0 else { continue }
      try source.verify(start..<cursor.position, .fixedArray)
      try map.claim(start..<cursor.position, .fixedArray)
      try addElements(elements, from: first, into: &table) { Self.index($0, in: counts) }
    }
  }

  // MARK: Both kinds of arrays

  /// Version, and whether the elements are those of filtered chunks.
  func arrayPrefix(_ cursor: inout Cursor, _ table: ChunkTable) throws(Fault) {
    _ = try cursor.version(0...0, of: "an array of chunks")
    let place = cursor.position
    let client = try cursor.byte()
    guard client == (table.filters.isEmpty ? 0 : 1) else {
      throw .damage(
        "elements as \(table.filters.count) filters need them", at: place, found: "kind \(client)")
    }
  }

  /// Bytes of an element of an array.
  func elementWidth(of table: ChunkTable) -> Int {
    source.addressWidth + (table.filters.isEmpty ? 0 : table.lengthWidth + 4)
  }

  /// The bytes of some elements; as many as nothing has for too many.
  func elementsByteCount(_ count: Int, of table: ChunkTable) -> Int {
    ChunkTable.product([count, elementWidth(of: table)]) ?? Int.max
  }

  /// Adds the chunks of a run of elements.
  ///
  /// - Parameter index: the places along each axis of the chunk with a number.
  mutating func addElements(
    _ elements: Range<Int>, from first: Int, into table: inout ChunkTable, _ index: (Int) -> [Int]
  ) throws(Fault) {
    var cursor = source.cursor(elements)
    var number = first
    while cursor.remaining > 0 {
      let place = cursor.position
      if let (start, byteCount, skipped) = try chunk(&cursor, of: table) {
        try table.add(
          index(number), at: start, byteCount: byteCount, skipped: skipped, from: place, in: &self)
      }
      number += 1
    }
  }
}
