internal import Checksums
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
    let checked = [ledger] + list.tensors.map(\.tensor.bytes)
    var encodedTable: [UInt8] = []
    for checksum in checked.flatMap(Chunks.checksums(of:)) {
      encodedTable.append(littleEndian: checksum)
    }
    let table = Bytes(encodedTable)
    let sections = [header, table] + checked
    let preamble = Preamble(
      fileLength: sections.reduce(Preamble.byteCount) { $0 + Chunks.padded($1.count) },
      headerLength: header.count, ledgerLength: ledger.count, tableLength: table.count,
      headerChecksum: Chunks.checksum(of: header), tableChecksum: Chunks.checksum(of: table))
    var tensors: [WrittenTensor] = []
    let file = try output.prepare(byteCount: preamble.fileLength) { (writer) throws(FormatError) in
      try writer.write(preamble.bytes)
      for section in sections {
        try writer.write(section)
        try writer.write(Chunks.padding(after: section.count))
      }
    } verify: { (bytes) throws(FormatError) in
      let written = try NativeFile(bytes, path: output.path)
      _ = try written.check()
      tensors = written.model.network.allWeights.map { weight in
        WrittenTensor(
          weight: weight.name, file: output.name, object: weight.owner,
          byteOffset: weight.tensor.bytes.offset, elementType: weight.tensor.elementType,
          shape: weight.tensor.shape)
      }
    }
    return (file, tensors)
  }
}
