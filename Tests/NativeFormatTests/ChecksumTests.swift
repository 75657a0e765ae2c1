import Checksums
import TestSupport
import Testing

@Suite struct `CRC-32C` {
  /// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised algorithms.
  static let vectors: [(bytes: [UInt8], crc: UInt32)] = [
    ([], 0),
    (Array("123456789".utf8), 0xe306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ((0..<32).reversed().map { UInt8($0) }, 0x113f_db5c),
  ]

  @Test(arguments: vectors)
  func `known vectors have their published checksums`(bytes: [UInt8], crc: UInt32) {
    #expect(crc32c(0, bytes, bytes.count) == crc)
    #expect(crc32c_plain(0, bytes, bytes.count) == crc)
  }

  /// Around the word of 8 bytes and the 3 × 2048 bytes of the interleaved loop.
  static let lengths = [0, 1, 7, 8, 9, 63, 2048, 6143, 6144, 6145, 6151, 12_288, 20_000, 65_537]

  @Test(arguments: lengths, [0, 1, 3, 7])
  func `the fast path equals the plain one at every length and alignment`(
    length: Int, alignment: Int
  ) {
    var generator = SeededGenerator(seed: UInt64(length * 8 + alignment))
    let bytes = (0..<length + alignment).map { _ in UInt8.random(in: 0...255, using: &generator) }
    bytes.withUnsafeBytes { buffer in
      let start = buffer.baseAddress.map { $0 + alignment }
      #expect(crc32c(17, start, length) == crc32c_plain(17, start, length))
    }
  }

  @Test func `a message in pieces has the checksum of the whole`() {
    let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let whole = crc32c(0, bytes, bytes.count)
    for cut in [1, 8, 6144, 19_999] {
      let head = crc32c(0, bytes, cut)
      let tail = Array(bytes[cut...])
      #expect(crc32c(head, tail, tail.count) == whole)
    }
  }
}
