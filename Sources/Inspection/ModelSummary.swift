public import ModelGraph
public import TensorCore

/// The table of a model's layers, its totals, and what it is.
public struct ModelSummary: Sendable {
  /// One layer.
  public struct Row: Sendable {
    /// The layer's name.
    public var name: String
    /// Its type.
    public var typeName: String
    /// The shapes of its outputs and its cost.
    public var cost: LayerCost
    /// The numbers of all its weights; nil for a layer without.
    public var statistics: WeightStatistics?
  }

  /// The layers in order.
  public var rows: [Row]
  /// Weights that training learns.
  public var parameterCount: Int { rows.reduce(0) { $0 + $1.cost.parameterCount } }
  /// Weights that are stored, running statistics included.
  public var storedCount: Int { rows.reduce(0) { $0 + $1.cost.storedCount } }
  /// Multiply-accumulates of convolutions and matrix products.
  public var multiplyAccumulates: Int { rows.reduce(0) { $0 + $1.cost.multiplyAccumulates } }
  /// Bytes of all activations in float32, none reused.
  public var activationByteCount: Int { rows.reduce(0) { $0 + $1.cost.activationByteCount } }
  /// What the graph is, by its structure.
  public var architecture: Architecture

  /// Summarizes a model for inputs of given shapes.
  ///
  /// - Throws: `NetworkError` where the layers do not fit the inputs.
  public init(of model: Model, inputShapes: [String: Shape] = [:]) throws(NetworkError) {
    let network = model.network
    let costs = try network.costs(for: inputShapes)
    rows = zip(network.nodes, costs).map { node, cost in
      let tensors = node.layer.weights.map(\.tensor)
      return Row(
        name: node.name, typeName: node.layer.typeName, cost: cost,
        statistics: tensors.isEmpty ? nil : WeightStatistics(of: tensors))
    }
    architecture = Architecture(of: network)
  }
}
