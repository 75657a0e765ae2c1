import Files
import TensorCore
import TestSupport
import Testing

@testable import Containers

@Suite struct `A zip archive` {
  typealias Member = ZipBuilder.Member

  /// Raw deflate of 1000 times the letter a.
  static let thousandLetters: [UInt8] = [
    0x4b, 0x4c, 0x1c, 0x05, 0xa3, 0x60, 0x14, 0x0c, 0x77, 0x00, 0x00,
  ]

  private static func contents(_ builder: ZipBuilder) throws -> [[UInt8]] {
    let archive = try ZipArchive(builder.bytes)
    return try archive.members.map { try archive.contents(of: $0).array }
  }

  @Test func `a stored member is used where it lies`() throws {
    let bytes = ZipBuilder(members: [Member(name: "a/b.npy", content: [1, 2, 3])]).bytes
    let archive = try ZipArchive(bytes)
    let contents = try archive.contents(of: try #require(archive["a/b.npy"]))
    #expect(contents.array == [1, 2, 3])
    #expect(contents.isIdentical(to: try #require(bytes.slice(from: 37, count: 3))))
  }

  @Test func `a deflated member is decompressed`() throws {
    let letters = [UInt8](repeating: 0x61, count: 1000)
    let member = Member(
      name: "a", content: Self.thousandLetters, byteCount: 1000, checksum: Bytes(letters).crc32,
      method: 8)
    #expect(try Self.contents(ZipBuilder(members: [member])) == [letters])
  }

  @Test func `members come in the order of the directory, without folders`() throws {
    let members = ["z", "folder/", "a"].map { Member(name: $0, content: []) }
    let archive = try ZipArchive(ZipBuilder(members: members).bytes)
    #expect(archive.members.map(\.name) == ["z", "a"])
  }

  @Test func `an empty archive has no members`() throws {
    #expect(try ZipArchive(ZipBuilder().bytes).members.isEmpty)
  }

  @Test func `a zip64 directory is followed`() throws {
    let builder = ZipBuilder(members: [Member(name: "a", content: [7])], isZip64: true)
    #expect(try Self.contents(builder) == [[7]])
  }

  @Test func `sizes of 64 bits in a local header are read`() throws {
    // As numpy.savez writes every member.
    let extra: [UInt8] = [1, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    let member = Member(name: "a", content: [7], localSize: .max, localExtra: extra)
    #expect(try Self.contents(ZipBuilder(members: [member])) == [[7]])
  }

  static let lies: [(builder: ZipBuilder, error: String)] = [
    (
      ZipBuilder(members: [Member(name: "a", content: [1], checksum: 5)]),
      "a: CRC-32 mismatch"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: []), Member(name: "a", content: [])]),
      "a: two members have this name"
    ),
    (ZipBuilder(members: [Member(name: "a", content: [1], flags: 1)]), "a: is encrypted"),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], method: 12)]),
      "a: expected method 0 (stored) or 8 (deflated), found 12"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], byteCount: 2)]),
      "a: stored, but 2 bytes in 1"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], localName: "b")]),
      "a: its own header gives another name"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], localChecksum: 1)]),
      "a: its own header disagrees with the directory"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], localSize: 9)]),
      "a: its own header disagrees with the directory"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], localSize: .max)]),
      "a: a size of 64 bits is missing"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], attributes: 0xa1ff_0000, madeBy: 0x314)]
      ),
      "a: is a symbolic link"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [1], offset: 7)]),
      "a: no header at byte 7"
    ),
    (
      ZipBuilder(members: [Member(name: "bomb", content: [1], byteCount: 1033, method: 8)]),
      "bomb: 1 bytes cannot hold 1033"
    ),
    (
      ZipBuilder(
        members: [Member(name: "short", content: thousandLetters, byteCount: 999, method: 8)]),
      "short: expected 999 bytes from 11 compressed ones, found 999 from 10"
    ),
    (
      ZipBuilder(
        members: [Member(name: "long", content: thousandLetters, byteCount: 1001, method: 8)]),
      "long: expected 1001 bytes from 11 compressed ones, found 1000 from 11"
    ),
    (
      ZipBuilder(
        members: [Member(name: "more", content: thousandLetters + [0], byteCount: 1000, method: 8)]
      ),
      "more: expected 1000 bytes from 12 compressed ones, found 1000 from 11"
    ),
    (
      ZipBuilder(members: [Member(name: "noise", content: [0xff, 1], byteCount: 2, method: 8)]),
      "noise: expected 2 bytes from 2 compressed ones, found 0 from 1"
    ),
    (
      ZipBuilder(members: [], comment: [1]),
      "byte 1: expected the end of a zip archive (comments are not supported)"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [])], count: 2),
      "byte 78: a directory of 2 members in 47 bytes from 31 on does not fit"
    ),
    (
      ZipBuilder(members: [Member(name: "a", content: [])], count: 0),
      "byte 31: expected the end of the directory"
    ),
  ]

  @Test(arguments: lies)
  func `a lie is refused`(builder: ZipBuilder, expected: String) {
    let error = #expect(throws: FormatError.self) { try Self.contents(builder) }
    #expect(error?.description == expected)
  }

  @Test(arguments: [
    "", "/etc/passwd", "../a", "a/../b", "a/..", "./a", "a\\b", "a\0b", "../\u{301}",
  ])
  func `a name that leads out of the archive is refused`(name: String) {
    let builder = ZipBuilder(members: [Member(name: name, content: [])])
    let error = #expect(throws: FormatError.self) { try ZipArchive(builder.bytes) }
    #expect(error?.reason == "expected a relative name without . and ..")
  }

  @Test func `overlapping members are refused`() throws {
    // The second entry points into the content of the first, where a whole header lies.
    let inner = ZipBuilder(members: [Member(name: "b", content: [1])]).bytes.array[..<32]
    let outer = Member(name: "a", content: Array(inner))
    let overlap = Member(name: "b", content: [1], offset: 31)
    let builder = ZipBuilder(members: [outer, overlap])
    let error = #expect(throws: FormatError.self) { try ZipArchive(builder.bytes) }
    #expect(error?.description == "b: overlaps a")
  }

  @Test func `every truncation is refused`() {
    let bytes = ZipBuilder(members: [Member(name: "a", content: [1, 2, 3])]).bytes
    let accepted = (0..<bytes.count).filter {
      (try? ZipArchive(bytes.slice(from: 0, count: $0)!)) != nil
    }
    #expect(accepted.isEmpty)
  }

  @Test func `every flipped bit is refused or changes no content`() {
    var bytes = ZipBuilder(members: [Member(name: "a", content: [1, 2, 3])]).bytes.array
    var changed: [Int] = []
    for bit in 0..<8 * bytes.count {
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      defer { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
      guard let archive = try? ZipArchive(Bytes(bytes)), let member = archive.members.first,
        let content = try? archive.contents(of: member)
      else { continue }
      if content.array != [1, 2, 3] { changed.append(bit) }
    }
    #expect(changed.isEmpty)
  }
}
