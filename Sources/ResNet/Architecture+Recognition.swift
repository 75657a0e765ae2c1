public import ModelGraph
internal import TensorCore

extension Architecture {
  /// Reads the architecture off a graph.
  public init(of network: Network) {
    let graph = ResidualGraph(network)
    let weighted = network.nodes.filter { $0.layer.isWeighted && !graph.gates.contains($0.name) }
    depth = weighted.count - graph.units.reduce(0) { $0 + $1.shortcutConvolutions.count }
    let convolutions = network.nodes.compactMap { $0.layer.convolution }
    groups = convolutions.map(\.groups).max() ?? 1
    isLine = Architecture.isLine(network, convolutions)
    hasGates = !graph.gates.isEmpty
    classCount = weighted.last.flatMap { node in
      graph.layersBehindUnits.contains(node.name) ? node.layer.classCount : nil
    }
    let stages = Architecture.stages(of: graph.units)
    unitsPerStage = stages.map(\.count)
    stridesInLastUnit = stages.contains { $0.count > 1 && $0.last?.changesSize == true }
    stem = convolutions.first.map { convolution in
      Stem(
        kernel: convolution.side, stride: convolution.longestStride,
        hasMaxPooling: graph.hasMaxPoolingBeforeUnits)
    }
    widths = stages.compactMap { stage in
      stage[0].convolutions.first { $0.side == 3 }?.kernel.shape[0]
    }
    outputWidth = graph.units.first?.convolutions.last?.kernel.shape[0]
    guard !graph.units.isEmpty else {
      unit = nil
      version = nil
      shortcuts = nil
      return
    }
    let kinds = Set(graph.units.map(\.kind))
    unit = kinds.count == 1 ? kinds.first : .other
    version = Architecture.version(of: graph)
    shortcuts = Architecture.shortcuts(of: graph)
  }

  /// The units of each stage.
  ///
  /// A stage begins where the channels change. Where only the size changes, one begins as well,
  /// unless the next unit changes the channels alone: then the last unit of a stage has its stride,
  /// as in Keras' pre-activation nets.
  static func stages(of units: [ResidualGraph.Unit]) -> [[ResidualGraph.Unit]] {
    var stages: [[ResidualGraph.Unit]] = []
    for (index, unit) in units.enumerated() {
      let next = index + 1 < units.count ? units[index + 1] : nil
      let endsStage = next.map { $0.changesChannels && !$0.changesSize } ?? false
      let begins = unit.changesChannels || unit.changesSize && !endsStage
      if stages.isEmpty || begins && !unit.isFirst {
        stages.append([unit])
      } else {
        stages[stages.count - 1].append(unit)
      }
    }
    return stages
  }

  /// Whether the convolutions go along lines: images of one row, and kernels too.
  private static func isLine(_ network: Network, _ convolutions: [Layer.Convolution]) -> Bool {
    let first = network.nodes.first { $0.layer.convolution != nil }
    guard let value = first?.inputs.first, let shape = (try? network.shapes())?[value] else {
      return false
    }
    return shape.rank == 4 && shape[2] == 1 && shape[3] > 1
      && convolutions.allSatisfy { $0.kernel.shape[2] == 1 }
  }

  private static func version(of graph: ResidualGraph) -> Version? {
    // The last addition of a pre-activation net may have a ReLU of its own: the majority decides.
    let rectified = graph.units.count { $0.isRectifiedAfterAddition }
    guard 2 * rectified > graph.units.count else {
      let told = graph.units.compactMap(\.isActivatedBefore)
      return 2 * told.count { $0 } > told.count ? .preActivation : nil
    }
    let strided = graph.units.first { $0.kind == .bottleneck && $0.isStridden }
    guard let strided else { return .v1 }
    return strided.convolutions[0].longestStride > 1 ? .v1 : .v1_5
  }

  private static func shortcuts(of graph: ResidualGraph) -> ResNetDescription.Shortcut {
    let projected = graph.units.count { !$0.shortcutConvolutions.isEmpty }
    if projected == 0 { return .a }
    return projected == graph.units.count && graph.units.contains { !$0.changesShape } ? .c : .b
  }
}

extension Layer {
  fileprivate var isWeighted: Bool { outputCount != nil }

  /// The outputs of a convolution or fully connected layer.
  fileprivate var outputCount: Int? {
    if case .fullyConnected(let layer) = self { return layer.kernel.shape[0] }
    return convolution?.kernel.shape[0]
  }

  /// The outputs of a layer that can tell classes apart: a matrix or a convolution of 1 × 1.
  fileprivate var classCount: Int? {
    if let convolution, convolution.side > 1 { return nil }
    return outputCount
  }

  var convolution: Convolution? {
    if case .convolution(let layer) = self { layer } else { nil }
  }
}
