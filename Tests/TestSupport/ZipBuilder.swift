public import ResNetKit

/// A zip archive put together by hand, with every field open to lies.
public struct ZipBuilder: Sendable {
  /// One member, as its entry in the directory has it.
  public struct Member: Sendable {
    /// The name in the directory.
    public var name: String
    /// What lies in the archive: raw deflate where `method` is 8.
    public var content: [UInt8]
    /// The uncompressed size; that of the content where nil.
    public var byteCount: Int?
    /// The CRC-32; that of the content where nil.
    public var checksum: UInt32?
    /// 0 stored, 8 deflate.
    public var method: UInt16 = 0
    /// The general-purpose bits.
    public var flags: UInt16 = 0
    /// The external attributes: file type and permissions.
    public var attributes: UInt32 = 0
    /// The system that made it, and its version.
    public var madeBy: UInt16 = 20
    /// Where the local header differs from the directory.
    public var localName: String?
    /// The CRC-32 in the local header.
    public var localChecksum: UInt32?
    /// Both sizes in the local header.
    public var localSize: UInt32?
    /// The extra field of the local header.
    public var localExtra: [UInt8] = []
    /// Where the directory says that the local header is.
    public var offset: UInt32?

    /// A member; what is left out is as it should be.
    public init(
      name: String, content: [UInt8], byteCount: Int? = nil, checksum: UInt32? = nil,
      method: UInt16 = 0, flags: UInt16 = 0, attributes: UInt32 = 0, madeBy: UInt16 = 20,
      localName: String? = nil, localChecksum: UInt32? = nil, localSize: UInt32? = nil,
      localExtra: [UInt8] = [], offset: UInt32? = nil
    ) {
      self.name = name
      self.content = content
      self.byteCount = byteCount
      self.checksum = checksum
      self.method = method
      self.flags = flags
      self.attributes = attributes
      self.madeBy = madeBy
      self.localName = localName
      self.localChecksum = localChecksum
      self.localSize = localSize
      self.localExtra = localExtra
      self.offset = offset
    }
  }

  /// In the order of the directory.
  public var members: [Member] = []
  /// The archive's comment.
  public var comment: [UInt8] = []
  /// How many members the end record claims; the truth where nil.
  public var count: UInt16?
  /// What lies before the first local header.
  public var prefix: [UInt8] = []
  /// Whether sizes and offsets are told in zip64 records.
  public var isZip64 = false

  /// An archive of members, sound but for what they say.
  public init(
    members: [Member] = [], comment: [UInt8] = [], count: UInt16? = nil, prefix: [UInt8] = [],
    isZip64: Bool = false
  ) {
    self.members = members
    self.comment = comment
    self.count = count
    self.prefix = prefix
    self.isZip64 = isZip64
  }

  /// The archive.
  public var bytes: Bytes {
    var archive = prefix
    var directory: [UInt8] = []
    for member in members {
      let offset = archive.count
      let size = UInt32(member.content.count)
      let checksum = member.checksum ?? crc32(member.content)
      let byteCount = UInt32(member.byteCount ?? member.content.count)
      let localName = Array((member.localName ?? member.name).utf8)
      archive.append(littleEndian: UInt32(0x0403_4b50))
      for field in [20, member.flags, member.method, 0, 0x21] as [UInt16] {
        archive.append(littleEndian: field)
      }
      archive.append(littleEndian: member.localChecksum ?? checksum)
      archive.append(littleEndian: member.localSize ?? size)
      archive.append(littleEndian: member.localSize ?? byteCount)
      archive.append(littleEndian: UInt16(localName.count))
      archive.append(littleEndian: UInt16(member.localExtra.count))
      archive += localName + member.localExtra + member.content

      directory.append(littleEndian: UInt32(0x0201_4b50))
      for field in [member.madeBy, 20, member.flags, member.method, 0, 0x21] as [UInt16] {
        directory.append(littleEndian: field)
      }
      for field in [checksum, size, byteCount] { directory.append(littleEndian: field) }
      directory.append(littleEndian: UInt16(member.name.utf8.count))
      directory += [UInt8](repeating: 0, count: 8)
      directory.append(littleEndian: member.attributes)
      directory.append(littleEndian: member.offset ?? UInt32(offset))
      directory += Array(member.name.utf8)
    }
    let start = archive.count
    archive += directory
    if isZip64 {
      let record = archive.count
      archive.append(littleEndian: UInt32(0x0606_4b50))
      archive.append(littleEndian: UInt64(44))
      archive += [45, 0, 45, 0] + [UInt8](repeating: 0, count: 8)
      for field in [members.count, members.count, directory.count, start] {
        archive.append(littleEndian: UInt64(field))
      }
      archive.append(littleEndian: UInt32(0x0706_4b50))
      archive.append(littleEndian: UInt32(0))
      archive.append(littleEndian: UInt64(record))
      archive.append(littleEndian: UInt32(1))
    }
    archive.append(littleEndian: UInt32(0x0605_4b50))
    archive.append(littleEndian: UInt32(0))
    let number = isZip64 ? 0xffff : count ?? UInt16(members.count)
    archive.append(littleEndian: number)
    archive.append(littleEndian: number)
    archive.append(littleEndian: isZip64 ? .max : UInt32(directory.count))
    archive.append(littleEndian: isZip64 ? .max : UInt32(start))
    archive.append(littleEndian: UInt16(comment.count))
    return Bytes(archive + comment)
  }
}

/// An npy array of version 1 with any header text.
public func npy(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> Bytes {
  let text = Array(header.utf8)
  let length =
    version == 1
    ? [UInt8(text.count & 255), UInt8(text.count >> 8)]
    : [UInt8(text.count & 255), UInt8(text.count >> 8), 0, 0]
  return Bytes([0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + elements)
}
