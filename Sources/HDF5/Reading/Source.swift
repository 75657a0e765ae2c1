internal import TensorCore

/// The bytes of a file, and how addresses and lengths are written there.
struct Source: Sendable {
  let bytes: Bytes
  /// Where address 0 is: behind the user block.
  let base: Int
  /// Where the file ends by its own account: nothing that belongs to it lies behind.
  let end: Int
  /// Bytes of an address.
  let addressWidth: Int
  /// Bytes of a length.
  let lengthWidth: Int

  /// A cursor over a part of the file.
  ///
  /// - Throws: `Fault` for a part that does not lie within the file.
  func cursor(at start: Int, count: Int, _ part: FileMap.Part) throws(Fault) -> Cursor {
    guard start >= 0, count >= 0, start <= end, count <= end - start else {
      throw .damage(
        "\(count) bytes of \(part.rawValue)", at: start, found: "the end of the file at byte \(end)"
      )
    }
    return Cursor(self, start..<start + count)
  }

  /// A cursor from a place to the end of the file.
  func cursor(at start: Int, _ part: FileMap.Part) throws(Fault) -> Cursor {
    try cursor(at: start, count: max(end - start, 0), part)
  }

  /// A cursor over a part that is known to lie within the file.
  func cursor(_ range: Range<Int>) -> Cursor { Cursor(self, range) }

  /// Some of the bytes; those of a range that a cursor gave are all there.
  func slice(_ range: Range<Int>) -> Bytes {
    bytes.slice(from: range.lowerBound, count: range.count)!
  }

  /// The bytes of a range as an array.
  func array(_ range: Range<Int>) -> [UInt8] { slice(range).array }

  /// Checks the checksum in the last four bytes of a range: that of all bytes before.
  func verify(_ range: Range<Int>, _ part: FileMap.Part) throws(Fault) {
    var stored = cursor(range.upperBound - 4..<range.upperBound)
    let found = Lookup3.checksum(of: slice(range.lowerBound..<range.upperBound - 4))
    guard try stored.integer(4) == found else {
      throw .damage(
        "\(part.rawValue) with a right checksum", at: range.lowerBound, found: "a wrong one")
    }
  }
}
