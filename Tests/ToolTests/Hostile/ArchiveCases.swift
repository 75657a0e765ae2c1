import Foundation
import ResNetKit
import TestSupport
import Testing

/// Archives of arrays that lie.
@Suite struct `A hostile npz` {
  typealias Member = ZipBuilder.Member

  private static func array(
    _ shape: String, _ type: String = "<f4", bytes: [UInt8] = SmallNet.floats(32),
    order: String = "False"
  ) -> [UInt8] {
    npy("{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }", bytes).array
  }

  private static let sound = array("(1, 2, 4, 4)")

  private static func archive(_ members: Member...) -> [UInt8] {
    ZipBuilder(members: members).bytes.array
  }

  private static func input(_ content: [UInt8]) -> [UInt8] {
    archive(Member(name: "input.npy", content: content))
  }

  /// A file that is one array of so many zeros, compressed as deflate does best with fixed codes.
  private static func bomb(_ byteCount: Int) -> [UInt8] {
    var bits = BitWriter()
    bits.append(0b1, 1)  // the last block
    bits.append(0b01, 2)  // of fixed codes
    bits.appendReversed(0b0011_0000, 8)  // the literal 0
    let runs = (byteCount - 1) / 258
    for _ in 0..<runs {
      bits.appendReversed(0b1100_0101, 8)  // a run of 258
      bits.append(0, 5)  // from one byte back
    }
    bits.appendReversed(0, 7)  // the end
    let member = Member(
      name: "input.npy", content: bits.bytes, byteCount: runs * 258 + 1, checksum: 0, method: 8)
    return archive(member)
  }

  static let archives: [HostileCase] = [
    .npz("1", "empty", [], "byte 0: expected an npz archive"),
    .npz("4", "a byte behind it", input(sound) + [0], "expected the end of a zip archive"),
    .npz(
      "4", "a byte before it",
      ZipBuilder(members: [Member(name: "input.npy", content: sound)], prefix: [1]).bytes.array,
      "byte 0: expected an npz archive"),
    .npz("4", "a second archive behind it", input(sound) + input(sound), "does not fit"),
    .npz("5", "a prototxt by content", Array(SmallNet.definition.utf8), "byte 0: expected an npz"),
    .npz(
      "10", "a member name that acts on the terminal",
      archive(Member(name: "\u{1b}[2J\u{202e}.npy", content: [])), "\\u{1B}[2J\\u{202E}"),
    .npz(
      "10", "a member name that leads out",
      archive(Member(name: "../../etc/cron.d/x.npy", content: sound)), "expected a relative name"),
    .npz(
      "10", "an absolute member name", archive(Member(name: "/etc/passwd.npy", content: sound)),
      "expected a relative name"),
    .npz(
      "13", "a member beyond the end",
      archive(Member(name: "input.npy", content: sound, offset: 1 << 30)),
      "input.npy: no header at byte"),
    .npz(
      "15", "sizes that disagree", archive(Member(name: "input.npy", content: sound, byteCount: 7)),
      "input.npy: stored, but 7 bytes"),
    .npz(
      "16", "members that overlap",
      archive(
        Member(name: "input.npy", content: sound),
        Member(name: "input.npz", content: sound, offset: 0)), "input.np"),
    .npz(
      "17", "two members of one name",
      archive(Member(name: "input.npy", content: sound), Member(name: "input.npy", content: sound)),
      "two members have this name"),
    .npz(
      "18", "65,534 members in 300 bytes",
      ZipBuilder(members: [Member(name: "input.npy", content: sound)], count: 65_534).bytes.array,
      "does not fit"),
    .npz(
      "20", "an unknown method", archive(Member(name: "input.npy", content: sound, method: 12)),
      "expected method 0 (stored) or 8"),
    .npz(
      "20", "an encrypted member", archive(Member(name: "input.npy", content: sound, flags: 1)),
      "is encrypted"),
    .npz(
      "49", "a wrong checksum", archive(Member(name: "input.npy", content: sound, checksum: 7)),
      "input.npy: CRC-32 mismatch"),
    .npz(
      "49", "a symbolic link",
      archive(Member(name: "input.npy", content: [0x61], attributes: 0xa1ff_0000, madeBy: 0x314)),
      "is a symbolic link"),
    .npz(
      "50", "1 byte that claims to be a gibibyte",
      archive(Member(name: "input.npy", content: [1], byteCount: 1 << 30, method: 8)), "cannot hold"
    ),
    .npz(
      "50", "two members of a gibibyte together", bombs, "more than 1073741824 bytes decompressed"),
    .npz(
      "50", "200 MB in 1.3 MB, with 48 MiB of memory", bomb(200_000_000),
      "input.npy: needs 199999795 bytes of memory", code: 75),
    .npz("50", "20 MB of zeros in 130 KB", bomb(20_000_000), "input.npy: CRC-32 mismatch"),
  ]

