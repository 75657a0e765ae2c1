public import ModelGraph
internal import TensorCore

extension Architecture {
  /// Reads the architecture off a graph.
  public init(of network: Network) {
    let graph = ResidualGraph(network)
    let weighted = network.nodes.filter { $0.layer.isWeighted }
    depth = weighted.count - graph.units.reduce(0) { $0 + $1.shortcutConvolutions.count }
    groups = network.nodes.compactMap { $0.layer.convolution?.groups }.max() ?? 1
    classCount = weighted.last.flatMap { $0.layer.outputCount }
    unitsPerStage = graph.units.reduce(into: []) { stages, unit in
      if stages.isEmpty || unit.changesShape && !unit.isFirst {
        stages.append(1)
      } else {
        stages[stages.count - 1] += 1
      }
    }
    let first = network.nodes.first { $0.layer.convolution != nil }
    stem = first?.layer.convolution.map { convolution in
      Stem(
        kernel: convolution.kernel.shape[2], stride: convolution.stride.height,
        hasMaxPooling: graph.hasMaxPoolingBeforeUnits)
    }
    width = graph.units.first.flatMap { unit in
      unit.convolutions.first { $0.kernel.shape[2] == 3 }?.kernel.shape[0]
    }
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

  private static func version(of graph: ResidualGraph) -> Version {
    // The last addition of a pre-activation net may have a ReLU of its own: the majority decides.
    let rectified = graph.units.count { $0.isRectifiedAfterAddition }
    guard 2 * rectified > graph.units.count else { return .preActivation }
    let strides = graph.units.first { unit in
      unit.kind == .bottleneck && unit.convolutions.contains { $0.stride.height > 1 }
    }
    guard let strides else { return .v1 }
    return strides.convolutions[0].stride.height > 1 ? .v1 : .v1_5
  }

  private static func shortcuts(of graph: ResidualGraph) -> Shortcuts {
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

  var convolution: Convolution? {
    if case .convolution(let layer) = self { layer } else { nil }
  }
}
