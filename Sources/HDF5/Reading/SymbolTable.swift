internal import TensorCore

/// The names of a group of the old kind, kept apart from what they stand for: the specification,
/// III.D.
struct LocalHeap {
  /// Where the names are in the file.
  let names: Range<Int>

  /// The bytes of the name at an offset, up to its NUL.
  ///
  /// - Parameter place: where the offset stands in the file.
  func name(at offset: Int, in source: Source, from place: Int) throws(Fault) -> Range<Int> {
    guard offset < names.count, offset % 8 == 0 else {
      throw .damage(
        "the offset of a name in \(names.count) bytes, a multiple of 8", at: place,
        found: "\(offset)")
    }
    let start = names.lowerBound + offset
    let end = source.bytes.withSpan { span -> Int? in
      (start..<names.upperBound).first {
        span.unsafeLoadUnaligned(fromByteOffset: $0, as: UInt8.self) == 0
      }
    }
    guard let end else {
      throw .damage("a name with an end", at: start, found: "none")
    }
    return start..<end
  }
}

extension Reader {
  /// The links of a group of the old kind: a B-tree of symbol table nodes, and a heap of names.
  mutating func links(ofSymbolTable body: Range<Int>) throws(Fault) -> [LinkMessage] {
    var cursor = source.cursor(body)
    let tree = try cursor.address(of: .tree)
    let heap = try localHeap(at: try cursor.address(of: .localHeap))
    let entries = try entries(
      ofTreeAt: tree, .groups, keyByteCount: source.lengthWidth, limit: nodes.groups,
      childPart: .symbols)
    var links: [LinkMessage] = []
    var last: [UInt8]?
    // Names that share bytes, one the end of another, would be far more than the file has. The tree
    // has some of them again, each before a node and behind one.
    var nameRest = heap.names.count
    var keyRest = 2 * heap.names.count
    for entry in entries {
      let before = try key(at: entry.key, in: heap, &keyRest)
      let behind = try key(at: entry.nextKey, in: heap, &keyRest)
      let first = links.count
      for symbol in try symbols(at: entry.child, in: heap, &nameRest) {
        let name = source.array(symbol.name)
        // As the library compares them, whose search relies on it.
        guard last.map({ $0.lexicographicallyPrecedes(name) }) ?? true else {
          throw .damage("names in their order", at: symbol.name.lowerBound, found: "another order")
        }
        last = name
        links.append(symbol)
      }
      guard links.count > first else { continue }
      guard before.lexicographicallyPrecedes(source.array(links[first].name)), last == behind else {
        throw .damage(
          "a node with the names up to the one that its tree has", at: entry.child, found: "others")
      }
    }
    return links
  }

  private func key(
    at place: Int, in heap: LocalHeap, _ rest: inout Int
  ) throws(Fault) -> [UInt8] {
    var cursor = source.cursor(place..<place + source.lengthWidth)
    let name = try heap.name(at: try cursor.length(), in: source, from: place)
    try take(name, of: heap, &rest)
    return source.array(name)
  }

  /// Counts the bytes of a name, which are its own.
  private func take(_ name: Range<Int>, of heap: LocalHeap, _ rest: inout Int) throws(Fault) {
    rest -= name.count
    guard rest >= 0 else {
      throw .damage(
        "names of their own in \(heap.names.count) bytes", at: name.lowerBound,
        found: "names within each other")
    }
  }

  private mutating func localHeap(at address: Int) throws(Fault) -> LocalHeap {
    var cursor = try source.cursor(at: address, .localHeap)
    try cursor.signature("HEAP")
    _ = try cursor.version(0...0, of: "a local heap")
    try cursor.skip(3)
    let byteCount = try cursor.length()
    try cursor.skip(source.lengthWidth)  // where its free space begins
    let names = try cursor.address(of: .names)
    try map.claim(address..<cursor.position, .localHeap)
    _ = try source.cursor(at: names, count: byteCount, .names)
    try map.claim(names..<names + byteCount, .names)
    return LocalHeap(names: names..<names + byteCount)
  }

  /// The links of one symbol table node: the specification, III.B and III.C.
  private mutating func symbols(
    at address: Int, in heap: LocalHeap, _ nameRest: inout Int
  ) throws(Fault) -> [LinkMessage] {
    var cursor = try source.cursor(at: address, .symbols)
    try cursor.signature("SNOD")
    _ = try cursor.version(1...1, of: "a symbol table node")
    try cursor.skip(1)
    let count = try cursor.integer(2)
    guard count <= 2 * nodes.symbols else {
      throw .damage("at most \(2 * nodes.symbols) names in a node", at: address, found: "\(count)")
    }
    var links: [LinkMessage] = []
    for _ in 0..<count {
      let place = cursor.position
      let offset = try cursor.length()
      let name = try heap.name(at: offset, in: source, from: place)
      try take(name, of: heap, &nameRest)
      let object = try cursor.address()
      let kind = try cursor.integer(4)
      try cursor.skip(4)
      var cached = source.cursor(try cursor.take(16))
      switch (kind, object) {
      // Nothing is cached, or what the header says as well.
      case (0, let object?), (1, let object?):
        links.append(LinkMessage(name: name, target: .object(object)))
      case (2, nil):
        let value = try cached.integer(4)
        guard value < heap.names.count else {
          throw .damage("a path among the names", at: place, found: "offset \(value)")
        }
        links.append(LinkMessage(name: name, target: .path(.soft)))
      default:
        throw .damage(
          "an object or a soft link", at: place,
          found: "kind \(kind) with \(object.map { "byte \($0)" } ?? "no address")")
      }
    }
    let entryByteCount = source.lengthWidth + source.addressWidth + 24
    try map.claim(
      nodeAt: address, byteCount: 8 + 2 * nodes.symbols * entryByteCount, .symbols, in: source)
    return links
  }
}
