/// Texts of variable length, kept together: the specification, III.E.
struct GlobalHeap {
  /// Where the objects are in the file, by their numbers.
  var objects: [Int: Range<Int>] = [:]
}

extension Reader {
  /// Where a text of variable length is: a length, and a place in a heap.
  ///
  /// - Returns: nil for a text of no bytes, which needs no heap.
  mutating func text(_ cursor: inout Cursor) throws(Fault) -> Range<Int>? {
    let place = cursor.position
    let count = try cursor.integer(4)
    guard count > 0 else {
      try cursor.skip(source.addressWidth + 4)
      return nil
    }
    let heap = try globalHeap(at: try cursor.address(of: .globalHeap))
    let number = try cursor.integer(4)
    guard let range = heap.objects[number], range.count == count else {
      throw .damage(
        "a text of \(count) bytes with the number \(number) in its heap", at: place,
        found: heap.objects[number].map { "\($0.count) bytes" } ?? "none")
    }
    return range
  }

  private mutating func globalHeap(at address: Int) throws(Fault) -> GlobalHeap {
    if let known = globalHeaps[address] { return known }
    // Of the heap, and of each object: filled up to a multiple of 8.
    let prefix = (8 + source.lengthWidth + 7) / 8 * 8
    var cursor = try source.cursor(at: address, count: prefix, .globalHeap)
    try cursor.signature("GCOL")
    _ = try cursor.version(1...1, of: "a global heap")
    try cursor.skip(3)
    let byteCount = try cursor.length()
    guard byteCount >= prefix else {
      throw .damage("a heap of at least \(prefix) bytes", at: address, found: "\(byteCount)")
    }
    cursor = try source.cursor(at: address, count: byteCount, .globalHeap)
    try map.claim(address..<address + byteCount, .globalHeap)
    try cursor.skip(prefix)
    var heap = GlobalHeap()
    while cursor.remaining >= prefix {
      let place = cursor.position
      let number = try cursor.integer(2)
      try cursor.skip(2 + 4)  // how many refer to it
      let count = try cursor.length()
      try cursor.skip(prefix - 8 - source.lengthWidth)
      // The number of the free space, which is last and counts its own beginning.
      guard number != 0 else {
        guard count == cursor.end - place else {
          throw .damage("free space of \(cursor.end - place) bytes", at: place, found: "\(count)")
        }
        break
      }
      let object = try cursor.take(count)
      try cursor.skip(min((8 - count % 8) % 8, cursor.remaining))
      guard heap.objects.updateValue(object, forKey: number) == nil else {
        throw .damage("each object of a heap once", at: place, found: "number \(number) twice")
      }
    }
    globalHeaps[address] = heap
    return heap
  }
}
