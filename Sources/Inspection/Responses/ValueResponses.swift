internal import ModelGraph

/// What the elements of one value of a network look like, channel by channel.
public struct ValueResponses: Sendable {
  /// The value.
  public let value: String
  /// The type of the layer that makes it.
  public let typeName: String
  /// Whether the layer is a rectifier: a channel that is always 0 behind it does nothing.
  public let isRectified: Bool
  /// The channels: the second axis of the value.
  public internal(set) var channels: [ChannelStatistics] = []

  /// All channels as one.
  public var whole: ChannelStatistics {
    channels.reduce(into: ChannelStatistics()) { $0.merge($1) }
  }
  /// The channels that a rectifier never let through.
  public var deadChannels: [Int] {
    isRectified ? channels.indices.filter { channels[$0].isZero } : []
  }

  init(_ value: String, of layer: Layer) {
    self.value = value
    typeName = layer.typeName
    isRectified =
      if case .activation(let function) = layer { function.isRectifier } else { false }
  }
}

extension Layer.Activation {
  /// Whether it makes zeros of all numbers below one.
  fileprivate var isRectifier: Bool {
    switch self {
    case .relu(let layer): layer.negativeSlope == 0
    case .clip(let minimum, _): minimum == 0
    default: false
    }
  }
}
