public import ModelGraph
internal import TensorCore

extension ResNetDescription {
  /// The description of a network, read off its structure and not off its names.
  ///
  /// - Returns: nil for a network that no description makes: the one found must make the same layers
  ///   with weights of the same shapes, whatever their order and whether batch normalization's own
  ///   factors are in a layer of their own.
  public init?(recognizedIn network: Network) {
    let architecture = Architecture(of: network)
    guard !architecture.isLine, !architecture.hasGates, architecture.unit != .other,
      let input = network.inputs.first?.shape, input.rank == 4, network.inputs.count == 1,
      let kernel = network.nodes.lazy.compactMap(\.layer.convolution).first
    else { return nil }
    let units = ResidualGraph(network).units
    let image = Image(channels: input[1], height: input[2], width: input[3])
    let stem = Stem(
      kernel: kernel.side, stride: kernel.longestStride, width: kernel.kernel.shape[0],
      pooling: network.stemPooling)
    var net: ResNetDescription
    if let first = units.first, let unit = architecture.unit {
      let stages = Architecture.stages(of: units)
      let outputs = stages.map { $0[0].convolutions.last?.kernel.shape[0] ?? 0 }
      net = ResNetDescription(
        unit: unit == .basic ? .basic : .bottleneck, unitsPerStage: stages.map(\.count),
        widths: unit == .basic ? outputs : outputs.map { $0 / 4 },
        shortcut: architecture.shortcuts ?? .b, stem: stem, classCount: architecture.classCount,
        image: image)
      let middle = first.convolutions[first.convolutions.count - 2]
      net.groups = unit == .basic ? 1 : middle.groups
      if unit == .bottleneck { net.widthPerGroup = middle.kernel.shape[0] / middle.groups }
      net.readUnits(units, architecture)
    } else {
      net = ResNetDescription(
        plain: network, stem: stem, classCount: architecture.classCount, image: image)
    }
    net.readLayers(of: network)
    if kernel.bias != nil { net.biases.insert(.stem) }
    guard let found = net.candidates.first(where: { $0.hasLayers(of: network) }) else { return nil }
    self = found
  }

  /// A network of 3×3 convolutions one after the other.
  private init(plain network: Network, stem: Stem, classCount: Int?, image: Image) {
    let widths = network.nodes.compactMap(\.layer.convolution).dropFirst().map {
      $0.kernel.shape[0]
    }
    let stages = Dictionary(grouping: widths) { $0 }.sorted { $0.key < $1.key }
    self.init(
      unit: .basic, unitsPerStage: stages.map { $0.value.count / 2 }, widths: stages.map(\.key),
      shortcut: .absent, stem: stem, classCount: classCount, image: image)
  }

  /// What the residual units tell.
  private mutating func readUnits(_ units: [ResidualGraph.Unit], _ architecture: Architecture) {
    stridesInLastUnit = architecture.stridesInLastUnit
    activation = architecture.version == .preActivation ? .before : .after
    let strided = units.first { $0.kind == .bottleneck && $0.isStridden }
    stride = strided.map { $0.convolutions[0].longestStride > 1 } == false ? .middle : .first
    biases = []
    for unit in units {
      if unit.convolutions.dropLast().contains(where: { $0.bias != nil }) { biases.insert(.inner) }
      if unit.convolutions.last?.bias != nil { biases.insert(.last) }
      if unit.shortcutConvolutions.contains(where: { $0.bias != nil }) { biases.insert(.shortcut) }
    }
  }

  /// What any layer tells.
  private mutating func readLayers(of network: Network) {
    biases.remove(.classes)
    stem.isActivated = network.normalizesStem
    for node in network.nodes {
      switch node.layer {
      case .batchNormalization(let layer): epsilon = layer.epsilon
      case .scale: hasScaleLayers = true
      case .fullyConnected(let layer) where layer.bias != nil: biases.insert(.classes)
      case .convolution(let layer) where layer.side == 3 && layer.padding == .none: padding = .layer
      case .convolution(let layer) where layer.padding.top != layer.padding.bottom: padding = .same
      default: break
      }
    }
  }

  /// The description with what was not read off, in all ways.
  private var candidates: [ResNetDescription] {
    var found: [ResNetDescription] = []
    for normalizes in [true, false] {
      for zeros in [Padding.even, .layer] {
        var net = self
        net.stem.padding = zeros
        net.normalizesShortcuts = normalizes
        found.append(net)
      }
    }
    return found
  }

  /// Whether it makes the layers of a network, in whatever order.
  private func hasLayers(of network: Network) -> Bool {
    guard let made = try? self.network(named: network.name) else { return false }
    return made.layerKinds == network.layerKinds
  }
}

extension Network {
  /// How often there is each layer that a description decides about.
  fileprivate var layerKinds: [String: Int] {
    var counts: [String: Int] = [:]
    for node in nodes {
      let shapes = node.layer.weights.map { "\($0.role) \($0.tensor.shape)" }
      var kind = "\(node.layer.typeName) \(shapes)"
      switch node.layer {
      case .convolution(let layer): kind += " \(layer.stride) \(layer.padding) \(layer.groups)"
      case .zeroPadding(let layer): kind += " \(layer.spatial) \(layer.channelsAfter)"
      case .batchNormalization, .scale, .elementwise, .fullyConnected: break
      default: continue
      }
      counts[kind, default: 0] += 1
    }
    return counts
  }

  /// Whether batch normalization follows the first convolution.
  fileprivate var normalizesStem: Bool {
    let first = nodes.first { $0.layer.convolution != nil }?.outputs[0]
    return nodes.contains { node in
      guard case .batchNormalization = node.layer else { return false }
      return node.inputs.first == first
    }
  }

  /// The pooling behind the first layers; nil for none.
  fileprivate var stemPooling: ResNetDescription.Stem.Pooling? {
    for (index, node) in nodes.enumerated() {
      guard case .pooling(let layer) = node.layer, layer.kind == .maximum, layer.kernel == Extent(3)
      else { continue }
      if layer.padding != .none { return .padded }
      if layer.rounding == .ceil { return .ceiling }
      if index > 0, case .zeroPadding = nodes[index - 1].layer { return .zeros }
      return .valid
    }
    return nil
  }
}
