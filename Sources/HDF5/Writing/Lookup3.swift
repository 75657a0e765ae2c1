/// Bob Jenkins' hash of 2006 (`lookup3.c`, `hashlittle`), the checksum of HDF5's metadata.
///
/// Three words of state; each twelve bytes are added to them and mixed, the last ones finished by
/// another mixture.
enum Lookup3 {
  /// The checksum of bytes, as HDF5 stores it.
  static func checksum(of bytes: [UInt8]) -> UInt32 {
    var state = State(0xdead_beef &+ UInt32(truncatingIfNeeded: bytes.count))
    guard !bytes.isEmpty else { return state.c }
    var start = 0
    while bytes.count - start > 12 {
      state.add(bytes[start..<start + 12])
      state.mix()
      start += 12
    }
    state.add(bytes[start...])
    state.finish()
    return state.c
  }

  private struct State {
    var a, b, c: UInt32

    init(_ seed: UInt32) { (a, b, c) = (seed, seed, seed) }

    /// Adds up to twelve bytes, least significant first.
    mutating func add(_ bytes: ArraySlice<UInt8>) {
      var words: (UInt32, UInt32, UInt32) = (0, 0, 0)
      for (index, byte) in bytes.enumerated() {
        let shifted = UInt32(byte) << UInt32(index % 4 * 8)
        switch index / 4 {
        case 0: words.0 |= shifted
        case 1: words.1 |= shifted
        default: words.2 |= shifted  // at most twelve bytes
        }
      }
      a &+= words.0
      b &+= words.1
      c &+= words.2
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
