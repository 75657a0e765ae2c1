internal import Alignment
public import ModelGraph
internal import TensorCore

/// What two networks differ in, layer by layer where the graph says that layers are the same.
///
/// Weights are compared as what they do: batch normalization with its scale, padding with the window,
/// a normalization that was folded with the convolution it is in. Channels in another order, and
/// channels that were removed, are followed through the graph to the layers that read them.
public struct NetworkDifference: Sendable {
  /// A layer in both networks.
  public struct Layer: Sendable {
    /// Its names in the first network: several where a normalization and its scale are apart there.
    public var first: [String]
    /// Its names in the second.
    public var second: [String]
    /// Its type in the first.
    public var typeName: String
    /// Whether it is a convolution or fully connected.
    public var isProduct: Bool
    /// How many output channels it has in the first; nil for a layer without weights.
    public var channelCount: Int?
    /// Settings that differ.
    public var settings: [Setting] = []
    /// Its weights.
    public var weights: [WeightDifference] = []
    /// What is written otherwise and says the same; nil for nothing.
    public var rewriting: String?
    /// Whether it reads channels, or has numbers for them, in the first network's order, although the
    /// layer that makes them has another.
    public var keepsOrder = false

    /// Its name.
    public var name: String { first.last ?? second.last ?? "" }
    /// Whether both compute the same; channels in another order are a difference.
    public var isSame: Bool {
      settings.isEmpty && !keepsOrder && weights.allSatisfy(\.isSame)
    }
    /// The weight that tells most: the kernel, else the one that differs most.
    public var mainWeight: WeightDifference? {
      let kernel = isProduct ? weights.first : nil
      if let kernel, !kernel.isSame { return kernel }
      return weights.filter { !$0.isSame }.max { $0.relativeL2 < $1.relativeL2 } ?? kernel
        ?? weights.first
    }
  }

  /// A setting that differs.
  public struct Setting: Sendable, Equatable {
    /// What it is: `stride`.
    public var name: String
    /// Its value in the first network, in words.
    public var first: String
    /// Its value in the second.
    public var second: String
  }

  /// The layers both have, in the first network's order.
  public internal(set) var layers: [Layer]
  /// Layers that only the first has.
  public let onlyInFirst: [Node]
  /// Layers that only the second has.
  public let onlyInSecond: [Node]
  /// The input shapes, where they differ.
  public let inputs: [Setting]

  /// Compares two networks.
  public init(_ first: Network, _ second: Network) {
    let (first, second) = (first.withPlainPadding, second.withPlainPadding)
    let alignment = Alignment(first, second)
    var comparer = LayerComparer(first, second, alignment)
    layers = alignment.layers.compactMap { comparer.compare($0) }
    onlyInFirst = first.inOrder(alignment.layersOnlyInFirst + comparer.onlyInFirst)
    onlyInSecond = second.inOrder(alignment.layersOnlyInSecond + comparer.onlyInSecond)
    inputs = alignment.inputs.compactMap { pair in
      let shapes = (
        first.inputs.first { $0.name == pair.first }?.shape.dimensions.dropFirst().map(String.init),
        second.inputs.first { $0.name == pair.second }?.shape.dimensions.dropFirst()
          .map(String.init)
      )
      guard let a = shapes.0, let b = shapes.1, a != b else { return nil }
      return Setting(
        name: pair.first, first: a.joined(separator: "×"), second: b.joined(separator: "×"))
    }
    findMoves(first, second)
  }

  /// Whether nothing differs.
  public var isSame: Bool {
    onlyInFirst.isEmpty && onlyInSecond.isEmpty && layers.allSatisfy(\.isSame)
  }

  /// Finds the kernels that are those of another layer.
  private mutating func findMoves(_ first: Network, _ second: Network) {
    let open = layers.indices.filter { index in
      guard layers[index].isProduct, let kernel = layers[index].weights.first else { return false }
      switch kernel.relation {
      case .different, .partly, .reshaped: return true
      default: return false
      }
    }
    guard !open.isEmpty else { return }
    let kernels = KernelIndex(of: first)
    let others = Dictionary(second.weights.map { ($0.name, $0.tensor) }) { first, _ in first }
    for index in open {
      guard let tensor = others[layers[index].weights[0].second],
        let name = kernels.name(of: tensor), name != layers[index].weights[0].first
      else { continue }
      layers[index].weights[0].relation = .moved(from: name)
    }
  }
}

extension Network {
  /// Some of its layers in their order.
  fileprivate func inOrder(_ some: [Node]) -> [Node] {
    let names = Set(some.map(\.name))
    return nodes.filter { names.contains($0.name) }
  }
}
