public import ModelGraph

/// A residual unit of a network by its values, found by the graph.
public struct ResidualUnit: Sendable, Equatable {
  /// The sum.
  public let sum: String
  /// What the residual branch, the one with more convolutions, adds.
  public let branch: String
  /// What the shortcut adds.
  public let shortcut: String
  /// Where both part.
  public let input: String

  /// The units of a network, in order; none where it has no shortcuts.
  public static func all(in network: Network) -> [ResidualUnit] {
    ResidualGraph(network).units.map(\.values)
  }
}
