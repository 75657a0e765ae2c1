internal import TensorCore

/// What is known of a file while it is read: whose its bytes are, and what several objects share.
struct Reader {
  let source: Source
  /// Half of what nodes hold.
  private(set) var nodes: Superblock.NodeLimits
  /// The header of the root group.
  let root: Int
  var map = FileMap()
  /// The messages of named types, by the addresses of their headers.
  var types: [Int: Range<Int>] = [:]
  /// The texts of global heaps, by the addresses of these.
  var globalHeaps: [Int: GlobalHeap] = [:]
  /// The chunks of all datasets so far.
  var chunkCount = 0

  /// More than any model has: 64 GiB in pieces of the 64 KiB that h5py makes.
  static let chunkLimit = 1 << 20

  /// Looks at the begin of a file.
  init(_ bytes: Bytes) throws(Fault) {
    let superblock = try Superblock.find(in: bytes)
    source = superblock.source
    nodes = superblock.nodes
    root = superblock.root
    try map.claim(superblock.range, .superblock)
    if let address = superblock.extensionAddress { try readExtension(at: address) }
  }

  private mutating func readExtension(at address: Int) throws(Fault) {
    for message in try header(at: address).messages {
      switch message.type {
      case .driver:
        throw .unsupported(
          "a file without a driver's data", at: message.body.lowerBound, found: "some")
      case .cacheImage:
        throw .unsupported(
          "a file without an image of the library's cache", at: message.body.lowerBound,
          found: "one")
      case .nodeLimits:
        var cursor = source.cursor(message.body)
        _ = try cursor.version(0...0, of: "limits of B-trees")
        nodes.chunks = try cursor.integer(2)
        nodes.groups = try cursor.integer(2)
        nodes.symbols = try cursor.integer(2)
      default: continue  // messages about free space, and about shared messages if any is met
      }
    }
  }
}
