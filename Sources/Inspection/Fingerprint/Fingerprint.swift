internal import Hashing
public import ModelGraph
public import TensorCore

/// A hash of what a network computes, whatever file it lies in: `schemas/fingerprint.md` says how it
/// is made, step by step.
///
/// Names, containers, the order of files, the batch, layouts, and the bookkeeping of batch
/// normalization do not count; weights rounded to float32, settings and the graph do.
public struct Fingerprint: Sendable {
  /// An operation of the normal form.
  public struct Term: Sendable {
    /// The line that describes it, with its settings.
    public let line: String
    /// The terms it reads, by their place in the list.
    public let inputs: [Int]
    /// Its hash, which covers what it reads: 64 hexadecimal digits.
    public let digest: String
  }

  /// The version of the specification; a fingerprint begins with it.
  public static let version = 1
  /// The fingerprint: `r1:` and 64 hexadecimal digits.
  public let text: String
  /// The operations of the normal form that the outputs are made of, each once, those it reads first.
  public let terms: [Term]

  /// The fingerprint of a network.
  ///
  /// - Parameter inputShapes: shapes for inputs by name, instead of those of the definition.
  /// - Throws: `NetworkError` where the layers do not fit the inputs, for a definition without its
  ///   weights, and of kind `outOfMemory`.
  public init(
    of network: Network, inputShapes: [String: Shape] = [:]
  ) throws(NetworkError) {
    if let node = network.nodes.first(where: { $0.layer.weights.contains { $0.tensor.isAbsent } }) {
      throw NetworkError(layer: node.name, "expected weights, found a definition without them")
    }
    let shapes = try Self.shapes(of: network, inputShapes)
    try Self.requireMemory(for: shapes)
    var form = NormalForm(shapes: shapes)
    for node in network.nodes { form.add(node) }
    text = "r\(Self.version):\(form.digest(of: network).description)"
    terms = form.reachable(from: network.outputs.map { form.values[$0]! })  // each has a term
  }

  /// Refuses lists of places and windows along axes that are longer than there is memory for: a small
  /// file can ask for any number of zeros around an image.
  private static func requireMemory(for shapes: [String: Shape]) throws(NetworkError) {
    let bytesForEach = 64  // a window and its text
    let count = shapes.values.reduce(0) { $0 + $1.dimensions.reduce(0, +) }  // each below 2^31
    do { try Memory.require(bytesForEach * count) } catch { throw NetworkError(error) }
  }

  /// The shapes of all values for a batch of 1, which is not part of what a network computes; for
  /// the batch of the definition where the layers fit no other.
  private static func shapes(
    of network: Network, _ given: [String: Shape]
  ) throws(NetworkError) -> [String: Shape] {
    var inputs = Dictionary(network.inputs.map { ($0.name, $0.shape) }) { $1 }
    inputs.merge(given) { $1 }
    let single = inputs.mapValues { shape in
      shape.rank > 1 ? Shape([1] + shape.dimensions.dropFirst()) : shape
    }
    do { return try network.shapes(for: single) } catch { return try network.shapes(for: inputs) }
  }
}
