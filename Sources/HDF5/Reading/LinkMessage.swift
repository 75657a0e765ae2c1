/// One name in a group: the specification, IV.A.2.g.
struct LinkMessage {
  enum Target {
    /// The header of an object.
    case object(Int)
    case path(HDF5File.Link)
  }

  /// Where the name is in the file.
  var name: Range<Int>
  var target: Target

  init(name: Range<Int>, target: Target) {
    self.name = name
    self.target = target
  }

  init(_ cursor: inout Cursor) throws(Fault) {
    let start = cursor.position
    _ = try cursor.version(1...1, of: "a link")
    let flags = try cursor.byte()
    guard flags & ~0x1f == 0 else {
      throw .damage("known flags of a link", at: start + 1, found: "\(flags)")
    }
    let type = flags & 8 != 0 ? try cursor.byte() : 0
    if flags & 4 != 0 { try cursor.skip(8) }  // its place in the order of creation
    if flags & 16 != 0 {
      let set = try cursor.byte()
      guard set <= 1 else {
        throw .damage("ASCII or UTF-8", at: cursor.position - 1, found: "character set \(set)")
      }
    }
    name = try cursor.take(try cursor.integer(1 << (flags & 3)))
    switch type {
    case 0: target = .object(try cursor.address(of: .header))
    case 1, 64..<256:
      try cursor.skip(try cursor.integer(2))
      target = .path(type == 1 ? .soft : type == 64 ? .external : .userDefined)
    default: throw .damage("a known type of link", at: start, found: "type \(type)")
    }
  }
}

extension Reader {
  /// What a group holds, in the order of its index.
  mutating func links(of header: ObjectHeader) throws(Fault) -> [LinkMessage] {
    if let table = try header.body(.symbolTable) { return try links(ofSymbolTable: table) }
    guard let information = try header.body(.linkInformation) else { return [] }
    var cursor = source.cursor(information)
    let index = try DenseIndex(&cursor, counterWidth: 8)
    guard let index else {
      var links: [LinkMessage] = []
      for message in header.messages where message.type == .link {
        guard !message.isShared else {
          throw .unsupported(
            "a link in its header", at: message.body.lowerBound, found: "one elsewhere")
        }
        var cursor = source.cursor(message.body)
        links.append(try LinkMessage(&cursor))
      }
      return links
    }
    var links: [LinkMessage] = []
    try forEachObject(of: index, .links) { cursor, hash throws(Fault) in
      let link = try LinkMessage(&cursor)
      try cursor.source.checkHash(hash, of: link.name)
      links.append(link)
    }
    return links
  }
}
