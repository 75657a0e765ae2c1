/// Numbers that follow from a seed, the same on every machine.
///
/// G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
package struct SplitMix64 {
  private var state: UInt64

  /// The numbers of one tensor of many.
  package init(seed: UInt64, tensor: Int) {
    var mixed = SplitMix64(state: seed)
    state = mixed.next() &+ UInt64(tensor) &* 0xd134_2543_de82_ef95
  }

  private init(state: UInt64) { self.state = state }

  /// The next 64 bits.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
    return bits ^ bits >> 31
  }

  /// A number of mean 0 and variance 1 that is nearly normal: the sum of four uniform ones of 16 bits
  /// each, from −3.46 to 3.46. Sums of integers are exact, unlike logarithms.
  mutating func normal() -> Double {
    let bits = next()
    let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + bits >> 48
    // Four numbers of 0…65535: their mean is 4 · 32767.5, their variance 4 · (2³² − 1) / 12.
    return (Double(sum) - 131_070) * SplitMix64.scale
  }

  private static let scale = 1 / (Double(4_294_967_295) / 3).squareRoot()

  /// A number from −1 to 1.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-52 - 1 }
}
