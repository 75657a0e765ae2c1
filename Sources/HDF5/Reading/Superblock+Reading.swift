internal import TensorCore

extension Superblock {
  /// What the begin of a file says.
  struct Fields {
    var source: Source
    /// The bytes of the superblock itself.
    var range: Range<Int>
    /// The header of the root group.
    var root: Int
    /// An object header with more about the file.
    var extensionAddress: Int?
    /// Half of the most that nodes hold.
    var nodes = NodeLimits()
  }

  /// Half of what nodes of version-1 B-trees hold, and half of a symbol table node.
  struct NodeLimits {
    var symbols = 4
    var groups = 16
    var chunks = 32
  }

  private static let signature: [UInt8] = [0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a]

  /// Finds the superblock at the begin of a file, or behind a user block of 512, 1024, 2048... bytes.
  static func find(in bytes: Bytes) throws(Fault) -> Fields {
    guard bytes.count > 0 else {
      throw Fault(.damaged, "expected an HDF5 file, found an empty file")
    }
    var start = 0
    while bytes.slice(from: start, count: signature.count)?.array != signature {
      start = max(512, start * 2)
      guard start < bytes.count else {
        throw Fault(
          .damaged, "expected an HDF5 file, found damage: no signature at byte 0, 512, 1024...")
      }
    }
    let whole = Source(
      bytes: bytes, base: start, end: bytes.count, addressWidth: 8, lengthWidth: 8)
    var cursor = try whole.cursor(at: start, .superblock)
    try cursor.skip(signature.count)
    let version = try cursor.version(0...3, of: "a superblock")
    return version < 2
      ? try fields(before2: version, &cursor, at: start)
      : try fields(from2: version, &cursor, at: start)
  }

  private static func fields(
    before2 version: Int, _ cursor: inout Cursor, at start: Int
  ) throws(Fault) -> Fields {
    // The versions of the free space, the root's symbol table and the shared messages.
    for part in ["free space", "a root group", "", "shared messages"] {
      if part.isEmpty { try cursor.skip(1) } else { _ = try cursor.version(0...0, of: part) }
    }
    let widths = try widths(&cursor)
    try cursor.skip(1)
    var nodes = NodeLimits()
    nodes.symbols = try cursor.integer(2)
    nodes.groups = try cursor.integer(2)
    try checkFlags(&cursor, width: 4, version)
    if version == 1 {
      nodes.chunks = try cursor.integer(2)
      try cursor.skip(2)
    }
    guard nodes.symbols > 0, nodes.groups > 0, nodes.chunks > 0 else {
      throw .damage("nodes with room", at: start, found: "\(nodes)")
    }
    let rest = cursor.position
    func reading(_ base: Int, _ end: Int) -> Cursor {
      let source = Source(
        bytes: cursor.source.bytes, base: base, end: end, addressWidth: widths.address,
        lengthWidth: widths.length)
      return source.cursor(rest..<cursor.end)
    }
    var places = reading(0, cursor.source.end)
    let base = try places.wide(widths.address)
    try places.skip(widths.address)  // of the free space, which nobody needs
    let end = try places.wide(widths.address)
    let source = try origin(reading(0, 0).source, start, base: base, end: end)
    var fields = try source.cursor(at: places.position, .superblock)
    guard try fields.address() == nil else {
      throw .unsupported("a file without a driver's block", at: start, found: "one")
    }
    // A symbol table entry: the name is nobody's, what is cached is found in the header as well.
    try fields.skip(widths.length)
    let root = try fields.address(of: .header)
    try fields.skip(4 + 4 + 16)
    return Fields(source: source, range: start..<fields.position, root: root, nodes: nodes)
  }

  private static func fields(
    from2 version: Int, _ cursor: inout Cursor, at start: Int
  ) throws(Fault) -> Fields {
    let widths = try widths(&cursor)
    try checkFlags(&cursor, width: 1, version)
    let base = try cursor.wide(widths.address)
    let places = cursor.position
    try cursor.skip(widths.address)
    let end = try cursor.wide(widths.address)
    try cursor.skip(widths.address + 4)
    try cursor.source.verify(start..<cursor.position, .superblock)
    let whole = Source(
      bytes: cursor.source.bytes, base: 0, end: 0, addressWidth: widths.address,
      lengthWidth: widths.length)
    let source = try origin(whole, start, base: base, end: end)
    var fields = try source.cursor(
      at: places, count: cursor.position - places, .superblock)
    let extensionAddress = try fields.address()
    try fields.skip(widths.address)
    return Fields(
      source: source, range: start..<cursor.position, root: try fields.address(of: .header),
      extensionAddress: extensionAddress)
  }

  private static func widths(
    _ cursor: inout Cursor
  ) throws(Fault) -> (address: Int, length: Int) {
    let start = cursor.position
    let (address, length) = (try cursor.byte(), try cursor.byte())
    guard [2, 4, 8].contains(address), [2, 4, 8].contains(length) else {
      throw .unsupported(
        "addresses and lengths of 2, 4 or 8 bytes", at: start, found: "\(address) and \(length)")
    }
    return (address, length)
  }

  /// Open for writing (1), closed properly (2), open for writing and reading at once (4): only the
  /// library from version 3 on cares for them.
  private static func checkFlags(
    _ cursor: inout Cursor, width: Int, _ version: Int
  ) throws(Fault) {
    let start = cursor.position
    let flags = try cursor.integer(width)
    guard flags & ~7 == 0 else { throw .damage("known flags", at: start, found: "\(flags)") }
    guard version < 3 || flags & 5 == 0 else {
      throw .damage(
        "a file that was closed after it was written", at: start, found: "one that was not")
    }
  }

  /// Where addresses count from, and where the file ends.
  private static func origin(
    _ source: Source, _ start: Int, base: UInt64, end: UInt64
  ) throws(Fault) -> Source {
    // A user block that was put before a finished file is in none of its numbers.
    let shift = base == UInt64(start) ? 0 : UInt64(start)
    guard base == UInt64(start) || base == 0 else {
      throw .damage("addresses that count from here", at: start, found: "from byte \(base) on")
    }
    let (last, overflow) = end.addingReportingOverflow(shift)
    guard !overflow, last <= source.bytes.count else {
      throw Fault(
        .damaged,
        "expected an HDF5 file of \(end) bytes, found the end at byte \(source.bytes.count)")
    }
    guard last >= UInt64(start) else {
      throw .damage("the end of the file behind its begin", at: start, found: "byte \(last)")
    }
    return Source(
      bytes: source.bytes, base: start, end: Int(last), addressWidth: source.addressWidth,
      lengthWidth: source.lengthWidth)
  }
}
