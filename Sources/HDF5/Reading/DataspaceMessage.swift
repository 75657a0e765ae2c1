/// How many elements there are: the specification, IV.A.2.b.
struct DataspaceMessage {
  /// The extents; nil where there are no elements at all, not even one.
  var extents: [UInt64]?
  /// What the extents can become, nil without a limit; empty for those that stay as they are.
  var largest: [UInt64?] = []

  init(_ cursor: inout Cursor) throws(Fault) {
    let start = cursor.position
    let version = try cursor.version(1...2, of: "a dataspace")
    let rank = try cursor.byte()
    let flags = try cursor.byte()
    guard rank <= 32, flags & ~(version == 1 ? 3 : 1) == 0 else {
      throw .damage(
        "at most 32 extents and known flags", at: start, found: "\(rank) and \(flags)")
    }
    if version == 1 {
      try cursor.skip(5)
    } else {
      switch try cursor.byte() {
      case 0 where rank == 0, 1: break
      case 2 where rank == 0: return
      case let kind:
        throw .damage(
          "a scalar, an array or nothing", at: start + 3, found: "kind \(kind) of rank \(rank)")
      }
    }
    let width = cursor.source.lengthWidth
    var extents: [UInt64] = []
    for _ in 0..<rank { extents.append(try cursor.wide(width)) }
    self.extents = extents
    guard flags & 1 != 0 else { return }
    for extent in extents {
      let place = cursor.position
      let limit = try cursor.wide(width)
      guard limit >= extent else {
        throw .damage("an extent that can be \(extent)", at: place, found: "at most \(limit)")
      }
      largest.append(limit == UInt64.max >> UInt64(64 - 8 * width) ? nil : limit)
    }
  }
}
