/// B-trees of version 1: the specification, III.A.1. They lead from names to symbol table nodes,
/// and from places in a dataset to chunks.
enum BTree1 {
  /// What is in a tree.
  enum Kind: Int {
    case groups = 0
    case chunks = 1
  }

  /// What a node of the lowest level leads to, between two keys.
  struct Entry {
    /// Where the key before stands in the file.
    var key: Int
    /// Where the key behind stands.
    var nextKey: Int
    /// Where the child is.
    var child: Int
  }
}

extension Reader {
  /// All entries of the lowest level of a tree, in its order.
  ///
  /// - Parameters:
  ///   - keyByteCount: bytes of a key.
  ///   - limit: half of the most children of a node.
  mutating func entries(
    ofTreeAt root: Int, _ kind: BTree1.Kind, keyByteCount: Int, limit: Int, childPart: FileMap.Part
  ) throws(Fault) -> [BTree1.Entry] {
    var entries: [BTree1.Entry] = []
    // The nodes that are still to be read, the next one last, with the levels they must have.
    var rest: [(address: Int, level: Int?)] = [(root, nil)]
    while let (address, expectedLevel) = rest.popLast() {
      var cursor = try source.cursor(at: address, .tree)
      try cursor.signature("TREE")
      let (type, level) = (try cursor.byte(), try cursor.byte())
      guard type == kind.rawValue, level == expectedLevel ?? level else {
        throw .damage(
          "a node of type \(kind.rawValue) and level \(expectedLevel ?? level)", at: address,
          found: "type \(type) and level \(level)")
      }
      let count = try cursor.integer(2)
      guard count <= 2 * limit else {
        throw .damage("at most \(2 * limit) children of a node", at: address, found: "\(count)")
      }
      try cursor.skip(2 * source.addressWidth)  // its neighbours
      let body = try cursor.take(count * (keyByteCount + source.addressWidth) + keyByteCount)
      let prefix = body.lowerBound - address
      let room = prefix + 2 * limit * (keyByteCount + source.addressWidth) + keyByteCount
      try map.claim(nodeAt: address, byteCount: room, .tree, in: source)
      var children = source.cursor(body)
      var found: [BTree1.Entry] = []
      for _ in 0..<count {
        let key = try children.take(keyByteCount)
        let child = try children.address(of: level == 0 ? childPart : .tree)
        found.append(
          BTree1.Entry(key: key.lowerBound, nextKey: children.position, child: child))
      }
      if level == 0 {
        entries += found
      } else {
        rest += found.reversed().map { ($0.child, level - 1) }
      }
    }
    return entries
  }
}
