/// A heap of messages: the specification, III.G. Its address space is cut into blocks that double
/// in size from row to row.
struct FractalHeap {
  /// The bytes that lead to an object.
  var identifierWidth: Int
  /// Bytes of an offset in the heap, and of an object's length.
  var offsetWidth: Int
  var lengthWidth: Int
  /// The blocks with objects, in the order of the heap's address space.
  var blocks: [Block] = []
  /// The objects that are too large for blocks, by their numbers.
  var hugeObjects: [Int: Range<Int>] = [:]

  struct Block {
    /// Where it begins in the heap's address space.
    var offset: Int
    /// Where it is in the file.
    var range: Range<Int>
    /// The bytes before its objects.
    var prefixByteCount: Int
  }

  /// Where an object is in the file.
  ///
  /// - Parameter identifier: the place of the bytes that lead to it.
  func object(_ identifier: Range<Int>, in source: Source) throws(Fault) -> Range<Int> {
    var cursor = source.cursor(identifier)
    let first = try cursor.byte()
    switch first >> 4 {
    case 0: return try managedObject(&cursor)
    case 1 where identifierWidth <= source.addressWidth + source.lengthWidth:
      let place = cursor.position
      let number = try cursor.integer(min(8, identifierWidth - 1))
      guard let range = hugeObjects[number] else {
        throw .damage("the number of an object in a heap", at: place, found: "\(number)")
      }
      return range
    case 2 where identifierWidth <= 17: return try cursor.take(first & 15 + 1)
    default:
      throw .unsupported(
        "an object within a heap", at: identifier.lowerBound, found: "type \(first >> 4)")
    }
  }

  private func managedObject(_ cursor: inout Cursor) throws(Fault) -> Range<Int> {
    let place = cursor.position
    let offset = try cursor.integer(offsetWidth)
    let count = try cursor.integer(lengthWidth)
    // The last block that does not begin behind the offset.
    var (low, high) = (0, blocks.count)
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].offset <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { throw .damage("an offset in a heap", at: place, found: "\(offset)") }
    let block = blocks[low - 1]
    let inside = offset - block.offset
    guard inside >= block.prefixByteCount, count > 0, inside <= block.range.count,
      count <= block.range.count - inside
    else {
      throw .damage(
        "an object in a block of \(block.range.count) bytes", at: place,
        found: "\(count) bytes from \(inside) on")
    }
    let start = block.range.lowerBound + inside
    return start..<start + count
  }
}
