public import Files
public import TensorCore

/// Collects the pieces of a zip archive of stored members, without copying their contents.
///
/// Contents begin at multiples of 64, the time of all members is the earliest zip knows.
public struct ZipWriter {
  private var pieces: [Tensor.Elements] = []
  private var directory: [UInt8] = []
  private var names: Set<String> = []
  private var byteCount = 0

  /// An archive without members.
  public init() {}

  /// Appends a member of several pieces.
  ///
  /// - Returns: where its content begins in the archive.
  /// - Throws: `FormatError` for a name that is used already or too long, or more than 4 GiB.
  @discardableResult
  public mutating func add(_ name: String, _ content: [Tensor.Elements]) throws(FormatError) -> Int
  {
    let place = FormatError.Location.object(name)
    let nameBytes = Array(name.utf8)
    guard names.insert(name).inserted else { throw FormatError(at: place, "two members") }
    guard nameBytes.count < 1 << 15, names.count < 0xffff else {
      throw FormatError(at: place, "a name of \(nameBytes.count) bytes, or too many members")
    }
    let size = content.reduce(0) { $0 + $1.byteCount }
    let offset = byteCount
    // An extra field of zeros moves the content; readers skip identifiers they do not know.
    let end = offset + 30 + nameBytes.count + 4
    let padding = (64 - end % 64) % 64
    guard end + padding + size + directory.count < 0xffff_ffff - 1 << 20 else {
      throw FormatError(at: place, "an archive of more than 4 GiB is not supported")
    }
    let checksum = content.reduce(0) { $1.made().crc32(after: $0) }

    var common: [UInt8] = []
    common.append(littleEndian: UInt16(20))  // version needed
    common.append(littleEndian: UInt16(1 << 11))  // the name is UTF-8
    common.append(littleEndian: UInt16(0))  // stored
    common.append(littleEndian: UInt16(0))  // 00:00
    common.append(littleEndian: UInt16(1 << 5 | 1))  // 1 January 1980
    common.append(littleEndian: checksum)
    common.append(littleEndian: UInt32(size))
    common.append(littleEndian: UInt32(size))
    common.append(littleEndian: UInt16(nameBytes.count))

    var header: [UInt8] = []
    header.append(littleEndian: UInt32.memberSignature)
    header += common
    header.append(littleEndian: UInt16(4 + padding))
    header += nameBytes
    header.append(littleEndian: UInt16(0xd935))  // Android's alignment field
    header.append(littleEndian: UInt16(padding))
    header += [UInt8](repeating: 0, count: padding)

    directory.append(littleEndian: UInt32.entrySignature)
    directory.append(littleEndian: UInt16(20))  // made by MS-DOS: no Unix mode
    directory += common
    directory += [UInt8](repeating: 0, count: 12)  // no extra field, comment, disk, attributes
    directory.append(littleEndian: UInt32(offset))
    directory += nameBytes

    pieces.append(.stored(Bytes(header)))
    pieces += content
    byteCount += header.count + size
    return byteCount - size
  }

  /// The archive's pieces in order.
  public func finished() -> [Tensor.Elements] {
    var end = directory
    end.append(littleEndian: UInt32.endSignature)
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: UInt16(names.count))
    end.append(littleEndian: UInt16(names.count))
    end.append(littleEndian: UInt32(directory.count))
    end.append(littleEndian: UInt32(byteCount))
    end.append(littleEndian: UInt16(0))
    return pieces + [.stored(Bytes(end))]
  }
}

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
