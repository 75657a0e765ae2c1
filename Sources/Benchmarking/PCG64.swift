/// NumPy's default generator: PCG XSL-RR 128/64 (O'Neill 2014), seeded as `default_rng(seed)` does.
struct PCG64: RandomNumberGenerator {
  private static let multiplier: UInt128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645
  private var state: UInt128
  private let increment: UInt128

  /// A generator that gives what `numpy.random.default_rng(seed)` gives.
  init(seed: UInt32) {
    let words = SeedSequence(entropy: seed).words(count: 4)
    let start = UInt128(words[0]) << 64 | UInt128(words[1])
    increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
    state = 0
    step()
    state &+= start
    step()
  }

  private mutating func step() { state = state &* Self.multiplier &+ increment }

  mutating func next() -> UInt64 {
    step()
    let folded = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let turns = UInt64(truncatingIfNeeded: state >> 122)
    return folded >> turns | folded << (64 - turns)
  }

  /// A number of `0 ..< 1`, of 53 bits.
  mutating func nextDouble() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// What NumPy makes of a seed: a pool of four words, each mixed with every other, and as many words
/// hashed from it as a generator needs (`numpy.random.SeedSequence`, after O'Neill's `seed_seq_fe`).
private struct SeedSequence {
  private var pool: [UInt32]

  init(entropy: UInt32) {
    var hash = Hash(constant: 0x43b0_d7e5, multiplier: 0x931e_8875)
    pool = [entropy, 0, 0, 0].map { hash.apply($0) }
    for source in 0..<4 {
      for target in 0..<4 where target != source {
        let mixed =
          0xca01_f9dd &* pool[target] &- 0x4973_f715 &* hash.apply(pool[source])
        pool[target] = mixed ^ mixed >> 16
      }
    }
  }

  /// Words of 64 bits, the lower half of each made first.
  func words(count: Int) -> [UInt64] {
    var hash = Hash(constant: 0x8b51_f9dd, multiplier: 0x58f3_8ded)
    let halves = (0..<2 * count).map { UInt64(hash.apply(pool[$0 % 4])) }
    return (0..<count).map { halves[2 * $0] | halves[2 * $0 + 1] << 32 }
  }

  /// A hash whose constant changes with each use.
  private struct Hash {
    var constant: UInt32
    let multiplier: UInt32

    mutating func apply(_ value: UInt32) -> UInt32 {
      var value = value ^ constant
      constant = constant &* multiplier
      value = value &* constant
      return value ^ value >> 16
    }
  }
}
