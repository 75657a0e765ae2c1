/// B-trees of version 2: the specification, III.A.2.
enum BTree2 {
  /// Bytes of a node beside its records and pointers: signature, version, type, checksum.
  static let overhead = 10

  /// How the nodes of one level above the lowest are laid out.
  struct Level {
    /// The most records of a node.
    var recordLimit: Int
    /// The most records of a node and of all below it.
    var totalLimit: Int
    /// Bytes of the number of all records below a child; 0 where children have none below.
    var totalWidth: Int
  }

  /// The bytes that a number up to a limit takes.
  static func width(upTo limit: Int) -> Int { (Int.bitWidth - limit.leadingZeroBitCount + 7) / 8 }
}

extension Reader {
  /// A node that is still to be read, or a record that comes after some nodes.
  private enum Step {
    case node(address: Int, depth: Int, count: Int, total: Int)
    case record(Int)
  }

  /// Where the records of a tree stand in the file, in its order.
  ///
  /// - Parameters:
  ///   - type: what the records are; the specification's numbers.
  ///   - byteCount: bytes of a record.
  mutating func records(
    ofTreeAt address: Int, type: Int, byteCount: Int
  ) throws(Fault) -> [Int] {
    var cursor = try source.cursor(at: address, .treeHeader)
    try cursor.signature("BTHD")
    _ = try cursor.version(0...0, of: "a B-tree")
    let foundType = try cursor.byte()
    let nodeByteCount = try cursor.integer(4)
    let recordByteCount = try cursor.integer(2)
    let depth = try cursor.integer(2)
    try cursor.skip(2)  // when nodes are split and merged
    let root = try cursor.address()
    let count = try cursor.integer(2)
    let total = try cursor.length()
    try cursor.skip(4)
    try source.verify(address..<cursor.position, .treeHeader)
    try map.claim(address..<cursor.position, .treeHeader)
    guard foundType == type, recordByteCount == byteCount else {
      throw .damage(
        "a B-tree of type \(type) with records of \(byteCount) bytes", at: address,
        found: "type \(foundType) with \(recordByteCount)")
    }
    guard let root, total > 0 else {
      guard root == nil, total == 0 else {
        throw .damage("records with a root", at: address, found: "one of them alone")
      }
      return []
    }
    let levels = try levels(nodeByteCount, recordByteCount, depth, at: address)
    var records: [Int] = []
    var rest = [Step.node(address: root, depth: depth, count: count, total: total)]
    while let step = rest.popLast() {
      switch step {
      case .record(let place): records.append(place)
      case .node(let address, let depth, let count, let total):
        guard count <= levels[depth].recordLimit, total <= levels[depth].totalLimit else {
          throw .damage(
            "at most \(levels[depth].recordLimit) records in a node", at: address,
            found: "\(count) and \(total) in all")
        }
        try read(
          address, depth, count, total, type, recordByteCount, nodeByteCount, levels, &records,
          &rest)
      }
    }
    guard records.count == total else {
      throw .damage("\(total) records in a B-tree", at: address, found: "\(records.count)")
    }
    return records
  }

  private func levels(
    _ nodeByteCount: Int, _ recordByteCount: Int, _ depth: Int, at address: Int
  ) throws(Fault) -> [BTree2.Level] {
    let limit = (nodeByteCount - BTree2.overhead) / recordByteCount
    guard nodeByteCount > BTree2.overhead, limit > 0, limit < 1 << 16 else {
      throw .damage("nodes with room for records", at: address, found: "\(nodeByteCount) bytes")
    }
    var levels = [BTree2.Level(recordLimit: limit, totalLimit: limit, totalWidth: 0)]
    let countWidth = BTree2.width(upTo: limit)
    for level in 1..<max(depth + 1, 1) {
      let below = levels[level - 1]
      let totalWidth = level > 1 ? BTree2.width(upTo: below.totalLimit) : 0
      let pointer = source.addressWidth + countWidth + totalWidth
      let limit = (nodeByteCount - BTree2.overhead - pointer) / (recordByteCount + pointer)
      let (below2, overflow) = (limit + 1).multipliedReportingOverflow(by: below.totalLimit)
      guard limit > 0, !overflow, below2 < Int.max / 2 else {
        throw .damage("a B-tree of some levels", at: address, found: "\(depth)")
      }
      levels.append(
        BTree2.Level(
          recordLimit: limit, totalLimit: below2 + limit, totalWidth: totalWidth))
    }
    return levels
  }

  private mutating func read(
    _ address: Int, _ depth: Int, _ count: Int, _ total: Int, _ type: Int, _ recordByteCount: Int,
    _ nodeByteCount: Int, _ levels: [BTree2.Level], _ records: inout [Int], _ rest: inout [Step]
  ) throws(Fault) {
    var cursor = try source.cursor(at: address, count: nodeByteCount, .tree)
    try cursor.signature(depth > 0 ? "BTIN" : "BTLF")
    _ = try cursor.version(0...0, of: "a B-tree node")
    let foundType = try cursor.byte()
    guard foundType == type else {
      throw .damage("a node of type \(type)", at: address, found: "type \(foundType)")
    }
    let first = try cursor.take(count * recordByteCount).lowerBound
    let places = (0..<count).map { first + $0 * recordByteCount }
    var steps: [Step] = []
    if depth > 0 {
      let countWidth = BTree2.width(upTo: levels[0].recordLimit)
      var sum = count
      for index in 0...count {
        let child = try cursor.address(of: .tree)
        let childCount = try cursor.integer(countWidth)
        let width = levels[depth].totalWidth
        let childTotal = width > 0 ? try cursor.integer(width) : childCount
        steps.append(
          .node(address: child, depth: depth - 1, count: childCount, total: childTotal))
        if index < count { steps.append(.record(places[index])) }
        sum = sum.addingReportingOverflow(childTotal).partialValue
      }
      guard sum == total else {
        throw .damage("\(total) records below a node", at: address, found: "\(sum)")
      }
    } else {
      records += places
    }
    try cursor.skip(4)
    try source.verify(address..<cursor.position, .tree)
    try map.claim(address..<address + nodeByteCount, .tree)
    rest += steps.reversed()
  }
}
