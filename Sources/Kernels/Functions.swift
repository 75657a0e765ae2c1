internal import CKernels

/// Functions that no published network spends time in: computed in Double, rounded once.
public enum Functions {
  /// A function of one element.
  public enum Unary: Hashable, Sendable {
    /// `x` for positive `x`, else `alpha · (exp(x) − 1)`.
    case elu(alpha: Double)
    /// `1 / (1 + exp(−x))`.
    case sigmoid
    /// Hyperbolic tangent.
    case tanh
    /// `(shift + scale · x) ^ power`.
    case power(power: Double, scale: Double, shift: Double)
  }

  /// `y[i] = function(x[i])`; `y` may be the memory of `x`.
  public static func apply(
    _ function: Unary, to x: UnsafeBufferPointer<Float>,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(x.count == y.count)
    switch function {
    case .elu(let alpha): ck_elu(y.baseAddress, x.baseAddress, x.count, alpha)
    case .sigmoid: ck_sigmoid(y.baseAddress, x.baseAddress, x.count)
    case .tanh: ck_tanh(y.baseAddress, x.baseAddress, x.count)
    case .power(let power, let scale, let shift):
      ck_power(y.baseAddress, x.baseAddress, x.count, power, scale, shift)
    }
  }

  /// `y = exp(x − max) / Σ exp(x − max)` along the first axis of one column.
  ///
  /// - Parameters:
  ///   - x: [count, columns].
  ///   - column: the one computed.
  ///   - y: of the shape of `x`.
  public static func softmax(
    _ x: UnsafeBufferPointer<Float>, columns: Int, column: Int,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(x.count == y.count && column >= 0 && column < columns)
    precondition(x.count % columns == 0)
    guard let from = x.baseAddress, let to = y.baseAddress else { return }
    ck_softmax(to + column, from + column, x.count / columns, columns)
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
