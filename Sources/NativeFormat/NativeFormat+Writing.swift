internal import Checksums
public import Files
internal import JSON
public import ModelGraph
public import ModelIO
internal import TensorCore

extension NativeFormat {
  /// Writes a model, reads the file back through `NativeFile` and gives it its name.
  ///
  /// The same model gives the same bytes in any process, locale and folder.
  /// - Throws: `FormatError` if the model is not sound or the file cannot be written; then nothing
  ///   has changed.
  public func write(_ model: Model, to output: OutputFile) throws(FormatError) {
    try prepare(model, for: output).file.publish()
  }

  /// Writes and verifies, but leaves the file without a name: for a command of several outputs.
  ///
  /// - Returns: the file, and where in it the weights lie.
  /// - Throws: as `write(_:to:)`.
  public func prepare(
    _ model: Model, for output: OutputFile
  ) throws(FormatError) -> (file: PreparedFile, tensors: [WrittenTensor]) {
    let (json, list) = Header.coded(model)
    let header = Bytes(json.utf8())
    let ledger = Bytes(model.provenance.ledger.json.utf8())
    let checked = [.stored(ledger)] + list.tensors.map(\.tensor.elements)
    let tableLength =
      checked.reduce(0) { $0 + Chunks.count(of: $1.byteCount) } * MemoryLayout<UInt32>.size
    let lengths = [header.count, tableLength] + checked.map(\.byteCount)
    var preamble = Preamble(
      fileLength: lengths.reduce(Preamble.byteCount) { $0 + Chunks.padded($1) },
      headerLength: header.count, ledgerLength: ledger.count, tableLength: tableLength,
      headerChecksum: Chunks.checksum(of: header), tableChecksum: 0)
    var tensors: [WrittenTensor] = []
    let file = try output.prepare(byteCount: preamble.fileLength) { (writer) throws(FormatError) in
      var table: [UInt8] = []
      try writer.write(preamble.bytes)
      try writer.write(header)
      try writer.write([UInt8](repeating: 0, count: preamble.table.upperBound - writer.byteCount))
      for section in checked {
        // A deferred tensor is made once: its checksums are written afterwards.
        let bytes = section.made()
        for checksum in Chunks.checksums(of: bytes) { table.append(littleEndian: checksum) }
        try writer.write(bytes)
        try writer.write(Chunks.padding(after: bytes.count))
      }
      preamble.tableChecksum = Chunks.checksum(of: Bytes(table))
      try writer.rewrite(Bytes(preamble.bytes), at: 0)
      try writer.rewrite(Bytes(table), at: preamble.table.lowerBound)
    } verify: { (bytes) throws(FormatError) in
      let written = try NativeFile(bytes, path: output.path)
      _ = try written.check()
      tensors = written.model.network.allWeights.map { weight in
        WrittenTensor(weight: weight.name, target: StoredTensor(weight, in: output.name))
      }
    }
    return (file, tensors)
  }
}
