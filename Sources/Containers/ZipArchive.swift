public import Files
public import TensorCore

/// A zip archive over mapped bytes: stored members are used where they lie.
///
/// Stricter than the format allows, since an archive that two readers understand differently is an
/// attack: no comment, no encryption, no name twice or outside the archive, no overlap, and local
/// headers must agree with the central directory.
public struct ZipArchive: Sendable {
  /// One member.
  public struct Member: Sendable {
    /// Its name: relative, `/` between the parts.
    public let name: String
    /// Its size once it is decompressed.
    public let byteCount: Int
    /// Its size in the archive.
    public var packedByteCount: Int { compressed.count }

    let isDeflated: Bool
    let checksum: UInt32  // CRC-32 of the decompressed bytes
    let compressed: Bytes
  }

  /// All that is decompressed together must be smaller: 1 GiB.
  static let largestTotal = 1 << 30
  /// Deflate cannot do better, so a member that claims more lies.
  static let largestRatio = 1032

  /// The members in the order of the directory; folders are left out.
  public let members: [Member]

  /// Whether a file begins as a zip archive does.
  public static func isZip(_ bytes: Bytes) -> Bool {
    [.memberSignature, .endSignature].contains(bytes.integer(at: 0, as: UInt32.self))
  }

  /// Reads the directory and every member's header, but no content.
  ///
  /// - Throws: `FormatError` with member or byte offset.
  public init(_ bytes: Bytes) throws(FormatError) {
    let directory = try ZipDirectory(of: bytes)
    var members: [Member] = []
    var names: Set<String> = []
    var extents: [(range: Range<Int>, name: String)] = []
    var total = 0
    for entry in try directory.entries(in: bytes) {
      try entry.checkName()
      guard names.insert(entry.name).inserted else {
        throw entry.fault("two members have this name")
      }
      let start = try entry.checkLocalHeader(in: bytes)
      guard start <= directory.range.lowerBound,
        entry.compressedCount <= directory.range.lowerBound - start,
        let content = bytes.slice(from: start, count: entry.compressedCount)
      else { throw entry.fault("its \(entry.compressedCount) bytes reach past the members") }
      extents.append((entry.headerOffset..<start + entry.compressedCount, entry.name))
      guard !entry.name.hasSuffix("/") else { continue }
      if entry.isDeflated {
        // Cannot overflow: the compressed bytes are there.
        guard entry.byteCount <= entry.compressedCount * Self.largestRatio else {
          throw entry.fault("\(entry.compressedCount) bytes cannot hold \(entry.byteCount)")
        }
        total += entry.byteCount
        guard total <= Self.largestTotal else {
          throw entry.fault("more than \(Self.largestTotal) bytes decompressed")
        }
      } else if entry.byteCount != entry.compressedCount {
        throw entry.fault("stored, but \(entry.byteCount) bytes in \(entry.compressedCount)")
      }
      members.append(
        Member(
          name: entry.name, byteCount: entry.byteCount, isDeflated: entry.isDeflated,
          checksum: entry.checksum, compressed: content))
    }
    extents.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (left, right) in zip(extents, extents.dropFirst())
    where left.range.upperBound > right.range.lowerBound {
      throw FormatError(at: .object(right.name), "overlaps \(left.name)")
    }
    self.members = members
  }

  /// The member of that name.
  public subscript(name: String) -> Member? { members.first { $0.name == name } }

  /// A member's content, its checksum verified.
  ///
  /// - Throws: `FormatError` naming the member.
  public func contents(of member: Member) throws(FormatError) -> Bytes {
    let place = FormatError.Location.object(member.name)
    var content = member.compressed
    if member.isDeflated {
      do {
        content = try member.compressed.inflated(to: member.byteCount)
      } catch {
        throw FormatError(error.kind, at: place, error.reason)
      }
    }
    guard content.crc32 == member.checksum else {
      throw FormatError(at: place, "CRC-32 mismatch")
    }
    return content
  }
}
