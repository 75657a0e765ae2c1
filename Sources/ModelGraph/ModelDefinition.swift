internal import TensorCore

/// A model of which only the definition is there: layers, shapes and cost, but no weights.
///
/// It can be described and nothing else. Its network stays within this package, where `Inspection`
/// alone asks for it: what runs and writes networks takes a `Model`.
public struct ModelDefinition: Sendable {
  /// The layers; their weights have shapes, and a look at an element ends the program.
  package let network: Network
  /// The name that the definition gives itself.
  public var name: String { network.name }
  /// What is done to an image before it enters; nil where the source does not say.
  public let preprocessing: Preprocessing?
  /// The names of the classes in the order of the outputs; empty where unknown.
  public let labels: [String]
  /// Where the definition came from.
  public let provenance: Provenance

  /// A definition, from a model whose weights are absent.
  package init(_ model: Model) {
    precondition(
      model.network.allWeights.allSatisfy(\.tensor.isAbsent), "a definition has no weights")
    network = model.network
    preprocessing = model.preprocessing
    labels = model.labels
    provenance = model.provenance
  }
}
