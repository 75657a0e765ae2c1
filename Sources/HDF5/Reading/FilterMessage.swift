internal import TensorCore

extension HDF5File.Filter {
  /// Reads the filters of a dataset: the specification, IV.A.2.l.
  ///
  /// - Parameter width: bytes of an element.
  static func list(_ cursor: inout Cursor, width: Int) throws(Fault) -> [HDF5File.Filter] {
    let version = try cursor.version(1...2, of: "filters")
    let count = try cursor.byte()
    guard count <= 32 else {
      throw .damage("at most 32 filters", at: cursor.position - 1, found: "\(count)")
    }
    if version == 1 { try cursor.skip(6) }
    var filters: [HDF5File.Filter] = []
    for _ in 0..<count { filters.append(try filter(&cursor, version, width)) }
    return filters
  }

  private static func filter(
    _ cursor: inout Cursor, _ version: Int, _ width: Int
  ) throws(Fault) -> HDF5File.Filter {
    let start = cursor.position
    let number = try cursor.integer(2)
    let nameByteCount = version == 1 || number >= 256 ? try cursor.integer(2) : 0
    let flags = try cursor.integer(2)
    let valueCount = try cursor.integer(2)
    guard flags & ~1 == 0 else {
      throw .damage("known flags of a filter", at: start, found: "\(flags)")
    }
    guard version == 2 || nameByteCount % 8 == 0 else {
      throw .damage("a name of a multiple of 8 bytes", at: start, found: "\(nameByteCount)")
    }
    let name = cursor.source.array(try cursor.take(nameByteCount)).prefix { $0 != 0 }
    let values = try cursor.take(4 * valueCount)
    if version == 1, valueCount % 2 == 1 { try cursor.skip(4) }
    switch number {
    case 1: return .deflate
    case 2:
      var value = cursor.source.cursor(values)
      let found = try value.integer(4)
      guard found == width else {
        throw .damage(
          "a shuffle of elements of \(width) bytes", at: values.lowerBound, found: "\(found)")
      }
      return .shuffle(elementByteCount: width)
    case 3: return .fletcher32
    case 32000: return .lzf  // registered with the HDF Group
    default:
      // Those of the library have a name there, not in the file.
      let known = [4: "szip", 5: "nbit", 6: "scaleoffset"][number]
      let text = name.isEmpty ? known ?? "" : String(decoding: name.prefix(63), as: UTF8.self)
      return .other("filter \(number)\(text.isEmpty ? "" : " (\(text))")")
    }
  }
}
