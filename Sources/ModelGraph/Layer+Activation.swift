extension Layer {
  /// A function of one number, applied to each element.
  public enum Activation: Sendable, Hashable {
    /// Rectifier, optionally leaky or capped.
    case relu(ReLU)
    /// `min(max(x, minimum), maximum)`; ±∞ for no bound.
    case clip(minimum: Double, maximum: Double)
    /// Exponential linear unit.
    case elu(ELU)
    /// `gamma · (x` for positive `x`, else `alpha · (exp(x) − 1))`.
    case selu(alpha: Double, gamma: Double)
    /// `x` for positive `x`, else `alpha · (exp(x / alpha) − 1)`.
    case celu(alpha: Double)
    /// `1 / (1 + exp(−x))`.
    case sigmoid
    /// `min(max(slope · x + offset, 0), 1)`.
    case hardSigmoid(slope: Double, offset: Double)
    /// Hyperbolic tangent.
    case tanh
    /// `x · sigmoid(x)`, which is also called swish.
    case silu
    /// `x · min(max(x / 6 + 1/2, 0), 1)`.
    case hardSwish
    /// `x / 2 · (1 + erf(x / √2))`.
    case gelu
    /// `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
    case geluTanh
    /// `x · tanh(softplus(x))`.
    case mish
    /// `ln(1 + exp(x))`.
    case softplus
    /// `x / (1 + |x|)`.
    case softsign
    /// `|x|`.
    case absolute
    /// `exp(x)`.
    case exponential
    /// `ln(x)`.
    case logarithm
    /// `2 / √π · ∫₀ˣ exp(−t²) dt`.
    case errorFunction
    /// `(shift + scale · x) ^ power`.
    case power(Power)
  }

  /// `y = min(max(x, 0) + negativeSlope · min(x, 0), maximum)`.
  public struct ReLU: Sendable, Hashable {
    /// The slope left of zero: 0 for the plain rectifier.
    public var negativeSlope: Double
    /// The cap, 6 for ReLU6; nil for none.
    public var maximum: Double?

    /// A rectifier.
    public init(negativeSlope: Double = 0, maximum: Double? = nil) {
      self.negativeSlope = negativeSlope
      self.maximum = maximum
    }

    /// Whether it is `max(x, 0)`.
    public var isPlain: Bool { negativeSlope == 0 && maximum == nil }
  }

  /// `y = x` for positive `x`, else `alpha · (exp(x) − 1)`.
  public struct ELU: Sendable, Hashable {
    /// Minus the limit at −∞.
    public var alpha: Double

    /// An exponential linear unit.
    public init(alpha: Double = 1) { self.alpha = alpha }
  }

  /// `y = (shift + scale · x) ^ power`.
  public struct Power: Sendable, Hashable {
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
}

// The usual ones as layers.
extension Layer {
  /// A rectifier.
  public static func relu(_ relu: ReLU = ReLU()) -> Layer { .activation(.relu(relu)) }
  /// An exponential linear unit.
  public static func elu(_ elu: ELU = ELU()) -> Layer { .activation(.elu(elu)) }
  /// `1 / (1 + exp(−x))`.
  public static var sigmoid: Layer { .activation(.sigmoid) }
  /// Hyperbolic tangent.
  public static var tanh: Layer { .activation(.tanh) }
  /// `(shift + scale · x) ^ power`.
  public static func power(_ power: Power) -> Layer { .activation(.power(power)) }

  /// The rectifier that the layer is; nil for another layer.
  public var rectifier: ReLU? {
    if case .activation(.relu(let relu)) = self { relu } else { nil }
  }
}

extension Layer.Activation {
  /// The factor and the addend that the function is; nil for one that is not affine.
  public var affine: Layer.Power? {
    if case .power(let power) = self, power.power == 1 { power } else { nil }
  }

  /// The function's name in the words of this field.
  public var name: String {
    switch self {
    case .relu: "ReLU"
    case .clip: "clip"
    case .elu: "ELU"
    case .selu: "SELU"
    case .celu: "CELU"
    case .sigmoid: "sigmoid"
    case .hardSigmoid: "hard sigmoid"
    case .tanh: "tanh"
    case .silu: "SiLU"
    case .hardSwish: "hard swish"
    case .gelu, .geluTanh: "GELU"
    case .mish: "Mish"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .absolute: "absolute value"
    case .exponential: "exponential"
    case .logarithm: "logarithm"
    case .errorFunction: "error function"
    case .power: "power"
    }
  }
}
