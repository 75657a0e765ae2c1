internal import TensorCore

/// Bob Jenkins' hash of 2006 (`lookup3.c`, `hashlittle`), the checksum of HDF5's metadata.
///
/// Three words of state; each twelve bytes are added to them and mixed, the last ones finished by
/// another mixture.
enum Lookup3 {
  /// The checksum of bytes, as HDF5 stores it.
  static func checksum(of bytes: [UInt8]) -> UInt32 { checksum(of: bytes.span.bytes) }

  /// The checksum of bytes in memory or of a file.
  static func checksum(of bytes: Bytes) -> UInt32 { bytes.withSpan { checksum(of: $0) } }

  private static func checksum(of bytes: RawSpan) -> UInt32 {
    var state = State(0xdead_beef &+ UInt32(truncatingIfNeeded: bytes.byteCount))
    guard !bytes.isEmpty else { return state.c }
    var start = 0
    while bytes.byteCount - start > 12 {
      state.add(word(bytes, start), word(bytes, start + 4), word(bytes, start + 8))
      state.mix()
      start += 12
    }
    state.add(
      lastWord(bytes, start), lastWord(bytes, start + 4), lastWord(bytes, start + 8))
    state.finish()
    return state.c
  }

  /// Four bytes, least significant first.
  private static func word(_ bytes: RawSpan, _ start: Int) -> UInt32 {
    bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian
  }

  /// Four bytes, of which those behind the end are zero.
  private static func lastWord(_ bytes: RawSpan, _ start: Int) -> UInt32 {
    guard start < bytes.byteCount else { return 0 }
    return (start..<min(start + 4, bytes.byteCount)).reversed().reduce(0) {
      $0 << 8 | UInt32(bytes.unsafeLoadUnaligned(fromByteOffset: $1, as: UInt8.self))
    }
  }

  private struct State {
    var a, b, c: UInt32

    init(_ seed: UInt32) { (a, b, c) = (seed, seed, seed) }

    mutating func add(_ first: UInt32, _ second: UInt32, _ third: UInt32) {
      a &+= first
      b &+= second
      c &+= third
    }

    mutating func mix() {
      (a, c) = step(a, c, b, 4)
      (b, a) = step(b, a, c, 6)
      (c, b) = step(c, b, a, 8)
      (a, c) = step(a, c, b, 16)
      (b, a) = step(b, a, c, 19)
      (c, b) = step(c, b, a, 4)
    }

    /// `x −= y; x ^= rotated y; y += z`.
    private func step(
      _ x: UInt32, _ y: UInt32, _ z: UInt32, _ count: UInt32
    ) -> (UInt32, UInt32) {
      ((x &- y) ^ rotated(y, count), y &+ z)
    }

    mutating func finish() {
      c = (c ^ b) &- rotated(b, 14)
      a = (a ^ c) &- rotated(c, 11)
      b = (b ^ a) &- rotated(a, 25)
      c = (c ^ b) &- rotated(b, 16)
      a = (a ^ c) &- rotated(c, 4)
      b = (b ^ a) &- rotated(a, 14)
      c = (c ^ b) &- rotated(b, 24)
    }

    private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
      word << count | word >> (32 - count)
    }
  }
}
