internal import CKernels

/// A rectifier that a kernel applies to elements it has just computed.
public struct Activation: Hashable, Sendable {
  /// The factor of negative elements: 1 for no rectifier, 0 for the plain one.
  public let negativeSlope: Float
  /// The upper bound; infinity for none.
  public let maximum: Float

  /// A rectifier.
  public init(negativeSlope: Float, maximum: Float = .infinity) {
    self.negativeSlope = negativeSlope
    self.maximum = maximum
  }

  /// No rectifier: elements stay as they are.
  public static let none = Activation(negativeSlope: 1)

  var c: ck_activation { ck_activation(negative_slope: negativeSlope, maximum: maximum) }
}
