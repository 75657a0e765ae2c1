internal import CZlib
internal import Files
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension Bytes {
  /// The CRC-32 that zip uses.
  var crc32: UInt32 { crc32(after: 0) }

  /// The CRC-32 of other bytes, whose checksum is `checksum`, followed by these.
  func crc32(after checksum: UInt32) -> UInt32 {
    guard count > 0 else { return checksum }  // zlib takes a null pointer for a new start
    let result = withUnsafeBytes { buffer in
      crc32_z(UInt(checksum), buffer.bindMemory(to: UInt8.self).baseAddress, buffer.count)
    }
    return UInt32(truncatingIfNeeded: result)
  }

  /// The bytes decompressed by raw deflate: exactly `byteCount`.
  ///
  /// - Throws: `FormatError` for anything else, without place; of kind `outOfMemory` where there is
  ///   not so much memory.
  func inflated(to byteCount: Int) throws(FormatError) -> Bytes {
    guard byteCount > 0 else {
      // Nothing, compressed: an empty final block.
      guard array == [3, 0] else {
        throw FormatError(.badModel, "expected the deflate stream of 0 bytes")
      }
      return Bytes([])
    }
    do {
      try Memory.require(byteCount)
    } catch {
      throw FormatError(.outOfMemory, error.description)
    }
    // Pages of the mapping exist once they are written: a lie about the size costs no memory.
    guard
      let memory = mmap(
        nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      memory != MAP_FAILED
    else { throw FormatError(.outOfMemory, "no memory for \(byteCount) bytes") }
    let output = Bytes(adopting: memory, count: byteCount) {
      munmap(UnsafeMutableRawPointer(mutating: $0), byteCount)
    }
    // Nobody else has `output` yet.
    try inflate(into: UnsafeMutableRawBufferPointer(start: memory, count: byteCount))
    return output
  }

  private func inflate(into output: UnsafeMutableRawBufferPointer) throws(FormatError) {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, size) == Z_OK else {
      throw FormatError(.outOfMemory, "no memory to decompress")
    }
    defer { inflateEnd(&stream) }
    var (consumed, produced) = (0, 0)
    var status = Z_OK
    while status == Z_OK {
      // zlib counts in 32 bits.
      let input = Swift.min(count - consumed, 1 << 30)
      let room = Swift.min(output.count - produced, 1 << 30)
      status = withUnsafeBytes { buffer in
        let bytes = UnsafeMutableRawBufferPointer(mutating: buffer).bindMemory(to: UInt8.self)
        stream.next_in = bytes.baseAddress.map { $0 + consumed }
        stream.avail_in = UInt32(input)
        stream.next_out = output.bindMemory(to: UInt8.self).baseAddress.map { $0 + produced }
        stream.avail_out = UInt32(room)
        return CZlib.inflate(&stream, Z_NO_FLUSH)
      }
      consumed += input - Int(stream.avail_in)
      produced += room - Int(stream.avail_out)
    }
    guard status != Z_MEM_ERROR else {
      throw FormatError(.outOfMemory, "no memory to decompress")
    }
    guard status == Z_STREAM_END, produced == output.count, consumed == count else {
      throw FormatError(
        .badModel,
        "expected \(output.count) bytes from \(count) compressed ones, "
          + "found \(produced) from \(consumed)")
    }
  }
}
