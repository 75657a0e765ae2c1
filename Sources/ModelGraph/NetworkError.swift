public import TensorCore

/// Why a graph of layers is no network, does not fit an input, or cannot be run.
public struct NetworkError: Error, Equatable, CustomStringConvertible {
  /// The classes of faults; each has an exit code of the tools.
  public enum Kind: Sendable {
    /// The network is not sound, or does not fit its inputs.
    case unsound
    /// Running it needs more memory, or threads, than this process can have.
    case outOfMemory
    /// Running it needs a library that is not installed.
    case missingLibrary
  }

  /// The class of the fault.
  public var kind: Kind
  /// The layer at fault; nil where the network as a whole is.
  public var layer: String?
  /// What was expected and what was found.
  public var reason: String

  /// An error about a layer.
  public init(layer: String? = nil, _ reason: String, kind: Kind = .unsound) {
    self.kind = kind
    self.layer = layer
    self.reason = reason
  }

  /// An error about work that needs too much memory.
  public init(_ shortage: MemoryShortage) {
    self.init(shortage.description, kind: .outOfMemory)
  }

  /// `layer: reason`.
  public var description: String {
    layer.map { "\($0): \(reason)" } ?? reason
  }
}
