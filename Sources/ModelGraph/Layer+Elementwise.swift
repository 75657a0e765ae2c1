public import TensorCore

extension Layer {
  /// `y = max(x, 0) + slope[c] · min(x, 0)`.
  public struct PReLU: Sendable {
    /// The slope left of zero.
    public var slope: Tensor  // [channels], or [1] for one slope that all channels share

    /// A rectifier with learned slopes.
    public init(slope: Tensor) { self.slope = slope }
  }

  /// Inputs combined element by element, broadcast as NumPy does: shapes are lined up at their last
  /// axes, and an axis of 1, or one that is missing, is repeated.
  public struct Elementwise: Sendable {
    /// How elements are combined.
    public enum Operation: String, Sendable, CaseIterable {
      /// `Σ coefficient[i] · x[i]`.
      case sum
      /// `Π x[i]`.
      case product
      /// `max x[i]`; a NaN wins.
      case maximum
      /// `min x[i]`; a NaN wins.
      case minimum

      /// Whether it selects one of its operands, so that nothing is rounded.
      public var selects: Bool {
        switch self {
        case .sum, .product: false
        case .maximum, .minimum: true
        }
      }
    }

    /// How elements are combined.
    public var operation: Operation
    /// The factors of a sum, one for each input; empty: all are 1.
    public var coefficients: [Double]

    /// An element-wise layer.
    public init(operation: Operation, coefficients: [Double] = []) {
      self.operation = operation
      self.coefficients = coefficients
    }
  }
}
