/// Why a graph of layers is no network, or does not fit an input.
public struct NetworkError: Error, Equatable, CustomStringConvertible {
  /// The layer at fault; nil where the network as a whole is.
  public var layer: String?
  /// What was expected and what was found.
  public var reason: String

  /// An error about a layer.
  public init(layer: String? = nil, _ reason: String) {
    self.layer = layer
    self.reason = reason
  }

  /// `layer: reason`.
  public var description: String {
    layer.map { "\($0): \(reason)" } ?? reason
  }
}
