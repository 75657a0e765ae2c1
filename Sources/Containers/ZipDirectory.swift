internal import Files
internal import TensorCore

extension UInt32 {
  static let memberSignature: UInt32 = 0x0403_4b50
  static let entrySignature: UInt32 = 0x0201_4b50
  static let endSignature: UInt32 = 0x0605_4b50
  static let zip64EndSignature: UInt32 = 0x0606_4b50
  static let zip64LocatorSignature: UInt32 = 0x0706_4b50
}

/// Where the central directory lies. Field names and offsets: PKWARE's APPNOTE.TXT, 4.3.
struct ZipDirectory {
  let range: Range<Int>
  let entryCount: Int

  /// Finds the directory through the record that ends the file.
  init(of bytes: Bytes) throws(FormatError) {
    // Without a comment there is one place for the end record, and no second to be misled by.
    let end = bytes.count - 22
    guard end >= 0, bytes.integer(at: end, as: UInt32.self) == .endSignature,
      bytes.integer(at: end + 20, as: UInt16.self) == 0
    else {
      let isThere = (max(end - 0xffff, 0)...max(end, 0)).contains {
        bytes.integer(at: $0, as: UInt32.self) == .endSignature
      }
      throw FormatError(
        at: .byte(max(end, 0)),
        "expected the end of a zip archive "
          + (isThere ? "(comments are not supported)" : "in a file that is cut short"))
    }
    guard bytes.integer(at: end + 4, as: UInt32.self) == 0 else {
      throw FormatError(at: .byte(end + 4), "an archive of several disks")
    }
    var count = Int(bytes.integer(at: end + 10, as: UInt16.self) ?? 0)
    var size = Int(bytes.integer(at: end + 12, as: UInt32.self) ?? 0)
    var offset = Int(bytes.integer(at: end + 16, as: UInt32.self) ?? 0)
    var directoryEnd = end
    if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
      (count, size, offset, directoryEnd) = try Self.zip64(in: bytes, before: end)
    } else {
      guard bytes.integer(at: end + 8, as: UInt16.self).map(Int.init) == count else {
        throw FormatError(at: .byte(end + 8), "two different numbers of members")
      }
    }
    // Every entry has 46 bytes at least: a lie about their number is refused before it costs.
    guard offset <= directoryEnd, size == directoryEnd - offset, count <= size / 46 else {
      throw FormatError(
        at: .byte(end),
        "a directory of \(count) members in \(size) bytes from \(offset) on does not fit")
    }
    range = offset..<directoryEnd
    entryCount = count
  }

  private static func zip64(
    in bytes: Bytes, before end: Int
  ) throws(FormatError) -> (count: Int, size: Int, offset: Int, end: Int) {
    let locator = end - 20
    let record = locator - 56
    guard bytes.integer(at: locator, as: UInt32.self) == .zip64LocatorSignature,
      bytes.integer(at: locator + 8, as: UInt64.self) == UInt64(max(record, 0)),
      bytes.integer(at: record, as: UInt32.self) == .zip64EndSignature,
      let count = bytes.size(at: record + 32), let size = bytes.size(at: record + 40),
      let offset = bytes.size(at: record + 48)
    else { throw FormatError(at: .byte(max(record, 0)), "expected a zip64 end record") }
    return (count, size, offset, record)
  }

  /// The entries, each checked by itself.
  func entries(in bytes: Bytes) throws(FormatError) -> [ZipEntry] {
    var entries: [ZipEntry] = []
    var position = range.lowerBound
    for _ in 0..<entryCount {
      let entry = try ZipEntry(decoding: bytes, at: position, before: range.upperBound)
      position = entry.end
      entries.append(entry)
    }
    guard position == range.upperBound else {
      throw FormatError(at: .byte(position), "expected the end of the directory")
    }
    return entries
  }
}

extension Bytes {
  /// A little-endian integer; nil where it does not lie within.
  func integer<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type) -> Integer? {
    slice(from: offset, count: Integer.bitWidth / 8)?.withUnsafeBytes {
      Integer(littleEndian: $0.loadUnaligned(as: Integer.self))
    }
  }

  /// A size of 64 bits that an `Int` can hold.
  func size(at offset: Int) -> Int? {
    integer(at: offset, as: UInt64.self).flatMap { Int(exactly: $0) }
  }
}
