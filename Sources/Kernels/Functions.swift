internal import CKernels

/// Functions that no published network spends time in: computed in Double, rounded once.
public enum Functions {
  /// A function of one element.
  public struct Unary: Sendable {
    private let function:
      @Sendable @convention(c) (
        UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int, Double, Double, Double
      ) -> Void
    private let parameters: (Double, Double, Double)

    private init(
      _ function:
        @Sendable @convention(c) (
          UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int, Double, Double, Double
        ) -> Void, _ a: Double = 0, _ b: Double = 0, _ c: Double = 0
    ) {
      self.function = function
      parameters = (a, b, c)
    }

    /// `y[i] = function(x[i])`; `y` may be the memory of `x`.
    public func apply(
      to x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
    ) {
      precondition(x.count == y.count)
      function(
        y.baseAddress, x.baseAddress, x.count, parameters.0, parameters.1, parameters.2)
    }

    /// `min(max(x, minimum), maximum)`.
    public static func clip(minimum: Double, maximum: Double) -> Unary {
      Unary(ck_clip, minimum, maximum)
    }
    /// `x` for positive `x`, else `alpha · (exp(x) − 1)`.
    public static func elu(alpha: Double) -> Unary { Unary(ck_elu, alpha) }
    /// `gamma · (x` for positive `x`, else `alpha · (exp(x) − 1))`.
    public static func selu(alpha: Double, gamma: Double) -> Unary { Unary(ck_selu, alpha, gamma) }
    /// `x` for positive `x`, else `alpha · (exp(x / alpha) − 1)`.
    public static func celu(alpha: Double) -> Unary { Unary(ck_celu, alpha) }
    /// `1 / (1 + exp(−x))`.
    public static let sigmoid = Unary(ck_sigmoid)
    /// `min(max(slope · x + offset, 0), 1)`.
    public static func hardSigmoid(slope: Double, offset: Double) -> Unary {
      Unary(ck_hard_sigmoid, slope, offset)
    }
    /// Hyperbolic tangent.
    public static let tanh = Unary(ck_tanh)
    /// `x · sigmoid(x)`.
    public static let silu = Unary(ck_silu)
    /// `x · min(max(x / 6 + 1/2, 0), 1)`.
    public static let hardSwish = Unary(ck_hard_swish)
    /// `x / 2 · (1 + erf(x / √2))`.
    public static let gelu = Unary(ck_gelu)
    /// `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
    public static let geluTanh = Unary(ck_gelu_tanh)
    /// `x · tanh(ln(1 + exp(x)))`.
    public static let mish = Unary(ck_mish)
    /// `ln(1 + exp(x))`.
    public static let softplus = Unary(ck_softplus)
    /// `x / (1 + |x|)`.
    public static let softsign = Unary(ck_softsign)
    /// `|x|`.
    public static let absolute = Unary(ck_absolute)
    /// `exp(x)`.
    public static let exponential = Unary(ck_exponential)
    /// `ln(x)`.
    public static let logarithm = Unary(ck_logarithm)
    /// `erf(x)`.
    public static let errorFunction = Unary(ck_error_function)
    /// `(shift + scale · x) ^ power`.
    public static func power(power: Double, scale: Double, shift: Double) -> Unary {
      Unary(ck_power, power, scale, shift)
    }
  }

  /// `y = exp(x − max) / Σ exp(x − max)`, or its logarithm, along the first axis of one column.
  ///
  /// - Parameters:
  ///   - x: [count, columns].
  ///   - column: the one computed.
  ///   - y: of the shape of `x`.
  public static func softmax(
    _ x: UnsafeBufferPointer<Float>, columns: Int, column: Int, isLogarithmic: Bool,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(x.count == y.count && column >= 0 && column < columns)
    precondition(x.count % columns == 0)
    guard let from = x.baseAddress, let to = y.baseAddress else { return }
    ck_softmax(to + column, from + column, x.count / columns, columns, isLogarithmic ? 1 : 0)
  }

  /// `y = x / (k + alpha / size · Σ x²) ^ beta` over neighbouring channels.
  public struct ChannelNormalization: Hashable, Sendable {
    /// How many channels; odd.
    public var size: Int
    /// The weight of the mean square.
    public var alpha: Double
    /// The exponent.
    public var beta: Double
    /// The constant.
    public var k: Double

    /// A normalization across channels.
    public init(size: Int, alpha: Double, beta: Double, k: Double) {
      self.size = size
      self.alpha = alpha
      self.beta = beta
      self.k = k
    }
  }

  /// Normalizes one channel of an image by its neighbours.
  ///
  /// - Parameters:
  ///   - image: [channels, pixels].
  ///   - y: [pixels].
  public static func normalize(
    _ image: UnsafeBufferPointer<Float>, channel: Int, channels: Int,
    by rule: ChannelNormalization, into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(image.count == channels * y.count && channel >= 0 && channel < channels)
    precondition(rule.size > 0)
    ck_normalize_across_channels(
      y.baseAddress, image.baseAddress, channel, channels, y.count, rule.size, rule.alpha,
      rule.beta, rule.k)
  }

  /// Normalizes a plane by `(1 + alpha / size² · Σ x²) ^ beta` over `size` × `size` pixels.
  ///
  /// - Parameters:
  ///   - plane: [height, width].
  ///   - y: of the shape of `plane`.
  public static func normalizeWithinPlane(
    _ plane: UnsafeBufferPointer<Float>, width: Int, size: Int, alpha: Double, beta: Double,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(plane.count == y.count && width > 0 && plane.count % width == 0 && size > 0)
    ck_normalize_within_channel(
      y.baseAddress, plane.baseAddress, plane.count / width, width, size, alpha, beta)
  }
}
