internal import Files
internal import JSON
internal import ModelGraph
internal import ResNet
internal import TensorCore

// ResNets for CIFAR: a stem of 3 × 3 and stages of blocks of two convolutions of 3 × 3, with
// automatic names, which say nothing.
extension DefinitionRecovery {
  /// Tries both orders in which programs list the two values of a sum: it decides about the order of
  /// layers in the file.
  mutating func recoverSmallNet() throws(FormatError) -> (name: String, net: RecoveredNet) {
    guard !isChannelsFirst else {
      throw DefinitionRecovery.unknown("small nets with channels first are not known")
    }
    var net = try smallNet()
    let shapes = inventory.items.map(\.shape)
    for addsShortcutFirst in [true, false] {
      net.addsShortcutFirst = addsShortcutFirst
      var layers = try layers(of: net, LayerNames(.kerasCIFAR, of: net))
      var sorted = layers
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
      if Set(names.values).count == names.count { layers.rename(names) }
      return ("resnet", layers)
    }
    throw DefinitionRecovery.unknown(
      "the weights do not follow one another as in a ResNet for CIFAR")
  }

  /// By class and, within it, in their order, as in files that number their layers.
  private func byClass(_ items: [RecoveredNet.Item]) -> [RecoveredNet.Item] {
    ["BatchNormalization", "Conv2D", "Dense"].flatMap { name in
      items.filter { $0.className == name }
    }
  }

  /// The network that has such kernels, and the assumptions about it.
  private mutating func smallNet() throws(FormatError) -> ResNetDescription {
    let kernels = inventory.items(.convolution)
    let projections = kernels.filter { side(of: $0.shape) == 1 }
    let mains = kernels.filter { side(of: $0.shape) == 3 }
    // Nothing makes what the first kernels see, unless images have as many channels as a stage.
    let made = Set(kernels.map { outputs(of: $0.shape) })
    guard let stem = mains.first(where: { !made.contains(inputs(of: $0.shape)) }) ?? mains.first,
      mains.count + projections.count == kernels.count
    else { throw DefinitionRecovery.unknown("its kernels are not those of a ResNet for CIFAR") }
    // Statistics behind the shortcuts, or behind the other convolutions only.
    let statistics = inventory.items(.normalization).count
    guard statistics == kernels.count || statistics == mains.count else {
      throw DefinitionRecovery.unknown(
        "\(kernels.count) convolutions and \(statistics) batch normalizations")
    }
    notes.append("inferred a ResNet for CIFAR from the order and the shapes of the weights")
    let epsilon = self.epsilon(1e-3)
    notes.append(
      "assumed \"same\" padding, ReLU, and the stride of a stage in its first convolution")
    let image = self.image(side: 32, stem: stem)
    let width = outputs(of: stem.shape)
    var counts = Dictionary(grouping: mains) { outputs(of: $0.shape) }.mapValues(\.count)
    counts[width, default: 1] -= 1
    let stages = counts.sorted { $0.key < $1.key }
    if let odd = stages.first(where: { $0.value % 2 == 1 }) {
      throw DefinitionRecovery.unknown("a stage of \(odd.value) convolutions")
    }
    let shortcuts = Set(projections.map { [inputs(of: $0.shape), outputs(of: $0.shape)] })
    let widths = [width] + stages.filter { $0.value > 0 }.map(\.key)
    for (from, to) in zip(widths, widths.dropFirst())
    where from != to && !shortcuts.contains([from, to]) {
      throw DefinitionRecovery.unknown(
        "no shortcut from \(from) to \(to) channels is among the weights")
    }
    var net = ResNetDescription(
      unit: .basic, unitsPerStage: stages.map { $0.value / 2 }, widths: stages.map(\.key),
      shortcut: .b, stem: .init(kernel: 3, stride: 1, width: width, pooling: nil),
      classCount: try classCount(), image: image)
    net.epsilon = epsilon
    net.padding = .same
    net.normalizesShortcuts = statistics == kernels.count
    net.biases = stem.hasBias ? [.stem, .inner, .last] : []
    if projections.first?.hasBias == true { net.biases.insert(.shortcut) }
    addClassBias(to: &net)
    return net
  }
}

extension RecoveredNet.Item {
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
