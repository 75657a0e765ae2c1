public import ModelGraph
internal import ResNet
internal import TensorCore

/// A cell of table 1 of He et al. 2015: what a stage of a network for ImageNet computes, read off the
/// network's graph, beside what the paper says.
public struct PaperStage: Sendable {
  /// The network.
  public let network: String
  /// What the paper calls the stage: `conv2_x`.
  public let name: String
  /// The rows and columns of its last output.
  public let outputSize: [Int]
  /// Its layers in the paper's notation: `[3×3, 64; 3×3, 64] × 2`.
  public let layers: String
  /// The weights that training learns.
  public let parameterCount: Int
  /// Multiply-accumulates of convolutions and matrix products for one image.
  public let multiplyAccumulates: Int
  /// The output size in the paper.
  public let publishedSize: [Int]
  /// The layers in the paper.
  public let publishedLayers: String

  /// Whether the paper says the same of it.
  public var agrees: Bool { publishedSize == outputSize && publishedLayers == layers }

  /// The stages of the paper's networks with the shortcuts that it uses: A for basic units, B for
  /// bottlenecks.
  ///
  /// - Throws: `NetworkError` where the layers do not fit the inputs.
  public static func all() throws(NetworkError) -> [PaperStage] {
    var list: [PaperStage] = []
    for (depth, published) in publishedLayers {
      guard var net = ResNetDescription(named: "resnet\(depth)") else {
        preconditionFailure("\(depth) layers are no published network")
      }
      if net.unit == .basic { net.shortcut = .a }
      list += try stages(of: net.network(named: "ResNet-\(depth)"), published: published)
    }
    return list
  }

  /// Table 1: the layers of conv2_x to conv5_x.
  private static let publishedLayers: KeyValuePairs<Int, [String]> = [
    18: [
      "[3×3, 64; 3×3, 64] × 2", "[3×3, 128; 3×3, 128] × 2", "[3×3, 256; 3×3, 256] × 2",
      "[3×3, 512; 3×3, 512] × 2",
    ],
    34: [
      "[3×3, 64; 3×3, 64] × 3", "[3×3, 128; 3×3, 128] × 4", "[3×3, 256; 3×3, 256] × 6",
      "[3×3, 512; 3×3, 512] × 3",
    ],
    50: [
      "[1×1, 64; 3×3, 64; 1×1, 256] × 3", "[1×1, 128; 3×3, 128; 1×1, 512] × 4",
      "[1×1, 256; 3×3, 256; 1×1, 1024] × 6", "[1×1, 512; 3×3, 512; 1×1, 2048] × 3",
    ],
    101: [
      "[1×1, 64; 3×3, 64; 1×1, 256] × 3", "[1×1, 128; 3×3, 128; 1×1, 512] × 4",
      "[1×1, 256; 3×3, 256; 1×1, 1024] × 23", "[1×1, 512; 3×3, 512; 1×1, 2048] × 3",
    ],
    152: [
      "[1×1, 64; 3×3, 64; 1×1, 256] × 3", "[1×1, 128; 3×3, 128; 1×1, 512] × 8",
      "[1×1, 256; 3×3, 256; 1×1, 1024] × 36", "[1×1, 512; 3×3, 512; 1×1, 2048] × 3",
    ],
  ]
  /// Table 1: the rows and columns of the outputs of conv1 to conv5_x, and of what follows.
  private static let publishedSizes = [112, 56, 28, 14, 7, 1]

  private static func stages(
    of network: Network, published: [String]
  ) throws(NetworkError) -> [PaperStage] {
    let costs = try network.costs()
    let sections = NetworkSection.sections(of: network)
    let names = ["conv1"] + published.indices.map { "conv\($0 + 2)_x" } + ["fc"]
    let publishedLayers = ["7×7, 64, stride 2"] + published + ["1000-d fc"]
    return names.enumerated().map { place, name in
      let indices = sections.indices.filter { sections[$0].row(of: names.count) == place }
      let nodes = indices.map { network.nodes[$0] }
      // The paper counts the pooling of the stem to the stage behind it.
      let output =
        switch place {
        case 0: indices.last { network.nodes[$0].layer.convolution != nil }
        case names.count - 1: indices.first
        default: indices.last
        }
      let size = output.map { Array(costs[$0].outputShapes[0].dimensions.suffix(2)) } ?? []
      return PaperStage(
        network: network.name, name: name, outputSize: size, layers: notation(nodes),
        parameterCount: indices.reduce(0) { $0 + costs[$1].parameterCount },
        multiplyAccumulates: indices.reduce(0) { $0 + costs[$1].multiplyAccumulates },
        publishedSize: [publishedSizes[place], publishedSizes[place]],
        publishedLayers: publishedLayers[place])
    }
  }

  /// The residual branches of a stage, or what has weights before and behind all of them.
  private static func notation(_ nodes: [Node]) -> String {
    let makers = Dictionary(nodes.map { ($0.outputs[0], $0) }) { first, _ in first }
    let branches = nodes.compactMap { node -> String? in
      guard case .elementwise = node.layer else { return nil }
      return node.inputs.map { convolutions(before: $0, makers) }.max { $0.count < $1.count }?
        .map(notation).joined(separator: "; ")
    }
    if let first = branches.first {
      // Units that differ are no cell of the table.
      guard branches.allSatisfy({ $0 == first }) else { return branches.joined(separator: ", ") }
      return "[\(first)] × \(branches.count)"
    }
    return nodes.compactMap { node in
      switch node.layer {
      case .convolution(let layer):
        "\(notation(layer)), stride \(layer.stride.height)"
      case .fullyConnected(let layer): "\(layer.kernel.shape[0])-d fc"
      default: nil
      }
    }.joined(separator: "; ")
  }

  private static func notation(_ layer: Layer.Convolution) -> String {
    "\(layer.kernel.shape[2])×\(layer.kernel.shape[3]), \(layer.kernel.shape[0])"
  }

  /// The convolutions on the way to a value within a unit, first to last.
  private static func convolutions(
    before value: String, _ makers: [String: Node]
  ) -> [Layer.Convolution] {
    var found: [Layer.Convolution] = []
    var next = makers[value]
    while let node = next {
      if case .elementwise = node.layer { break }  // the unit before
      if let convolution = node.layer.convolution { found.append(convolution) }
      next = node.inputs.first.flatMap { makers[$0] }
    }
    return found.reversed()
  }
}

extension NetworkSection {
  /// The row of table 1, of so many.
  fileprivate func row(of count: Int) -> Int? {
    switch self {
    case .stem: 0
    case .unit(let place): place.stage + 1
    case .size: nil
    case .head: count - 1
    }
  }
}

extension Layer {
  fileprivate var convolution: Convolution? {
    if case .convolution(let layer) = self { layer } else { nil }
  }
}
