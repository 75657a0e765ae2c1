internal import Files
internal import ModelIO
internal import ResNet
internal import TensorCore

// The networks of keras.applications (keras/src/applications/resnet.py, resnet_v2.py and, until
// 2018, resnet50.py).
extension DefinitionRecovery {
  /// Networks with the names of 2018 and later.
  mutating func recoverApplication() throws(FormatError) -> (name: String, net: RecoveredNet) {
    let counts = (2...5).map { stage in
      var count = 0
      while inventory["conv\(stage)_block\(count + 1)_1_conv"] != nil { count += 1 }
      return count
    }
    let isSecond = inventory["conv2_block1_preact_bn"] != nil
    var net = try application(counts, isSecond: isSecond, stem: inventory["conv1_conv"])
    let names = LayerNames(.keras2018, of: net)
    try readWidths(of: &net, names)
    return (name(counts, isSecond), try layers(of: net, names))
  }

  /// A network with a stem of 7 × 7 in a file that numbers its layers.
  mutating func recoverNumbered(
    _ stem: Inventory.Item
  ) throws(FormatError) -> (name: String, net: RecoveredNet) {
    guard !isChannelsFirst else {
      throw DefinitionRecovery.unknown("kernels of 7 × 7 of no network that is known")
    }
    let kernels = inventory.items(.convolution)
    let counts = (0..<4).map { stage in
      kernels.count { $0.shape.dimensions == [3, 3, 64 << stage, 64 << stage] }
    }
    let blockCount = counts.reduce(0, +)
    guard kernels.count == 3 * blockCount + 5 else {
      throw DefinitionRecovery.unknown(
        "\(kernels.count) convolutions, of which \(blockCount) are 3 × 3")
    }
    let statistics = inventory.items(.normalization).count
    guard statistics == kernels.count || statistics == 3 * blockCount + 1 else {
      throw DefinitionRecovery.unknown(
        "\(kernels.count) convolutions and \(statistics) batch normalizations")
    }
    let isSecond = statistics != kernels.count
    notes.append(
      "inferred a ResNet v\(isSecond ? 2 : 1) of keras.applications from the shapes of its weights")
    var net = try application(counts, isSecond: isSecond, stem: stem)
    net.biases = isSecond ? [.last, .shortcut] : stem.hasBias ? [.inner, .last, .shortcut] : []
    if stem.hasBias { net.biases.insert(.stem) }
    addClassBias(to: &net)
    return (name(counts, isSecond), try layers(of: net, LayerNames(.keras2018, of: net)))
  }

  /// ResNets with the names of Caffe's: ResNet50 until 2018, and 101 and 152 with layers of factors.
  mutating func recoverFirstApplication() throws(FormatError) -> (
    name: String, net: RecoveredNet
  ) {
    let stem = inventory["conv1"]
    let hasFactors = inventory["scale_conv1"] != nil
    var blocks = (2...5).map { self.blocks(ofStage: $0) }
    for (stage, names) in blocks.enumerated() {
      if let repeated = zip(names, names.dropFirst()).first(where: { $0 == $1 }) {
        throw DefinitionRecovery.unknown(
          "two layers are named res\(stage + 2)\(repeated.0)_branch2a")
      }
    }
    // What only makes features may end before the last stage.
    while blocks.last?.isEmpty == true { blocks.removeLast() }
    var net = try application(
      blocks.map(\.count), isSecond: false, stem: stem, epsilon: hasFactors ? 1.1e-5 : 1e-3,
      padsPooling: inventory.layerNames.contains("pool1_pad"))
    net.hasScaleLayers = hasFactors
    net.addsShortcutFirst = false
    let units = net.units
    let blockNames = Dictionary(
      uniqueKeysWithValues: units.map { ($0, "\($0.stage + 2)\(blocks[$0.stage][$0.unit])") })
    let names = LayerNames(.keras2016, of: net, blocks: blockNames)
    if units.allSatisfy({ inventory[names[.shortcut($0, .convolution)]] != nil }) {
      net.shortcut = .c
    }
    try readWidths(of: &net, names)
    return ("resnet", try layers(of: net, names))
  }

