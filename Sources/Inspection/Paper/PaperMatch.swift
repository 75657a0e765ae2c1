public import ModelGraph
internal import ResNet

/// Which published network a network is, or what it differs in from the nearest.
public struct PaperMatch: Sendable {
  /// The place of the published network among those that were given.
  public let index: Int
  /// What differs, in words, the greatest difference first; empty where it is the network.
  public let differences: [String]
  /// The network's own weights that training learns.
  public let parameterCount: Int
  /// Its own multiply-accumulates.
  public let multiplyAccumulates: Int

  /// Compares a model with all networks that were published, by structure and not by names.
  ///
  /// - Parameter networks: not empty.
  /// - Throws: `NetworkError` where the layers do not fit their inputs.
  public init(of model: Model, among networks: [PaperNetwork]) throws(NetworkError) {
    try self.init(of: model.network, among: networks)
  }

  /// Compares a definition in the same way.
  ///
  /// - Parameter networks: not empty.
  /// - Throws: `NetworkError` where the layers do not fit their inputs.
  public init(
    of definition: ModelDefinition, among networks: [PaperNetwork]
  ) throws(NetworkError) {
    try self.init(of: definition.network, among: networks)
  }

  init(
    of network: Network, among networks: [PaperNetwork]
  ) throws(NetworkError) {
    precondition(!networks.isEmpty, "nothing to compare with")
    let own = try PaperNetwork(network.name, .imageNet, network)
    parameterCount = own.parameterCount
    multiplyAccumulates = own.multiplyAccumulates
    if let net = ResNetDescription(recognizedIn: network) {
      // Where as much differs, the one of the nearest depth.
      let found = networks.indices.compactMap { index in
        networks[index].description.map { description in
          let differences = net.differences(from: description)
          let weight = differences.reduce(0) { $0 + $1.weight }
          return (index, differences, weight, abs(net.depth - description.depth))
        }
      }.min { ($0.2, $0.3) < ($1.2, $1.3) }
      if let (index, differences, _, _) = found {
        self.index = index
        self.differences = differences.map(\.words)
        return
      }
    }
    let distances = networks.map { own.weightedLayers.distance(to: $0.weightedLayers) }
    index = distances.indices.min { distances[$0] < distances[$1] } ?? 0
    differences =
      distances[index] == 0 ? [] : own.differences(from: networks[index], distances[index])
  }
}

extension PaperNetwork {
  /// What differs where one of the two is no network of a description.
  fileprivate func differences(from other: PaperNetwork, _ distance: Int) -> [String] {
    func difference(_ what: String, _ own: Int, _ others: Int) -> String? {
      own == others ? nil : "\(own) \(what) instead of \(others)"
    }
    return [
      "\(distance) convolutions, matrices and sums that only one of them has",
      difference("parameters", parameterCount, other.parameterCount),
      difference("MACs", multiplyAccumulates, other.multiplyAccumulates),
    ].compactMap { $0 }
  }
}

/// One way in which two networks differ.
private struct Difference {
  var weight: Int
  var words: String
}

extension ResNetDescription {
  /// What differs from another network, the most important first: not what leaves the results alone,
  /// nor the paddings and constants that frameworks choose.
  fileprivate func differences(from other: ResNetDescription) -> [Difference] {
    var found: [Difference] = []
    func compare<Value: Equatable>(
      _ weight: Int, _ own: Value, _ others: Value, _ words: (Value) -> String
    ) {
      guard own != others else { return }
      found.append(
        Difference(weight: weight, words: "\(words(own)) instead of \(words(others))"))
    }
    let isBottleneck = unit == .bottleneck && other.unit == .bottleneck
    compare(64, unit, other.unit) { "\($0.rawValue) units" }
    compare(48, unitsPerStage, other.unitsPerStage) { counts in
      counts.map { "\($0)" }.joined(separator: "-") + " units"
    }
    compare(40, widths, other.widths) { widths in
      "stages of " + widths.map { "\($0)" }.joined(separator: "-") + " channels"
    }
    if isBottleneck {
      compare(32, [groups, widthPerGroup], [other.groups, other.widthPerGroup]) { groups in
        groups[0] == 1
          ? "one group of \(groups[1]) channels" : "\(groups[0]) groups of \(groups[1]) channels"
      }
    }
    compare(16, activation, other.activation) { activation in
      switch activation {
      case .after: "ReLU behind the additions"
      case .before: "normalization and ReLU before the convolutions"
      }
    }
    compare(12, shortcut, other.shortcut) { shortcut in
      shortcut == .absent ? "no shortcuts" : "shortcuts \(shortcut.rawValue)"
    }
    if isBottleneck {
      compare(8, stride, other.stride) { stride in
        switch stride {
        case .first: "strides in the first 1×1 convolutions (v1)"
        case .middle: "strides in the 3×3 convolutions (v1.5)"
        }
      }
    }
    compare(8, stridesInLastUnit, other.stridesInLastUnit) {
      "strides in the \($0 ? "last" : "first") unit of a stage"
    }
    compare(10, stem.title, other.stem.title) { "a stem of \($0)" }
    compare(2, classCount, other.classCount) { count in
      count.map { "\($0) classes" } ?? "no classes"
    }
    compare(4, image, other.image) { "images of \($0.channels)×\($0.height)×\($0.width)" }
    compare(1, normalizesShortcuts, other.normalizesShortcuts) {
      $0 ? "normalized projections" : "projections without normalization"
    }
    compare(1, biases, other.biases) { biases in
      let inside = biases.subtracting(.classes)
      return inside.isEmpty ? "no biases of convolutions" : "biases of convolutions"
    }
    return found
  }
}

extension ResNetDescription.Stem {
  /// What differs between papers; how windows at the border count differs between frameworks.
  fileprivate var title: String {
    let rest = pooling == nil ? "without pooling" : "with pooling"
    return "\(width) kernels \(kernel)×\(kernel), stride \(stride), \(rest)"
  }
}