  /// A megabyte of bytes that claim to be 513 MiB, twice.
  private static var bombs: [UInt8] {
    let content = [UInt8](repeating: 0, count: 1 << 20)
    return ZipBuilder(
      members: ["a.npy", "b.npy"].map {
        Member(name: $0, content: content, byteCount: 513 << 20, checksum: 0, method: 8)
      }
    ).bytes.array
  }

  static let arrays: [HostileCase] = [
    .npz("11", "(2^60,)", input(array("(1152921504606846976,)")), "input.npy: byte"),
    .npz("11", "(2^32, 2^32)", input(array("(4294967296, 4294967296)")), "input.npy: byte 10"),
    .npz("11", "(0, 2^62, 4)", input(array("(0, 4611686018427387904, 4)")), "input.npy: byte 10"),
    .npz("11", "(-1,)", input(array("(-1,)")), "input.npy: byte"),
    .npz(
      "11", "rank 255", input(array("(" + String(repeating: "1, ", count: 255) + ")")),
      "expected at most 32 extents"),
    .npz("14", "(2^63 - 1, 2)", input(array("(9223372036854775807, 2)")), "input.npy: byte 10"),
    .npz(
      "15", "one element less than the shape",
      input(array("(1, 2, 4, 4)", bytes: SmallNet.floats(31))), "found 124 bytes"),
    .npz(
      "15", "a shape that is not the network's",
      input(array("(1, 3, 4, 4)", bytes: SmallNet.floats(48))), "expected"),
    .npz("20", "a complex type", input(array("(4,)", "<c8")), "found '<c8'"),
    .npz("20", "Python objects", input(array("(4,)", "|O")), "found '|O'"),
    .npz(
      "20", "a record",
      input(
        npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (8,)}", SmallNet.floats(8))
          .array), "found a record"),
    .npz(
      "20", "version 9 of npy", input(npy("{}", [], version: 9).array),
      "expected npy version 1, 2 or 3"),
    .npz(
      "20", "big-endian floats, converted", input(array("(1, 2, 4, 4)", ">f4", bytes: bigEndian)),
      " ms", code: 0, memoryMiB: 256),
    .npz("24", "an array without elements", input(array("(0, 2, 4, 4)", bytes: [])), "expected"),
    .npz("24", "an array of rank 0", input(array("()", bytes: SmallNet.floats(1))), "expected"),
    .npz(
      "22", "a header that is code", input(npy("__import__('os').system('id')", []).array),
      "input.npy: byte 10: expected '{'"),
    .npz(
      "22", "a header of 65,535 bytes of space",
      input(npy(String(repeating: " ", count: 65_535), []).array), "input.npy: byte"),
  ]

  private static let bigEndian: [UInt8] = (0..<32).flatMap { index in
    withUnsafeBytes(of: Float(index).bitPattern.bigEndian, Array.init)
  }

  @Test(arguments: archives + arrays)
  func `is refused with member, byte and rule, and nothing is written`(
    _ row: HostileCase
  ) throws { try row.check() }
}

/// Bits, least significant first, as deflate has them.
private struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var free = 0

  mutating func append(_ value: Int, _ count: Int) {
    for bit in 0..<count { append((value >> bit) & 1 == 1) }
  }

  /// A Huffman code: its first bit is its highest.
  mutating func appendReversed(_ code: Int, _ count: Int) {
    for bit in (0..<count).reversed() { append((code >> bit) & 1 == 1) }
  }

  private mutating func append(_ isSet: Bool) {
    if free == 0 {
      bytes.append(0)
      free = 8
    }
    if isSet { bytes[bytes.count - 1] |= 1 << UInt8(8 - free) }
    free -= 1
  }
}
