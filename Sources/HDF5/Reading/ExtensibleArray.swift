internal import TensorCore

/// An array of chunks that grows along one axis: the specification, VII.D.
///
/// Few elements are in the index block; then come data blocks, whose number and size double in turn
/// from super block to super block. The data blocks of the first super blocks are known to the index
/// block itself.
private struct ExtensibleArray {
  var header: Int
  /// Bits of the largest number of elements.
  var bits: Int
  /// Elements in the index block.
  var indexCount: Int
  /// Elements in the smallest data block.
  var smallestCount: Int
  /// Data blocks of the first super block that the index block does not know itself.
  var pointerCount: Int
  /// Elements in a page of a data block.
  var pageCount: Int

  /// Bytes of a number of elements.
  var offsetWidth: Int { (bits + 7) / 8 }
  var superBlockCount: Int { 1 + bits - smallestCount.trailingZeroBitCount }
  /// How many super blocks the index block stands for.
  var directCount: Int { 2 * pointerCount.trailingZeroBitCount }

  func blockCount(of superBlock: Int) -> Int { 1 << (superBlock / 2) }
  func elementCount(of superBlock: Int) -> Int { smallestCount << ((superBlock + 1) / 2) }
}

extension Reader {
  /// Reads the chunks of an array.
  mutating func readExtensibleArray(
    at address: Int, parameters: [Int], into table: inout ChunkTable
  ) throws(Fault) {
    var cursor = try source.cursor(at: address, .extensibleArray)
    try cursor.signature("EAHD")
    try arrayPrefix(&cursor, table)
    let place = cursor.position
    var found: [Int] = []
    for _ in 0..<6 { found.append(try cursor.byte()) }
    try cursor.skip(6 * source.lengthWidth)  // how many there are of everything
    let index = try cursor.address()
    try cursor.skip(4)
    try source.verify(address..<cursor.position, .extensibleArray)
    try map.claim(address..<cursor.position, .extensibleArray)
    func isPower(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }
    let (bits, indexCount, pointers, smallest, pageBits) = (
      parameters[0], parameters[1], parameters[2], parameters[3], parameters[4]
    )
    guard found == [elementWidth(of: table), bits, indexCount, smallest, pointers, pageBits],
      1...60 ~= bits, isPower(pointers), isPower(smallest), pageBits <= 32,
      table.largestCounts.count(where: { $0 == nil }) == 1
    else {
      throw .damage(
        "an array of \(parameters) that grows along one axis", at: place, found: "\(found)")
    }
    guard let index else { return }
    let array = ExtensibleArray(
      header: address, bits: bits, indexCount: indexCount, smallestCount: smallest,
      pointerCount: pointers, pageCount: 1 << pageBits)
    try readIndexBlock(at: index, of: array, into: &table)
  }

  private mutating func readIndexBlock(
    at block: Int, of array: ExtensibleArray, into table: inout ChunkTable
  ) throws(Fault) {
    var cursor = try source.cursor(at: block, .extensibleArray)
    try cursor.signature("EAIB")
    try arrayPrefix(&cursor, table)
    try cursor.backReference(to: array.header, .extensibleArray)
    let elements = try cursor.take(elementsByteCount(array.indexCount, of: table))
    var blocks: [(address: Int?, superBlock: Int)] = []
    for superBlock in 0..<min(array.directCount, max(array.superBlockCount, 0)) {
      for _ in 0..<array.blockCount(of: superBlock) {
        blocks.append((try cursor.address(), superBlock))
      }
    }
    var superBlocks: [(address: Int?, number: Int)] = []
    for number in stride(from: array.directCount, to: array.superBlockCount, by: 1) {
      superBlocks.append((try cursor.address(), number))
    }
    try cursor.skip(4)
    try source.verify(block..<cursor.position, .extensibleArray)
    try map.claim(block..<cursor.position, .extensibleArray)

    try addElements(elements, from: 0, into: &table, Self.order(of: table))
    var first = array.indexCount
    // The library numbers these blocks through where it counts the elements before a block.
    var start = 0
    for (number, (address, superBlock)) in blocks.enumerated() {
      let count = array.elementCount(of: superBlock)
      if number > 0, blocks[number - 1].superBlock != superBlock {
        start = first - array.indexCount
      }
      if let address {
        guard count <= array.pageCount else {
          throw .unsupported("a first block without pages", at: address, found: "pages")
        }
        try readDataBlock(
          at: address, of: array, count: count, first: first, offset: start + number * count,
          written: nil, into: &table)
      }
      first += count
    }
    for (address, number) in superBlocks {
      if let address {
        try readSuperBlock(at: address, number, of: array, first: first, into: &table)
      }
      // At most 2^61 elements come before the last one.
      first += array.blockCount(of: number) * array.elementCount(of: number)
    }
  }

