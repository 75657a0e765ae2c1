internal import TensorCore

/// Many links of a group, or many attributes of an object: a heap of messages, and a B-tree that
/// finds them by the hashes of their names.
struct DenseIndex {
  enum Kind {
    case links, attributes
  }

  var heap: Int
  var names: Int

  /// Reads a link information or attribute information message; nil where all are in the header.
  ///
  /// - Parameter counterWidth: bytes of a place in the order of creation.
  init?(_ cursor: inout Cursor, counterWidth: Int) throws(Fault) {
    _ = try cursor.version(0...0, of: "an index of links or attributes")
    let flags = try cursor.byte()
    guard flags & ~3 == 0 else {
      throw .damage("known flags of an index", at: cursor.position - 1, found: "\(flags)")
    }
    if flags & 1 != 0 { try cursor.skip(counterWidth) }
    let start = cursor.position
    let (heap, names) = (try cursor.address(), try cursor.address())
    switch (heap, names) {
    case (nil, nil): return nil
    case (let heap?, let names?): (self.heap, self.names) = (heap, names)
    default: throw .damage("a heap with an index", at: start, found: "one of them alone")
    }
  }
}

extension Reader {
  /// Calls `body` with each message and the hash of its name, in the order of the hashes.
  mutating func forEachObject(
    of index: DenseIndex, _ kind: DenseIndex.Kind,
    _ body: (inout Cursor, UInt32) throws(Fault) -> Void
  ) throws(Fault) {
    let heap = try fractalHeap(at: index.heap)
    // The hash before the place of a link, behind that of an attribute.
    let (type, width) =
      kind == .links ? (5, 4 + heap.identifierWidth) : (8, 9 + heap.identifierWidth)
    let records = try records(ofTreeAt: index.names, type: type, byteCount: width)
    var last: UInt32 = 0
    var objects: [(range: Range<Int>, hash: UInt32)] = []
    objects.reserveCapacity(records.count)
    for record in records {
      var cursor = source.cursor(record..<record + width)
      let identifier: Range<Int>
      let hash: UInt32
      switch kind {
      case .links:
        hash = UInt32(try cursor.wide(4))
        identifier = try cursor.take(heap.identifierWidth)
      case .attributes:
        identifier = try cursor.take(heap.identifierWidth)
        let flags = try cursor.byte()
        guard flags & 2 == 0 else {
          throw .unsupported("attributes that are not shared", at: record, found: "a shared one")
        }
        try cursor.skip(4)
        hash = UInt32(try cursor.wide(4))
      }
      guard hash >= last else {
        throw .damage("names in the order of their hashes", at: record, found: "another order")
      }
      last = hash
      objects.append((try heap.object(identifier, in: source), hash))
    }
    // Objects within each other would be far more than the file has.
    let places = objects.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
    for (object, next) in zip(places, places.dropFirst())
    where next.lowerBound < object.upperBound {
      throw .damage(
        "an object of its own in a heap", at: next.lowerBound, found: "one within another")
    }
    for object in objects {
      var cursor = source.cursor(object.range)
      try body(&cursor, object.hash)
    }
  }
}

extension Source {
  /// Checks that a name has the hash by which it was found.
  func checkHash(_ hash: UInt32, of name: Range<Int>) throws(Fault) {
    guard Lookup3.checksum(of: slice(name)) == hash else {
      throw .damage("the name of its hash", at: name.lowerBound, found: "another name")
    }
  }
}
