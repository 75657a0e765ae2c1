internal import ModelGraph
public import ResNet
internal import TensorCore

/// A network that has been published, with its numbers computed from its graph, and the numbers that
/// were published of it.
public struct PaperNetwork: Sendable {
  /// The tables it may stand in.
  public enum Table: String, Sendable, CaseIterable {
    /// For images of ImageNet: table 1 of He et al. 2015 with all shortcuts.
    case imageNet
    /// For CIFAR-10: 6n + 2 layers.
    case cifar
    /// Those for ImageNet with first layers for small images and 10 classes.
    case smallImages
    /// Wider and grouped ones.
    case later
    /// VGG, which the paper compares with.
    case vgg
  }

  /// Its name: `ResNet-50`.
  public let name: String
  /// Where it stands.
  public let table: Table
  /// What it is; nil for VGG.
  public let description: ResNetDescription?
  /// The weights that training learns.
  public let parameterCount: Int
  /// The weights that are stored, running statistics included.
  public let storedCount: Int
  /// Multiply-accumulates of convolutions and matrix products for one image.
  public let multiplyAccumulates: Int
  /// Those of convolutions alone.
  public let convolutionMultiplyAccumulates: Int
  /// How many parameters were published, where that was.
  public let publishedParameters: PublishedNumber?
  /// How many multiply-accumulates were published; papers call them FLOPs.
  public let publishedMultiplyAccumulates: PublishedNumber?
  let weightedLayers: WeightedLayers

  /// - Parameter network: its graph, from which every number follows.
  init(
    _ name: String, _ table: Table, _ network: Network, _ description: ResNetDescription? = nil,
    parameters: PublishedNumber? = nil, multiplyAccumulates published: PublishedNumber? = nil
  ) throws(NetworkError) {
    let costs = try network.costs()
    self.name = name
    self.table = table
    self.description = description
    parameterCount = costs.map(\.parameterCount).saturatingSum
    storedCount = costs.map(\.storedCount).saturatingSum
    multiplyAccumulates = costs.map(\.multiplyAccumulates).saturatingSum
    convolutionMultiplyAccumulates =
      zip(network.nodes, costs).compactMap { node, cost in
        guard case .convolution = node.layer else { return nil }
        return cost.multiplyAccumulates
      }.saturatingSum
    publishedParameters = parameters
    publishedMultiplyAccumulates = published
    weightedLayers = WeightedLayers(network)
  }

  /// A network of a description.
  init(
    _ name: String, _ table: Table, _ description: ResNetDescription,
    parameters: PublishedNumber? = nil, multiplyAccumulates published: PublishedNumber? = nil
  ) throws(NetworkError) {
    try self.init(
      name, table, try description.network(named: name), description, parameters: parameters,
      multiplyAccumulates: published)
  }

  /// The shortcuts in the paper's letters; nil where there are none.
  public var shortcut: ResNetDescription.Shortcut? {
    description.flatMap { $0.shortcut == .absent ? nil : $0.shortcut }
  }

  /// The parameters that it would have with first layers for images of ImageNet and as many classes:
  /// what a figure does not mean that was counted with those for small images.
  public var parameterCountWithLargeStem: Int? {
    guard table == .smallImages, var net = description?.forImages(of: .imageNet) else { return nil }
    net.classCount = description?.classCount
    return (try? net.network(named: name).costs())?.map(\.parameterCount).saturatingSum
  }

  /// Which convolution of a bottleneck strides; nil for other units.
  public var stride: ResNetDescription.Stride? {
    description.flatMap { $0.unit == .bottleneck ? $0.stride : nil }
  }
}

/// The convolutions and matrices of a network, whatever their names and order, and how often there is
/// a sum.
struct WeightedLayers: Equatable, Sendable {
  private var counts: [String: Int] = [:]

  init(_ network: Network) {
    for node in network.nodes {
      let kind: String
      switch node.layer {
      case .convolution(let layer):
        kind = "\(layer.kernel.shape)/\(layer.stride.height)/\(layer.groups)"
      // A matrix may hold its inputs as a vector or as the image they were.
      case .fullyConnected(let layer):
        kind = "\(layer.kernel.shape[0]) of \(layer.kernel.shape.elementCount(from: 1))"
      case .elementwise(let layer) where layer.operation == .sum: kind = "sum"
      default: continue
      }
      counts[kind, default: 0] += 1
    }
  }

  /// How many layers only one of two networks has.
  func distance(to other: WeightedLayers) -> Int {
    Set(counts.keys).union(other.counts.keys).reduce(0) { sum, kind in
      sum + abs((counts[kind] ?? 0) - (other.counts[kind] ?? 0))
    }
  }
}
