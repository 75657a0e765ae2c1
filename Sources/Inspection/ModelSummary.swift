public import ModelGraph
public import ResNet
public import TensorCore

/// The table of a model's layers, its totals, and what it is.
public struct ModelSummary: Sendable {
  /// One layer.
  public struct Row: Sendable {
    /// The layer's name.
    public var name: String
    /// Its type.
    public var typeName: String
    /// The part of the network it belongs to.
    public var section: NetworkSection
    /// The values it reads.
    public var inputs: [String]
    /// What it slides over images; nil for a layer that does not.
    public var window: LayerWindow?
    /// The rows and columns of the image that an element of its output depends on; nil where that is
    /// all of it.
    public var receptiveField: Extent?
    /// The shapes of its outputs and its cost.
    public var cost: LayerCost
    /// Whether it has weights.
    public var hasWeights: Bool
    /// The numbers of all its weights; nil for a layer without, and in a definition.
    public var statistics: WeightStatistics?
  }

  /// The model's name.
  public var name: String
  /// The layers in order.
  public var rows: [Row]
  /// Weights that training learns.
  public var parameterCount: Int { rows.map(\.cost.parameterCount).saturatingSum }
  /// Weights that are stored, running statistics included.
  public var storedCount: Int { rows.map(\.cost.storedCount).saturatingSum }
  /// Multiply-accumulates of convolutions and matrix products.
  public var multiplyAccumulates: Int { rows.map(\.cost.multiplyAccumulates).saturatingSum }
  /// Floating-point operations: two for a multiply-accumulate, one for every other.
  public var operationCount: Int { rows.map(\.cost.operationCount).saturatingSum }
  /// Bytes of all activations in float32, none reused.
  public var activationByteCount: Int { rows.map(\.cost.activationByteCount).saturatingSum }
  /// What the graph is, by its structure.
  public var architecture: Architecture
  /// What is done to an image before it enters; nil where the source does not say.
  public var preprocessing: Preprocessing?
  /// The names of the classes in the order of the outputs; empty where unknown.
  public var labels: [String]
  /// Where the model came from.
  public var provenance: Provenance
  /// Whether the weights are there; else this is a definition.
  public var hasWeights: Bool

  /// Summarizes a model for inputs of given shapes.
  ///
  /// - Throws: `NetworkError` where the layers do not fit the inputs.
  public init(of model: Model, inputShapes: [String: Shape] = [:]) throws(NetworkError) {
    try self.init(
      of: model.network, model.preprocessing, model.labels, model.provenance, inputShapes)
  }

  /// Summarizes a definition for the input that it names.
  ///
  /// - Throws: `NetworkError` where the layers do not fit the inputs.
  public init(of definition: ModelDefinition) throws(NetworkError) {
    try self.init(
      of: definition.network, definition.preprocessing, definition.labels, definition.provenance)
  }

  private init(
    of network: Network, _ preprocessing: Preprocessing?, _ labels: [String],
    _ provenance: Provenance, _ inputShapes: [String: Shape] = [:]
  ) throws(NetworkError) {
    let costs = try network.costs(for: inputShapes)
    let sections = NetworkSection.sections(of: network)
    let fields = ReceptiveField.fields(of: network)
    rows = network.nodes.indices.map { index in
      let node = network.nodes[index]
      let tensors = node.layer.weights.map(\.tensor)
      let isKnown = !tensors.isEmpty && !tensors.contains(where: \.isAbsent)
      return Row(
        name: node.name, typeName: node.layer.typeName, section: sections[index],
        inputs: node.inputs, window: LayerWindow(of: node.layer), receptiveField: fields[index],
        cost: costs[index], hasWeights: !tensors.isEmpty,
        statistics: isKnown ? WeightStatistics(of: tensors) : nil)
    }
    name = network.name
    architecture = Architecture(of: network)
    hasWeights = rows.allSatisfy { !$0.hasWeights || $0.statistics != nil }
    self.preprocessing = preprocessing
    self.labels = labels
    self.provenance = provenance
  }
}