  private func name(_ counts: [Int], _ isSecond: Bool) -> String {
    "resnet\(3 * counts.reduce(0, +) + 2)\(isSecond ? "v2" : "")"
  }

  /// A network of bottlenecks and the assumptions about it; widths and biases as published.
  private mutating func application(
    _ counts: [Int], isSecond: Bool, stem: Inventory.Item?, epsilon usual: Double = 1.001e-5,
    padsPooling: Bool = true
  ) throws(FormatError) -> ResNetDescription {
    guard let stem, stem.kind == .convolution else {
      throw DefinitionRecovery.unknown("conv1 is not among the weights")
    }
    guard counts.allSatisfy({ $0 > 0 }) else {
      throw DefinitionRecovery.unknown("a stage has no blocks")
    }
    let epsilon = self.epsilon(usual)
    let stride = assumptions.stride ?? .first
    if !isSecond {
      notes.append(
        "assumed that the \(stride == .first ? "first" : "middle") convolution of a block has the "
          + "stride (--stride)")
    }
    let image = self.image(side: 224, stem: stem)
    let pads = assumptions.padsPooling ?? padsPooling
    notes.append(
      "assumed \(pads ? "zeros" : "no padding") around the image before the pooling of the stem "
        + "(--pool-padding)")
    var net = ResNetDescription(
      unit: .bottleneck, unitsPerStage: counts,
      widths: Array([64, 128, 256, 512].prefix(counts.count)), shortcut: .b,
      stem: .init(
        kernel: side(of: stem.shape), stride: 2, width: outputs(of: stem.shape),
        pooling: pads ? .zeros : .valid),
      classCount: try classCount(), image: image)
    net.epsilon = epsilon
    net.stem.padding = .layer
    net.stem.isActivated = !isSecond
    net.stride = isSecond || stride == .middle ? .middle : .first
    net.padding = isSecond ? .layer : .same
    net.activation = isSecond ? .before : .after
    net.stridesInLastUnit = isSecond
    net.normalizesShortcuts = !isSecond
    return net
  }

  /// Takes widths and biases from the weights, which may be narrower than published.
  private func readWidths(
    of net: inout ResNetDescription, _ names: LayerNames
  ) throws(FormatError) {
    func item(_ part: ResNetPart) throws(FormatError) -> Inventory.Item {
      guard let item = inventory[names[part]], item.kind == .convolution else {
        throw DefinitionRecovery.unknown("\(names[part]) is not among the weights")
      }
      return item
    }
    net.biases = []
    func note(_ part: ResNetPart, _ place: ResNetDescription.Biases) throws(FormatError) {
      if try item(part).hasBias { net.biases.insert(place) }
    }
    try note(.stem(.convolution), .stem)
    var channels = net.stem.width
    for place in net.units {
      let first = try item(.branch(place, 0, .convolution))
      if place.unit == 0 { net.widths[place.stage] = outputs(of: first.shape) }
      for index in 0..<3 {
        try note(.branch(place, index, .convolution), index == 2 ? .last : .inner)
      }
      let made = 4 * net.widths[place.stage]
      if net.shortcut == .c || channels != made {
        try note(.shortcut(place, .convolution), .shortcut)
      }
      channels = made
    }
    net.widthPerGroup = net.widths[0]
    addClassBias(to: &net)
  }

  /// The blocks of a stage in order: a, b, c or a, b1, b2, …
  private func blocks(ofStage stage: Int) -> [String] {
    let (prefix, suffix) = ("res\(stage)", "_branch2a")
    let blocks = inventory.items.map(\.name).filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
      .map { String($0.dropFirst(prefix.count).dropLast(suffix.count)) }
    func key(_ block: String) -> (String, Int) {
      (String(block.prefix { !$0.isNumber }), Int(block.drop { !$0.isNumber }) ?? 0)
    }
    return blocks.sorted { key($0) < key($1) }
  }
}
