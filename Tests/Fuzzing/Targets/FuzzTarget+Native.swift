import Files
import JSON
import ModelGraph
import ModelIO
import TensorCore

@testable import NativeFormat

extension FuzzTarget {
  static func readNative(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let input = InputFile(path: "model.resnet", bytes: bytes)
    _ = NativeFormat().recognize(input)
    let opened = try accepted { () throws(FormatError) in try NativeFile(opening: input) }
    let model = try accepted { () throws(FormatError) in
      try NativeFormat().readModel(from: [input], options: ReadingOptions()).model
    }
    try require(model == nil || opened != nil, "a file that is read can be opened")
    guard let model else { return false }
    try check(model)
    return true
  }

  static func readNativeHeader(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let (header, ledger) = bytes.splitAtZero
    return try readNative(
      nativeFile(header: header, ledger: ledger ?? Bytes(Array(#"{"entries":[]}"#.utf8))))
  }

  /// A file around a header: as long as its tensors are by the header's own account, all zeros.
  static func nativeFile(header: Bytes, ledger: Bytes) -> Bytes {
    var byteCounts: [Int] = []
    if let json = try? JSON(parsing: header), case .array(let tensors)? = json["tensors"] {
      for tensor in tensors {
        guard case .integer(let byteCount)? = tensor["byteCount"] else { continue }
        byteCounts.append(byteCount)
      }
    }
    // A header that claims more must be refused whatever follows it.
    if !byteCounts.allSatisfy({ 0...1 << 20 ~= $0 }) || byteCounts.reduce(0, +) > 1 << 20 {
      byteCounts = []
    }
    let tensors = byteCounts.map { Bytes([UInt8](repeating: 0, count: Chunks.padded($0))) }
    var table: [UInt8] = []
    for checksum in ([ledger] + tensors).flatMap(Chunks.checksums(of:)) {
      table.append(littleEndian: checksum)
    }
    let sections = [header, Bytes(table), ledger] + tensors
    let preamble = Preamble(
      fileLength: sections.reduce(Preamble.byteCount) { $0 + Chunks.padded($1.count) },
      headerLength: header.count, ledgerLength: ledger.count, tableLength: table.count,
      headerChecksum: Chunks.checksum(of: header), tableChecksum: Chunks.checksum(of: Bytes(table)))
    return Bytes(
      sections.reduce(into: preamble.bytes) { file, section in
        file += section.array + Chunks.padding(after: section.count)
      })
  }
}
