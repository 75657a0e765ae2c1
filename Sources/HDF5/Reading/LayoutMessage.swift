/// How the elements of a dataset are stored: the specification, IV.A.2.i.
enum LayoutMessage {
  /// In the message itself.
  case compact(Range<Int>)
  /// In one run; versions 1 and 2 do not say how many bytes.
  case contiguous(address: Int?, byteCount: UInt64?)
  case chunked(ChunkLayout)
  case virtual

  init(_ cursor: inout Cursor) throws(Fault) {
    let start = cursor.position
    let version = try cursor.version(1...5, of: "a layout")
    if version < 3 {
      self = try Self.old(&cursor)
      return
    }
    switch (try cursor.byte(), version) {
    case (0, _): self = .compact(try cursor.take(try cursor.integer(2)))
    case (1, _):
      let address = try cursor.address()
      self = .contiguous(address: address, byteCount: try cursor.wide(cursor.source.lengthWidth))
    case (2, 3):
      let rank = try cursor.byte()
      let address = try cursor.address()
      let extents = try Self.extents(&cursor, rank, width: 4)
      self = .chunked(ChunkLayout(extents, index: .tree1, address: address))
    case (2, _): self = .chunked(try ChunkLayout(&cursor, version))
    case (3, 4...): self = .virtual
    case (let kind, _): throw .damage("a known layout", at: start + 1, found: "\(kind)")
    }
  }

  private static func old(_ cursor: inout Cursor) throws(Fault) -> LayoutMessage {
    let place = cursor.position
    let rank = try cursor.byte()
    let kind = try cursor.byte()
    try cursor.skip(5)
    let address = kind == 0 ? nil : try cursor.address()
    switch kind {
    case 0:
      try cursor.skip(4 * rank)
      return .compact(try cursor.take(try cursor.integer(4)))
    case 1: return .contiguous(address: address, byteCount: nil)
    case 2:
      let extents = try extents(&cursor, rank, width: 4)
      return .chunked(ChunkLayout(extents, index: .tree1, address: address))
    default: throw .damage("a known layout", at: place + 1, found: "\(kind)")
    }
  }

  fileprivate static func extents(
    _ cursor: inout Cursor, _ rank: Int, width: Int
  ) throws(Fault) -> [Int] {
    let place = cursor.position
    guard 2...33 ~= rank, 1...8 ~= width else {
      throw .damage(
        "chunks of 1 to 32 extents and the size of an element", at: place,
        found: "\(rank) numbers of \(width) bytes")
    }
    var extents: [Int] = []
    for _ in 0..<rank {
      let extent = try cursor.integer(width)
      guard extent > 0 else { throw .damage("an extent of a chunk", at: place, found: "0") }
      extents.append(extent)
    }
    return extents
  }
}

/// How chunks are found.
struct ChunkLayout {
  /// The ways to find chunks, with what each needs.
  enum Index {
    /// A B-tree of version 1.
    case tree1
    /// One chunk; with filters, its stored bytes and the filters that it skipped.
    case single(byteCount: Int?, skipped: UInt32)
    /// One after the other.
    case implicit
    case fixedArray(pageBits: Int)
    case extensibleArray(parameters: [Int])
    /// A B-tree of version 2.
    case tree2
  }

  /// The extents of a chunk.
  var shape: [Int]
  var elementByteCount: Int
  var index: Index
  /// Where the index is, or the chunk; nil if there is none yet.
  var address: Int?
  /// Indexes give the bytes of a chunk in as many as a length takes (version 5).
  var hasLongLengths = false
  /// Chunks that reach beyond the dataset skip the filters.
  var edgesSkipFilters = false

  /// - Parameter extents: those of a chunk, and the size of an element.
  init(_ extents: [Int], index: Index, address: Int?) {
    shape = extents.dropLast()
    elementByteCount = extents[extents.count - 1]
    self.index = index
    self.address = address
  }

  /// Reads what version 4 or 5 says of chunks.
  init(_ cursor: inout Cursor, _ version: Int) throws(Fault) {
    let place = cursor.position
    let flags = try cursor.byte()
    let rank = try cursor.byte()
    let extents = try LayoutMessage.extents(&cursor, rank, width: try cursor.byte())
    let kind = try cursor.byte()
    guard flags & ~3 == 0, flags & 2 == 0 || kind == 1 else {
      throw .damage("known flags of chunks", at: place, found: "\(flags)")
    }
    let index: Index
    switch kind {
    case 1:
      guard flags & 2 != 0 else {
        index = .single(byteCount: nil, skipped: 0)
        break
      }
      index = .single(
        byteCount: try cursor.length(), skipped: UInt32(try cursor.wide(4)))
    case 2: index = .implicit
    case 3: index = .fixedArray(pageBits: try cursor.byte())
    case 4:
      var parameters: [Int] = []
      for _ in 0..<5 { parameters.append(try cursor.byte()) }
      index = .extensibleArray(parameters: parameters)
    case 5:
      try cursor.skip(4 + 1 + 1)  // what the tree says as well
      index = .tree2
    default: throw .damage("a known index of chunks", at: place, found: "\(kind)")
    }
    self.init(extents, index: index, address: try cursor.address())
    hasLongLengths = version > 4
    edgesSkipFilters = flags & 1 != 0
  }
}
