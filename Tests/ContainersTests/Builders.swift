import Foundation
import ModelIO
import TensorCore

@testable import Containers

/// A zip archive put together by hand, with every field open to lies.
struct ZipBuilder {
  struct Member {
    var name: String
    /// What lies in the archive: raw deflate where `method` is 8.
    var content: [UInt8]
    var byteCount: Int?
    var checksum: UInt32?
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var attributes: UInt32 = 0
    var madeBy: UInt16 = 20
    /// Where the local header differs from the directory.
    var localName: String?
    var localChecksum: UInt32?
    var localSize: UInt32?
    var localExtra: [UInt8] = []
    var offset: UInt32?
  }

  var members: [Member] = []
  var comment: [UInt8] = []
  var count: UInt16?
  var prefix: [UInt8] = []
  var isZip64 = false

  var bytes: Bytes {
    var archive = prefix
    var directory: [UInt8] = []
    for member in members {
      let offset = archive.count
      let size = UInt32(member.content.count)
      let checksum = member.checksum ?? Bytes(member.content).crc32
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
func npy(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> Bytes {
  let text = Array(header.utf8)
  let length =
    version == 1
    ? [UInt8(text.count & 255), UInt8(text.count >> 8)]
    : [UInt8(text.count & 255), UInt8(text.count >> 8), 0, 0]
  return Bytes([0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + elements)
}
