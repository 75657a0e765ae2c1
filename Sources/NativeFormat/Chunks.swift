internal import Checksums
internal import Files
internal import TensorCore

/// The pieces that have a checksum each: 1 MiB of a section, counted with the zeros that fill it up
/// to the next multiple of 64.
enum Chunks {
  static let alignment = 64
  static let byteCount = 1 << 20

  /// The length with the zeros behind it. At most 63 larger: the caller knows it is far from 2^63.
  static func padded(_ count: Int) -> Int { (count + alignment - 1) & ~(alignment - 1) }

  /// How many chunks a section of `count` bytes has.
  static func count(of byteCount: Int) -> Int {
    (padded(byteCount) + Self.byteCount - 1) / Self.byteCount
  }

  /// The zeros behind a section of `count` bytes.
  static func padding(after count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: padded(count) - count)
  }

  /// The checksum of one section as a whole.
  static func checksum(of bytes: Bytes) -> UInt32 {
    let zeros = padding(after: bytes.count)
    return crc32c(bytes.withUnsafeBytes { crc32c(0, $0.baseAddress, $0.count) }, zeros, zeros.count)
  }

  /// The checksums of a section's chunks; the zeros behind it count where they are missing.
  static func checksums(of bytes: Bytes) -> [UInt32] {
    stride(from: 0, to: bytes.count, by: byteCount).map { start in
      let count = min(byteCount, bytes.count - start)
      return checksum(of: bytes.slice(from: start, count: count)!)  // within, as just computed
    }
  }
}

/// A part of the file that is checked chunk by chunk: the ledger or a tensor.
struct Section {
  var name: String
  /// From the first byte to the end of the zeros behind it.
  var extent: Range<Int>
  /// Without the zeros.
  var byteCount: Int

  /// The bytes of one chunk in the file.
  func range(ofChunk index: Int) -> Range<Int> {
    let start = extent.lowerBound + index * Chunks.byteCount
    return start..<min(start + Chunks.byteCount, extent.upperBound)
  }

  /// An error about one chunk.
  func fault(inChunk index: Int, _ reason: String) -> FormatError {
    let range = range(ofChunk: index)
    return FormatError(
      at: .object(name),
      "chunk \(index) (bytes \(range.lowerBound)..<\(range.upperBound)): \(reason)")
  }

  /// Compares the section's bytes with its checksums.
  ///
  /// - Throws: `FormatError` naming section, chunk and bytes.
  func check(in file: Bytes, against expected: ArraySlice<UInt32>) throws(FormatError) {
    let bytes = file.slice(from: extent.lowerBound, count: extent.count)!  // as long as promised
    for (index, (found, wanted)) in zip(Chunks.checksums(of: bytes), expected).enumerated() {
      guard found == wanted else { throw fault(inChunk: index, "checksum mismatch") }
    }
    guard bytes.slice(from: byteCount, count: extent.count - byteCount)!.isZero else {
      throw fault(inChunk: expected.count - 1, "expected zeros behind the last element")
    }
  }
}

extension Bytes {
  /// Whether there is no bit set.
  var isZero: Bool { withUnsafeBytes { $0.allSatisfy { $0 == 0 } } }
}
