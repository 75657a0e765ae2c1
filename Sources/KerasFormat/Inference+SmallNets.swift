internal import Files
internal import JSON
internal import TensorCore

// ResNets for CIFAR: a stem of 3 × 3 and stages of blocks of two convolutions of 3 × 3, with
// automatic names, which say nothing.
extension Inference {
  /// Tries both orders in which programs list the two values of a sum: it decides about the order of
  /// layers in the file.
  mutating func addSmallNet(in stored: StoredWeights) throws(FormatError) -> String {
    guard !isChannelsFirst else {
      throw Inference.unknown("small nets with channels first are not known")
    }
    let shapes = inventory.items.map(\.shape)
    for shortcutFirst in [true, false] {
      var candidate = self
      try candidate.addStages(shortcutFirst: shortcutFirst)
      var sorted = candidate.net
      sorted.sortAsKeras()
      let weighted = sorted.items.filter {
        ["Conv2D", "BatchNormalization", "Dense"].contains($0.className)
      }
      let ordered = inventory.layerNames.isEmpty ? byClass(weighted) : weighted
      guard ordered.count == shapes.count,
        zip(ordered, shapes).allSatisfy({ $0.fits($1) })
      else { continue }
      // The file's own names, as far as it lists them.
      var names: [String: String] = [:]
      if sorted.items.count == inventory.layerNames.count {
        for (item, name) in zip(sorted.items, inventory.layerNames) { names[item.name] = name }
      } else if inventory.hasNames {
        for (item, stored) in zip(ordered, inventory.items) { names[item.name] = stored.name }
      }
      if Set(names.values).count == names.count { candidate.net.rename(names) }
      self = candidate
      return "resnet"
    }
    throw Inference.unknown("the weights do not follow one another as in a ResNet for CIFAR")
  }

  /// By class and, within it, in their order, as in files that number their layers.
  private func byClass(_ items: [InferredNet.Item]) -> [InferredNet.Item] {
    ["BatchNormalization", "Conv2D", "Dense"].flatMap { name in
      items.filter { $0.className == name }
    }
  }

  private mutating func addStages(shortcutFirst: Bool) throws(FormatError) {
    let kernels = inventory.items(.convolution)
    let projections = kernels.filter { side(of: $0.shape) == 1 }
    let mains = kernels.filter { side(of: $0.shape) == 3 }
    // Nothing makes what the first kernels see, unless images have as many channels as a stage.
    let made = Set(kernels.map { outputs(of: $0.shape) })
    guard let stem = mains.first(where: { !made.contains(inputs(of: $0.shape)) }) ?? mains.first,
      mains.count + projections.count == kernels.count
    else { throw Inference.unknown("its kernels are not those of a ResNet for CIFAR") }
    // Statistics behind the shortcuts, or behind the other convolutions only.
    channelCount = inputs(of: stem.shape)
    let statistics = inventory.items(.normalization).count
    guard statistics == kernels.count || statistics == mains.count else {
      throw Inference.unknown(
        "\(kernels.count) convolutions and \(statistics) batch normalizations")
    }
    let normalizesShortcuts = statistics == kernels.count
    net.notes.append("inferred a ResNet for CIFAR from the order and the shapes of the weights")
    note(epsilon: 1e-3)
    net.notes.append(
      "assumed \"same\" padding, ReLU, and the stride of a stage in its first convolution")
    var x = try addUnit("stem", addInput(side: 32), item: stem, stride: 1)
    x = addReLU("stem_relu", x)
    var channels = outputs(of: stem.shape)
    let counts = Dictionary(grouping: mains) { outputs(of: $0.shape) }.mapValues(\.count)
    let shortcuts = Dictionary(
      projections.map { ([inputs(of: $0.shape), outputs(of: $0.shape)], $0) }
    ) { first, _ in first }
    for (stage, (width, total)) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
      let count = total - (width == outputs(of: stem.shape) ? 1 : 0)
      guard count % 2 == 0 else {
        throw Inference.unknown("a stage of \(count) convolutions")
      }
      for block in 0..<count / 2 {
        let name = "stage\(stage + 1)_block\(block + 1)"
        let stride = stage > 0 && block == 0 ? 2 : 1
        let like = Inventory.Item(
          name: name, kind: .convolution, shape: [3, 3, channels, width],
          count: stem.count)
        var inner = like
        inner.shape = [3, 3, width, width]
        var y = try addUnit("\(name)_1", x, item: like, stride: stride)
        y = try addUnit("\(name)_2", addReLU("\(name)_relu", y), item: inner, stride: 1)
        var shortcut = x
        if channels != width {
          guard var projection = shortcuts[[channels, width]] else {
            throw Inference.unknown(
              "no shortcut from \(channels) to \(width) channels is among the weights")
          }
          projection.name = name
          shortcut = try addUnit(
            "\(name)_0", x, item: projection, stride: stride, normalizes: normalizesShortcuts)
        }
        let sum = net.add(
          "\(name)_add", "Add", shortcutFirst ? [shortcut, y] : [y, shortcut])
        x = addReLU("\(name)_out", sum)
        channels = width
      }
    }
    try addHead(x, pooling: "mean", name: "classes")
  }

  private mutating func addUnit(
    _ name: String, _ input: String, item: Inventory.Item, stride: Int, normalizes: Bool = true
  ) throws(FormatError) -> String {
    let y = try addConvolution(
      "\(name)_conv", input, stride: stride, padding: "same", item: item)
    return normalizes ? addNormalization("\(name)_bn", y, epsilon: 1e-3) : y
  }
}

extension InferredNet.Item {
  /// Whether the first tensor of the layer can have a shape, as far as the settings say.
  fileprivate func fits(_ shape: Shape) -> Bool {
    func setting(_ name: String) -> JSON? { settings.first { $0.name == name }?.value }
    switch className {
    case "Conv2D":
      return shape.rank == 4 && setting("filters") == .integer(shape[3])
        && setting("kernel_size") == .integers([shape[0], shape[1]])
    case "Dense": return shape.rank == 2 && setting("units") == .integer(shape[1])
    default: return shape.rank == 1  // batch normalization
    }
  }
}
