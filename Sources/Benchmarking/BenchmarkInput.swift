public import ModelGraph
public import TensorCore

/// What a network is timed on.
public enum BenchmarkInput {
  /// The inputs of a network with their shapes.
  ///
  /// - Parameter batch: how many images, instead of what the definition says.
  /// - Throws: `NetworkError` for a batch that no memory holds.
  public static func shapes(
    of network: Network, batch: Int? = nil
  ) throws(NetworkError) -> [String: Shape] {
    var shapes: [String: Shape] = [:]
    for (name, shape) in network.inputs {
      let images = batch.map { [$0] } ?? Array(shape.dimensions.prefix(1))
      guard let whole = Shape(checking: images + shape.dimensions.dropFirst()) else {
        throw NetworkError(layer: name, "a batch of \(images) is too large", kind: .outOfMemory)
      }
      shapes[name] = whole
    }
    return shapes
  }

  /// Normal numbers for each input: `numpy.random.default_rng(42).standard_normal(shape)` in float32.
  ///
  /// - Throws: `NetworkError` where there is no memory for them.
  public static func normal(_ shapes: [String: Shape]) throws(NetworkError) -> [String: Tensor] {
    try Network.requireMemory(for: shapes.values, bytesPerElement: 4)
    return shapes.mapValues { NumPyNormal.tensor($0, seed: 42) }
  }
}
