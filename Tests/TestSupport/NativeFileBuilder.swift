/// A native file put together by hand: all checksums are right, whatever the rest says.
public struct NativeFileBuilder: Sendable {
  /// The signature.
  public static let magic: [UInt8] = [0x89, 0x52, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]

  /// The JSON of the graph.
  public var header: String
  /// The JSON of the ledger.
  public var ledger = "{\"entries\":[]}"
  /// The tensors, one after the other, with the zeros behind each.
  public var tensors: [UInt8] = []
  /// One checksum per tensor, which must be smaller than a chunk.
  public var tensorRanges: [Range<Int>] = []

  /// The major version.
  public var major: UInt16 = 1
  /// The minor version.
  public var minor: UInt16 = 2
  /// The features a reader must know.
  public var features: UInt32 = 0
  /// The field that is to be 0.
  public var reserved: UInt32 = 0
  /// Instead of the true length of the file.
  public var fileLength: UInt64?
  /// Instead of the true length of the header.
  public var headerLength: UInt64?
  /// Instead of the true length of the ledger.
  public var ledgerLength: UInt64?
  /// Instead of the true length of the checksum table.
  public var tableLength: UInt64?

  /// Changes the checksum table before its own checksum is taken.
  public var edit: @Sendable (inout [UInt8]) -> Void = { _ in }

  /// The file.
  public var bytes: [UInt8] {
    let header = Array(header.utf8)
    let ledger = Array(ledger.utf8)
    var table: [UInt8] = []
    for section in [padded(ledger)] + tensorRanges.map({ Array(tensors[$0]) }) {
      table.append(littleEndian: crc32c(section))
    }
    edit(&table)
    var body: [UInt8] = []
    for section in [header, table, ledger, tensors] {
      body += padded(section)
    }
    var preamble = Self.magic
    preamble.append(littleEndian: major)
    preamble.append(littleEndian: minor)
    preamble.append(littleEndian: features)
    preamble.append(littleEndian: fileLength ?? UInt64(64 + body.count))
    preamble.append(littleEndian: headerLength ?? UInt64(header.count))
    preamble.append(littleEndian: ledgerLength ?? UInt64(ledger.count))
    preamble.append(littleEndian: tableLength ?? UInt64(table.count))
    preamble.append(littleEndian: crc32c(padded(header)))
    preamble.append(littleEndian: crc32c(padded(table)))
    preamble.append(littleEndian: reserved)
    preamble.append(littleEndian: crc32c(preamble))
    return preamble + body
  }

  /// A network of one input and one fully connected layer with a kernel [2, 3] and a bias [2].
  public static let sound: NativeFileBuilder = {
    let header = """
      {"name":"net","nodes":[{"name":"data","type":"input","inputs":[],"outputs":["data"],\
      "parameters":{"shape":[1,3]},"weights":{}},{"name":"fc","type":"fullyConnected",\
      "inputs":["data"],"outputs":["fc"],"parameters":{"axis":1},"weights":{"kernel":0,"bias":1}}],\
      "tensors":[{"name":"fc/kernel","type":"float32","shape":[2,3],"offset":0,"byteCount":24},\
      {"name":"fc/bias","type":"float32","shape":[2],"offset":64,"byteCount":8}],"labels":[],\
      "provenance":{"format":"test","files":[],"notes":[]}}
      """
    let tensors =
      [UInt8](repeating: 0x3f, count: 24) + [UInt8](repeating: 0, count: 40)
      + [UInt8](repeating: 0x3e, count: 8) + [UInt8](repeating: 0, count: 56)
    return NativeFileBuilder(header: header, tensors: tensors, tensorRanges: [0..<64, 64..<128])
  }()

  /// The sound file with a part of its header replaced.
  public static func sound(replacing old: String, by new: String) -> NativeFileBuilder {
    precondition(sound.header.contains(old), "\(old) is not in the header")
    var file = sound
    file.header = file.header.replacing(old, with: new)
    return file
  }
}

/// The zeros that fill a section up to a multiple of 64.
private func padded(_ section: [UInt8]) -> [UInt8] {
  section + [UInt8](repeating: 0, count: (64 - section.count % 64) % 64)
}
