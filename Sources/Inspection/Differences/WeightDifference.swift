public import TensorCore

/// How a weight of one network is related to that of another.
public enum WeightRelation: Sendable, Equatable {
  /// The same bits.
  case equal
  /// The same numbers, but for how they are stored: another type, a factor in front, a rounding to
  /// float32.
  case equivalent
  /// Each number is the other network's, rounded to a type.
  case rounded(to: String, inSecond: Bool)
  /// The output channels are the first network's in another order: channel `i` of the second is
  /// channel `order[i]` of the first.
  case permuted(order: [Int])
  /// Channels of the first network that the second does not have; the others have the same bits.
  case reduced(removed: [Int])
  /// WeightRows are zero in one network and untouched elsewhere.
  case zeroed(channels: [Int], share: Double, inSecond: Bool)
  /// The first network's times one factor.
  case scaled(by: Double)
  /// The first network's times a factor for each output channel.
  case scaledByChannel
  /// Some output channels differ, the others have the same bits.
  case partly(channels: [Int])
  /// All numbers differ, and by how much their cosine and distance tell.
  case different
  /// They have other shapes.
  case reshaped
  /// The weight of another layer of the first network, bit by bit.
  case moved(from: String)
  /// Only one network has it.
  case missing(inSecond: Bool)
}

/// A weight of layers that are the same in two networks.
public struct WeightDifference: Sendable {
  /// Its name in the first network, `layer/role`; empty where only the second has it.
  public var first: String
  /// Its name in the second; empty where only the first has it.
  public var second: String
  /// The shapes.
  public var shapes: (first: Shape?, second: Shape?)
  /// How they are related.
  public var relation: WeightRelation
  /// The largest distance of two elements.
  public var maximum = 0.0
  /// Where that is, as an index in row-major order of the first network's tensor.
  public var place: Int?
  /// The norm of the differences over that of the first network's numbers.
  public var relativeL2 = 0.0
  /// The cosine of the angle between both; nil where one is zero.
  public var cosine: Double?

  /// Whether both say the same.
  public var isSame: Bool {
    switch relation {
    case .equal, .equivalent: true
    default: false
    }
  }
}