  private mutating func readSuperBlock(
    at block: Int, _ number: Int, of array: ExtensibleArray, first: Int,
    into table: inout ChunkTable
  ) throws(Fault) {
    var cursor = try source.cursor(at: block, .extensibleArray)
    try cursor.signature("EASB")
    try arrayPrefix(&cursor, table)
    try cursor.backReference(to: array.header, .extensibleArray)
    try offset(&cursor, of: array, first - array.indexCount)
    let count = array.elementCount(of: number)
    let blockCount = array.blockCount(of: number)
    var written: [[UInt8]?] = []
    if count > array.pageCount {
      let byteCount = (count / array.pageCount + 7) / 8
      for _ in 0..<blockCount { written.append(source.array(try cursor.take(byteCount))) }
    }
    var blocks: [Int?] = []
    for _ in 0..<blockCount { blocks.append(try cursor.address()) }
    try cursor.skip(4)
    try source.verify(block..<cursor.position, .extensibleArray)
    try map.claim(block..<cursor.position, .extensibleArray)
    for (index, address) in blocks.enumerated() {
      guard let address else { continue }
      try readDataBlock(
        at: address, of: array, count: count, first: first + index * count,
        offset: first - array.indexCount + index * count,
        written: written.isEmpty ? nil : written[index], into: &table)
    }
  }

  /// Reads a data block.
  ///
  /// - Parameters:
  ///   - offset: what the block says of the elements before it.
  ///   - written: a bit for each page that was written; nil for a block without pages.
  private mutating func readDataBlock(
    at block: Int, of array: ExtensibleArray, count: Int, first: Int, offset: Int,
    written: [UInt8]?, into table: inout ChunkTable
  ) throws(Fault) {
    var cursor = try source.cursor(at: block, .extensibleArray)
    try cursor.signature("EADB")
    try arrayPrefix(&cursor, table)
    try cursor.backReference(to: array.header, .extensibleArray)
    try self.offset(&cursor, of: array, offset)
    let order = Self.order(of: table)
    guard let written else {
      let elements = try cursor.take(elementsByteCount(count, of: table))
      try cursor.skip(4)
      try source.verify(block..<cursor.position, .extensibleArray)
      try map.claim(block..<cursor.position, .extensibleArray)
      return try addElements(elements, from: first, into: &table, order)
    }
    try cursor.skip(4)
    try source.verify(block..<cursor.position, .extensibleArray)
    try map.claim(block..<cursor.position, .extensibleArray)
    for page in 0..<count / array.pageCount {
      let start = cursor.position
      let elements = try cursor.take(elementsByteCount(array.pageCount, of: table))
      try cursor.skip(4)
      guard written[page / 8] << UInt8(page % 8) & 0x80 != 0 else { continue }
      try source.verify(start..<cursor.position, .extensibleArray)
      try map.claim(start..<cursor.position, .extensibleArray)
      try addElements(elements, from: first + page * array.pageCount, into: &table, order)
    }
  }

  /// The number of the first element of a block, which counts those behind the index block.
  private func offset(
    _ cursor: inout Cursor, of array: ExtensibleArray, _ expected: Int
  ) throws(Fault) {
    let place = cursor.position
    let found = try cursor.integer(array.offsetWidth)
    guard found == expected else {
      throw .damage("a block from element \(expected) on", at: place, found: "\(found)")
    }
  }

  /// The places along each axis by number: the axis that grows comes first, the others follow in
  /// their order.
  private static func order(of table: ChunkTable) -> (Int) -> [Int] {
    let growing = table.largestCounts.firstIndex(of: nil) ?? 0
    let others = table.counts.indices.filter { $0 != growing }
    // Along an axis that can have no chunk there is none to be found either.
    let counts = [1] + others.map { max(table.largestCounts[$0] ?? 1, 1) }
    return { number in
      let ordered = index(number, in: counts)
      var result = table.counts
      for (axis, part) in zip([growing] + others, ordered) { result[axis] = part }
      return result
    }
  }
}
