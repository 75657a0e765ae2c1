public import TensorCore

extension SeededGenerator {
  /// A tensor with elements in −1…1, times `scale`.
  public mutating func tensor(_ shape: Shape, scale: Float = 1) -> Tensor {
    Tensor(
      shape, (0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &self) * scale })
  }

  /// A tensor of small integers: sums of their products are exact in Float.
  public mutating func integers(_ shape: Shape, in range: ClosedRange<Int> = -3...3) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { _ in Float(Int.random(in: range, using: &self)) })
  }
}
