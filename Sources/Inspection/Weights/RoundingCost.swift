#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What rounding the elements of a tensor to fewer bits costs: the energy of the errors beside that
/// of the elements, all of finite elements.
public struct RoundingCost: Sendable, Equatable {
  /// The energy of the elements.
  public internal(set) var signal = 0.0
  /// Of the errors of float16, without elements that overflow.
  public internal(set) var float16Noise = 0.0
  /// Elements too large for float16, which would be infinite.
  public internal(set) var float16OverflowCount = 0
  /// Of the errors of bfloat16, likewise.
  public internal(set) var bfloat16Noise = 0.0
  /// Elements too large for bfloat16.
  public internal(set) var bfloat16OverflowCount = 0
  /// Of the errors of integers from −127 to 127 times the largest magnitude over 127.
  public internal(set) var int8Noise = 0.0
  /// Likewise, each output channel with a factor of its own; nil for a tensor without channels.
  public internal(set) var channelInt8Noise: Double?

  /// The energy of a signal beside that of its noise, in decibels: +∞ where nothing is lost, nil
  /// where there is no signal.
  public static func decibels(_ signal: Double, _ noise: Double) -> Double? {
    guard signal > 0 else { return nil }
    return noise == 0 ? .infinity : 10 * log10(signal / noise)
  }

  /// Takes in finite numbers, but for the integers.
  mutating func add(_ numbers: UnsafeBufferPointer<Double>) {
    let half = numbers.noise(of: .float16)
    float16Noise += half.noise
    float16OverflowCount += half.overflowCount
    let brain = numbers.noise(of: .bfloat16)
    bfloat16Noise += brain.noise
    bfloat16OverflowCount += brain.overflowCount
  }
}

/// Rounding to a float of fewer bits, to nearest and to even, on float64.
struct NarrowFloat {
  /// Bits of float64's fraction that are dropped.
  var droppedBits: UInt64
  /// Below it the distance of numbers stays the same.
  var leastNormal: Double
  /// A number whose neighbours are as far apart as subnormals are: adding it rounds to these.
  var subnormalAnchor: Double
  var greatest: Double

  static let float16 = NarrowFloat(
    droppedBits: 42, leastNormal: 0x1p-14, subnormalAnchor: 0x1.8p28, greatest: 65504)
  static let bfloat16 = NarrowFloat(
    droppedBits: 45, leastNormal: 0x1p-126, subnormalAnchor: 0x1.8p-81, greatest: 0x1.fep127)

  func rounded(_ numbers: SIMD4<Double>) -> SIMD4<Double> {
    let bits = unsafeBitCast(numbers, to: SIMD4<UInt64>.self)
    let last = (bits &>> droppedBits) & 1
    let half = (1 as UInt64) << (droppedBits - 1)
    let up = (bits &+ last &+ (half - 1)) & ~((half << 1) - 1)
    let normal = unsafeBitCast(up, to: SIMD4<Double>.self)
    let small = (numbers + subnormalAnchor) - subnormalAnchor
    let isSmall = (numbers .< leastNormal) .& (numbers .> -leastNormal)
    return normal.replacing(with: small, where: isSmall)
  }
}

extension UnsafeBufferPointer<Double> {
  /// The energy of the errors of a narrow float, and how many numbers are too large for it.
  fileprivate func noise(of float: NarrowFloat) -> (noise: Double, overflowCount: Int) {
    let (noise, overflows) = sums { numbers in
      let rounded = float.rounded(numbers)
      let isTooLarge = (rounded .> float.greatest) .| (rounded .< -float.greatest)
      let error = (numbers - rounded).replacing(with: 0, where: isTooLarge)
      return (error * error, SIMD4<Double>.zero.replacing(with: 1, where: isTooLarge))
    }
    return (noise, Int(overflows))
  }

  /// The energy of the errors of integers times a factor, for the largest magnitude that gets 127.
  func int8Noise(magnitude: Double) -> Double {
    let factor = magnitude / 127
    guard factor > 0 else { return 0 }
    // Above 2^52 a float64 has no fraction: adding rounds to nearest, to even.
    let anchor = 0x1.8p52
    return sums { numbers in
      let integers = (numbers / factor + anchor) - anchor
      let error = numbers - integers * factor
      return (error * error, .zero)
    }.0
  }
}
