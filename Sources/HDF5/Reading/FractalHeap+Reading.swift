/// How the blocks of a heap double.
private struct DoublingTable {
  /// Blocks in a row.
  var width: Int
  /// Bytes of a block in the first two rows.
  var startByteCount: Int
  /// Bytes of the largest block that holds objects itself.
  var directByteCount: Int
  /// Bits of an address in the heap.
  var bitCount: Int

  /// Bytes of each block in a row; nil for more than the heap can have.
  func byteCount(ofRow row: Int) -> Int? {
    let shift = max(row - 1, 0)
    guard shift < 62 - startByteCount.trailingZeroBitCount else { return nil }
    return startByteCount << shift
  }

  /// How many rows a block of rows has that takes so many bytes.
  func rowCount(of byteCount: Int) -> Int {
    byteCount.trailingZeroBitCount - startByteCount.trailingZeroBitCount
      - width.trailingZeroBitCount + 1
  }
}

extension Reader {
  /// Reads a heap with all its blocks.
  mutating func fractalHeap(at address: Int) throws(Fault) -> FractalHeap {
    var cursor = try source.cursor(at: address, .heap)
    try cursor.signature("FRHP")
    _ = try cursor.version(0...0, of: "a fractal heap")
    let identifierWidth = try cursor.integer(2)
    let filterByteCount = try cursor.integer(2)
    guard filterByteCount == 0 else {
      throw .unsupported("a fractal heap without filters", at: address, found: "filters")
    }
    let flags = try cursor.byte()
    let managedLimit = try cursor.integer(4)
    try cursor.skip(source.lengthWidth)
    let hugeTree = try cursor.address()
    // Free space, of which nobody needs to know.
    try cursor.skip(source.lengthWidth + source.addressWidth + 3 * source.lengthWidth)
    try cursor.skip(source.lengthWidth)  // the number of managed objects
    try cursor.skip(source.lengthWidth)
    let hugeCount = try cursor.length()
    try cursor.skip(2 * source.lengthWidth)
    let place = cursor.position
    let table = DoublingTable(
      width: try cursor.integer(2), startByteCount: try cursor.length(),
      directByteCount: try cursor.length(), bitCount: try cursor.integer(2))
    try cursor.skip(2)
    let root = try cursor.address()
    let rowCount = try cursor.integer(2)
    try cursor.skip(4)
    try source.verify(address..<cursor.position, .heap)
    try map.claim(address..<cursor.position, .heap)
    func isPower(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }
    guard flags & ~3 == 0, isPower(table.width), isPower(table.startByteCount),
      isPower(table.directByteCount), table.directByteCount >= table.startByteCount,
      1...63 ~= table.bitCount, identifierWidth > 1
    else { throw .damage("a heap whose blocks double", at: place, found: "\(table)") }
    // A length up to that of the largest block, and of the largest object in one.
    let lengthWidth = min(
      BTree2.width(upTo: table.directByteCount), BTree2.width(upTo: managedLimit))
    var heap = FractalHeap(
      identifierWidth: identifierWidth, offsetWidth: (table.bitCount + 7) / 8,
      lengthWidth: lengthWidth)
    if let root {
      try readBlocks(
        of: &heap, table, root: root, rowCount: rowCount, isChecked: flags & 2 != 0, at: address)
    }
    if let hugeTree {
      heap.hugeObjects = try hugeObjects(in: hugeTree, count: hugeCount)
    }
    return heap
  }

  /// A block that is still to be read.
  private struct Step {
    var address: Int
    var offset: Int
    /// Bytes of a block of objects; nil for a block of rows.
    var byteCount: Int?
    var rowCount = 0
  }

  private mutating func readBlocks(
    of heap: inout FractalHeap, _ table: DoublingTable, root: Int, rowCount: Int, isChecked: Bool,
    at address: Int
  ) throws(Fault) {
    var rest = [
      Step(
        address: root, offset: 0, byteCount: rowCount == 0 ? table.startByteCount : nil,
        rowCount: rowCount)
    ]
    while let step = rest.popLast() {
      if let byteCount = step.byteCount {
        heap.blocks.append(
          try block(step, byteCount, of: address, heap.offsetWidth, isChecked: isChecked))
      } else {
        rest += try children(step, table, of: address, heap.offsetWidth).reversed()
      }
    }
  }

