/// What is attached to an object: the specification, IV.A.2.m.
struct AttributeMessage {
  /// Where the name is in the file, without its NUL.
  var name: Range<Int>
  var type: Range<Int>
  var typeIsShared: Bool
  var space: Range<Int>
  /// The elements, and what may follow.
  var elements: Cursor

  init(_ cursor: inout Cursor) throws(Fault) {
    let start = cursor.position
    let version = try cursor.version(1...3, of: "an attribute")
    // Version 1 has no flags.
    let flags = version > 1 ? try cursor.byte() : 0
    if version == 1 { try cursor.skip(1) }
    guard flags & ~3 == 0 else {
      throw .damage("known flags of an attribute", at: start + 1, found: "\(flags)")
    }
    guard flags & 2 == 0 else {
      throw .unsupported("extents of its own", at: start, found: "shared ones")
    }
    typeIsShared = flags & 1 != 0
    let counts = (try cursor.integer(2), try cursor.integer(2), try cursor.integer(2))
    if version > 2 {
      let set = try cursor.byte()
      guard set <= 1 else {
        throw .damage("ASCII or UTF-8", at: cursor.position - 1, found: "character set \(set)")
      }
    }
    /// Version 1 fills up to multiples of 8.
    func take(_ count: Int) throws(Fault) -> Range<Int> {
      let range = try cursor.take(count)
      if version == 1 { try cursor.skip((8 - count % 8) % 8) }
      return range
    }
    let stored = try take(counts.0)
    var last = cursor.source.cursor(stored.suffix(1))
    guard !stored.isEmpty, try last.byte() == 0 else {
      throw .damage("a name with a NUL at its end", at: stored.lowerBound, found: "none")
    }
    // A name of fewer bytes than it has room for ends at the first NUL.
    let bytes = cursor.source.array(stored)
    name = stored.lowerBound..<stored.lowerBound + bytes.firstIndex(of: 0)!
    type = try take(counts.1)
    space = try take(counts.2)
    elements = cursor
  }
}

extension Reader {
  /// Calls `body` with each attribute of an object.
  mutating func forEachAttribute(
    of header: ObjectHeader, _ body: (AttributeMessage) throws(Fault) -> Void
  ) throws(Fault) {
    for message in header.messages where message.type == .attribute {
      guard !message.isShared else {
        throw .unsupported(
          "attributes that are not shared", at: message.body.lowerBound, found: "a shared one")
      }
      var cursor = source.cursor(message.body)
      try body(try AttributeMessage(&cursor))
    }
    guard let information = try header.body(.attributeInformation) else { return }
    var cursor = source.cursor(information)
    guard let index = try DenseIndex(&cursor, counterWidth: 2) else { return }
    try forEachObject(of: index, .attributes) { cursor, hash throws(Fault) in
      let attribute = try AttributeMessage(&cursor)
      try cursor.source.checkHash(hash, of: attribute.name)
      try body(attribute)
    }
  }
}
