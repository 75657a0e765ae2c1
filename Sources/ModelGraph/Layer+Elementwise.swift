public import TensorCore

extension Layer {
  /// `y = min(max(x, 0) + negativeSlope · min(x, 0), maximum)`.
  public struct ReLU: Sendable {
    /// The slope left of zero: 0 for the plain rectifier.
    public var negativeSlope: Double
    /// The cap, 6 for ReLU6; nil for none.
    public var maximum: Double?

    /// A rectifier.
    public init(negativeSlope: Double = 0, maximum: Double? = nil) {
      self.negativeSlope = negativeSlope
      self.maximum = maximum
    }
  }

  /// `y = max(x, 0) + slope[c] · min(x, 0)`.
  public struct PReLU: Sendable {
    /// The slope left of zero.
    public var slope: Tensor  // [channels], or [1] for one slope that all channels share

    /// A rectifier with learned slopes.
    public init(slope: Tensor) { self.slope = slope }
  }

  /// `y = x` for positive `x`, else `alpha · (exp(x) − 1)`.
  public struct ELU: Sendable {
    /// Minus the limit at −∞.
    public var alpha: Double

    /// An exponential linear unit.
    public init(alpha: Double = 1) { self.alpha = alpha }
  }

  /// `y = (shift + scale · x) ^ power`.
  public struct Power: Sendable {
    /// The exponent.
    public var power: Double
    /// The factor of `x`.
    public var scale: Double
    /// The addend.
    public var shift: Double

    /// A power layer.
    public init(power: Double = 1, scale: Double = 1, shift: Double = 0) {
      self.power = power
      self.scale = scale
      self.shift = shift
    }
  }

  /// Inputs of one shape combined element by element.
  public struct Elementwise: Sendable {
    /// How elements are combined.
    public enum Operation: String, Sendable, CaseIterable {
      /// `Σ coefficient[i] · x[i]`.
      case sum
      /// `Π x[i]`.
      case product
      /// `max x[i]`; a NaN wins.
      case maximum
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