  /// A block of objects.
  private mutating func block(
    _ step: Step, _ byteCount: Int, of heap: Int, _ offsetWidth: Int, isChecked: Bool
  ) throws(Fault) -> FractalHeap.Block {
    var cursor = try source.cursor(at: step.address, count: byteCount, .heapBlock)
    try cursor.signature("FHDB")
    try blockPrefix(&cursor, step, of: heap, offsetWidth)
    let range = step.address..<step.address + byteCount
    if isChecked {
      // Its own checksum counts as zero.
      let place = cursor.position - range.lowerBound
      var bytes = source.array(range)
      let found = try cursor.wide(4)
      for index in place..<place + 4 { bytes[index] = 0 }
      guard Lookup3.checksum(of: bytes) == found else {
        throw .damage(
          "a block of a heap with a right checksum", at: step.address, found: "a wrong one")
      }
    }
    try map.claim(range, .heapBlock)
    return FractalHeap.Block(
      offset: step.offset, range: range, prefixByteCount: cursor.position - range.lowerBound)
  }

  /// The blocks that a block of rows leads to.
  private mutating func children(
    _ step: Step, _ table: DoublingTable, of heap: Int, _ offsetWidth: Int
  ) throws(Fault) -> [Step] {
    var cursor = try source.cursor(at: step.address, .heapBlock)
    try cursor.signature("FHIB")
    try blockPrefix(&cursor, step, of: heap, offsetWidth)
    var children: [Step] = []
    var offset = step.offset
    for row in 0..<max(step.rowCount, 0) {
      guard let byteCount = table.byteCount(ofRow: row), table.bitCount < 63 else {
        throw .damage("a heap of at most 2^62 bytes", at: step.address, found: "row \(row)")
      }
      let isDirect = byteCount <= table.directByteCount
      for _ in 0..<table.width {
        if let child = try cursor.address() {
          children.append(
            Step(
              address: child, offset: offset, byteCount: isDirect ? byteCount : nil,
              rowCount: isDirect ? 0 : table.rowCount(of: byteCount)))
        }
        let (next, overflow) = offset.addingReportingOverflow(byteCount)
        guard !overflow else {
          throw .damage("a heap of at most 2^62 bytes", at: step.address, found: "more")
        }
        offset = next
      }
    }
    try cursor.skip(4)
    try source.verify(step.address..<cursor.position, .heapBlock)
    try map.claim(step.address..<cursor.position, .heapBlock)
    return children
  }

  private func blockPrefix(
    _ cursor: inout Cursor, _ step: Step, of heap: Int, _ offsetWidth: Int
  ) throws(Fault) {
    _ = try cursor.version(0...0, of: "a block of a fractal heap")
    try cursor.backReference(to: heap, .heap)
    let place = cursor.position
    let offset = try cursor.integer(offsetWidth)
    guard offset == step.offset else {
      throw .damage("a block for offset \(step.offset)", at: place, found: "for \(offset)")
    }
  }

  /// Objects that are too large for blocks: address, length, number.
  private mutating func hugeObjects(
    in tree: Int, count: Int
  ) throws(Fault) -> [Int: Range<Int>] {
    let width = source.addressWidth + 2 * source.lengthWidth
    var objects: [Int: Range<Int>] = [:]
    for record in try records(ofTreeAt: tree, type: 1, byteCount: width) {
      var cursor = source.cursor(record..<record + width)
      let start = try cursor.address(of: .heapObject)
      let count = try cursor.length()
      let number = try cursor.length()
      _ = try source.cursor(at: start, count: count, .heapObject)
      try map.claim(start..<start + count, .heapObject)
      guard objects.updateValue(start..<start + count, forKey: number) == nil else {
        throw .damage("each object once", at: record, found: "number \(number) twice")
      }
    }
    guard objects.count == count else {
      throw .damage("\(count) large objects in a heap", at: tree, found: "\(objects.count)")
    }
    return objects
  }
}
