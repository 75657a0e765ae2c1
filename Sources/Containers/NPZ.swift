public import Files
internal import ForeignFiles
public import TensorCore

/// Named arrays in one file: a zip archive of npy arrays, as `numpy.savez` writes it.
public enum NPZ {
  /// Reads all arrays in the order of the file; a bare npy array gets the file's name.
  ///
  /// - Throws: `FormatError` naming file, member and byte offset.
  public static func read(
    _ file: InputFile
  ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
    do throws(FormatError) {
      if NPY.isNPY(file.bytes) {
        return [(stem(of: file.name), try NPY.tensor(decoding: file.bytes))]
      }
      guard ZipArchive.isZip(file.bytes) else {
        throw ForeignFile(describing: file.bytes)
          .refusal(of: file, at: .byte(0), expected: "an npz archive or an npy array")
      }
      return try arrays(in: try ZipArchive(file.bytes))
    } catch {
      throw error.inFile(file.path)
    }
  }

  private static func arrays(
    in archive: ZipArchive
  ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
    var arrays: [(name: String, tensor: Tensor)] = []
    for member in archive.members {
      guard member.name.hasSuffix(".npy") else {
        throw FormatError(at: .object(member.name), "expected a member whose name ends in .npy")
      }
      let contents = try archive.contents(of: member)
      do {
        arrays.append((stem(of: member.name), try NPY.tensor(decoding: contents)))
      } catch {
        let place = error.location.map { "\($0): " } ?? ""
        throw FormatError(error.kind, at: .object(member.name), place + error.reason)
      }
    }
    return arrays
  }

  private static func stem(of name: String) -> String {
    name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
  }

  /// Writes arrays, stored and in their order; `numpy.load` reads them. The same arrays give the
  /// same bytes. bfloat16 becomes float32.
  ///
  /// - Throws: `FormatError` for a name that is used twice or cannot be read back, for more than
  ///   4 GiB, or if the file cannot be written.
  public static func write(
    _ arrays: [(name: String, tensor: Tensor)], to output: OutputFile
  ) throws(FormatError) {
    try prepare(arrays, for: output).publish()
  }

  /// Writes and verifies arrays, but leaves the file without a name.
  ///
  /// - Throws: as `write(_:to:)`.
  public static func prepare(
    _ arrays: [(name: String, tensor: Tensor)], for output: OutputFile
  ) throws(FormatError) -> PreparedFile {
    var writer = ZipWriter()
    for (name, tensor) in arrays {
      let tensor = tensor.elementType == .bfloat16 ? Tensor(tensor.shape, tensor.floats) : tensor
      do {
        try writer.add("\(name).npy", [.stored(Bytes(NPY.header(for: tensor))), tensor.elements])
      } catch {
        throw error.inFile(output.path)
      }
    }
    let pieces = writer.finished()
    let byteCount = pieces.reduce(0) { $0 + $1.byteCount }
    return try output.prepare(byteCount: byteCount) { (file) throws(FormatError) in
      for piece in pieces { try file.write(piece) }
    } verify: { (bytes) throws(FormatError) in
      do throws(FormatError) {
        let read = try Self.arrays(in: try ZipArchive(bytes))
        precondition(read.map(\.name) == arrays.map(\.name))
      } catch {
        throw error.inFile(output.path)
      }
    }
  }
}
