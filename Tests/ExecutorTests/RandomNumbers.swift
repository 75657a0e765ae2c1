import ModelGraph
import TensorCore

/// SplitMix64: the same numbers on every machine.
struct RandomNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A tensor with elements in −1…1, times `scale`.
  mutating func tensor(_ shape: Shape, scale: Float = 1) -> Tensor {
    Tensor(
      shape, (0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &self) * scale })
  }

  /// A tensor of small integers: sums of their products are exact in Float.
  mutating func integers(_ shape: Shape, in range: ClosedRange<Int> = -3...3) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { _ in Float(Int.random(in: range, using: &self)) })
  }
}
