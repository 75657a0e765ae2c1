import Checksums
import ModelIO
import TensorCore

@testable import NativeFormat

/// A native file put together by hand: all checksums are right, whatever the rest says.
struct FileBuilder: Sendable {
  var header: String
  var ledger = "{\"entries\":[]}"
  /// The tensors, one after the other, with the zeros behind each.
  var tensors: [UInt8] = []
  /// One checksum per tensor, which must be smaller than a chunk.
  var tensorRanges: [Range<Int>] = []

  var major: UInt16 = 1
  var minor: UInt16 = 0
  var features: UInt32 = 0
  var reserved: UInt32 = 0
  /// Instead of the true lengths.
  var fileLength: UInt64?
  var headerLength: UInt64?
  var ledgerLength: UInt64?
  var tableLength: UInt64?

  var bytes: [UInt8] {
    let header = Array(header.utf8)
    let ledger = Array(ledger.utf8)
    var table: [UInt8] = []
    for section in [ledger + Chunks.padding(after: ledger.count)]
      + tensorRanges.map({ Array(tensors[$0]) })
    {
      table.append(littleEndian: crc32c(0, section, section.count))
    }
    var body: [UInt8] = []
    for section in [header, table, ledger, tensors] {
      body += section + Chunks.padding(after: section.count)
    }
    var preamble = Preamble.magic
    preamble.append(littleEndian: major)
    preamble.append(littleEndian: minor)
    preamble.append(littleEndian: features)
    preamble.append(littleEndian: fileLength ?? UInt64(64 + body.count))
    preamble.append(littleEndian: headerLength ?? UInt64(header.count))
    preamble.append(littleEndian: ledgerLength ?? UInt64(ledger.count))
    preamble.append(littleEndian: tableLength ?? UInt64(table.count))
    preamble.append(littleEndian: Chunks.checksum(of: Bytes(header)))
    preamble.append(littleEndian: Chunks.checksum(of: Bytes(table)))
    preamble.append(littleEndian: reserved)
    preamble.append(littleEndian: crc32c(0, preamble, 60))
    return preamble + body
  }

  /// A network of one input and one fully connected layer with a kernel [2, 3] and a bias [2].
  static let sound: FileBuilder = {
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
    return FileBuilder(header: header, tensors: tensors, tensorRanges: [0..<64, 64..<128])
  }()

  /// The sound file with a part of its header replaced.
  static func sound(replacing old: String, by new: String) -> FileBuilder {
    precondition(sound.header.contains(old), "\(old) is not in the header")
    var file = sound
    file.header = file.header.replacing(old, with: new)
    return file
  }
}
