internal import Files
internal import ModelGraph
internal import ModelIO
internal import ResNet
internal import TensorCore

/// Finds the definition of a ResNet from the names and shapes of its weights alone.
struct DefinitionRecovery {
  let inventory: Inventory
  let assumptions: KerasAssumptions
  /// Whether kernels are `[outputs, inputs, height, width]`.
  let isChannelsFirst: Bool
  /// The model within the model that has the convolutions; empty where the outermost has them.
  let inner: String
  /// What had to be assumed, one sentence each.
  var notes: [String] = []

  /// The definition and what it assumes.
  ///
  /// - Throws: `FormatError` for weights of no network that is known.
  static func definition(
    for stored: StoredWeights, options: ReadingOptions
  ) throws(FormatError) -> (model: KerasModel, notes: [String]) {
    var recovery = try DefinitionRecovery(stored, options: options)
    var (name, net) = try recovery.recover()
    // Layers that were given the names of the file may have those of layers without weights.
    if let name = net.repeatedName { throw unknown("two layers are named \(name)") }
    let head = recovery.headOutside(net)
    net.sortAsKeras()
    let inner = recovery.inner
    guard !inner.isEmpty else { return (net.model(named: name), recovery.notes) }
    recovery.notes.append("found the layers in the model \(inner) of the file")
    let group: (className: String, number: Int)
    switch stored.arrangement {
    case .paths: group = Inventory.key(inner)
    case .names, .numbers, .attributes: group = ("functional", 0)
    }
    return (net.model(named: name, within: inner, group: group, head: head), recovery.notes)
  }

  private init(
    _ stored: StoredWeights, options: ReadingOptions
  ) throws(FormatError) {
    let inventory = try Inventory(stored)
    let kernels = inventory.items(.convolution)
    guard !kernels.isEmpty else {
      throw DefinitionRecovery.unknown("no convolution is among the weights")
    }
    let models = Set(kernels.map(\.model))
    guard models.count == 1, let inner = models.first else {
      throw DefinitionRecovery.unknown("\(models.count) models have convolutions")
    }
    let others = inventory.items.filter { $0.model != inner && $0.kind != .dense }
    guard !inner.contains("/") else {
      throw DefinitionRecovery.unknown("\(inner) is a model within a model")
    }
    guard others.isEmpty else {
      throw DefinitionRecovery.unknown(
        "\(others[0].name) is beside the model with the convolutions, \(inner)")
    }
    self.inventory = inventory
    self.inner = inner
    assumptions = options.assumptions
    // The sides of a kernel are alike; images have as many channels as they may.
    isChannelsFirst =
      kernels.contains { $0.shape[0] != $0.shape[1] }
      && kernels.allSatisfy { $0.shape[2] == $0.shape[3] }
  }

  /// The network's name, and its layers, the last of which leaves.
  private mutating func recover() throws(FormatError) -> (name: String, net: RecoveredNet) {
    if inventory["conv1_conv"] != nil { return try recoverApplication() }
    if inventory["res2a_branch2a"] != nil { return try recoverFirstApplication() }
    let stem = inventory.items(.convolution)[0]  // there is one, as checked
    return side(of: stem.shape) == 7 ? try recoverNumbered(stem) : try recoverSmallNet()
  }

  /// The layers behind the model within the model, by their names.
  private func headOutside(_ net: RecoveredNet) -> Set<String> {
    guard let matrix = inventory.items(.dense).first, matrix.model != inner else { return [] }
    return Set(net.items.suffix(2).map(\.name))
  }

  /// An error about weights that are of no known network.
  static func unknown(_ reason: String) -> FormatError {
    FormatError(
      .badModel,
      "expected a definition in the file or in JSON beside it, or the weights of a ResNet whose "
        + "definition can be inferred; found neither: \(reason)")
  }
}

// What all nets are made of.
extension DefinitionRecovery {
  /// The number of outputs of kernels.
  func outputs(of kernel: Shape) -> Int { kernel[isChannelsFirst ? 0 : 3] }
  /// The number of inputs of kernels.
  func inputs(of kernel: Shape) -> Int { kernel[isChannelsFirst ? 1 : 2] }
  /// The rows of kernels.
  func side(of kernel: Shape) -> Int { kernel[isChannelsFirst ? 2 : 0] }

  /// The layers of a description, in the order in which each reads only earlier ones.
  ///
  /// The classes have the name that the file gives them; where it numbers its layers, that of the
  /// application.
  func layers(
    of net: ResNetDescription, _ names: LayerNames
  ) throws(FormatError) -> RecoveredNet {
    do {
      let network = try net.network(named: "resnet", names: names)
      var layers = RecoveredNet(network, isChannelsFirst: isChannelsFirst)
      let isNumbered = inventory["conv1_conv"] == nil && names.scheme == .keras2018
      if let matrix = inventory.items(.dense).first, !isNumbered || matrix.model != inner {
        layers.rename([names[.classes]: matrix.name])
      }
      return layers
    } catch {
      throw DefinitionRecovery.unknown("\(error)")
    }
  }

  /// Whether the matrix of the classes has an addend.
  func addClassBias(to net: inout ResNetDescription) {
    if inventory.items(.dense).first?.hasBias == true { net.biases.insert(.classes) }
  }

  /// The number of classes, and the assumptions about the layers that make them; nil without them.
  mutating func classCount() throws(FormatError) -> Int? {
    let matrices = inventory.items(.dense)
    guard let matrix = matrices.first else {
      notes.append("the file has no classes: the last value is the image before its mean")
      return nil
    }
    guard matrices.count == 1 else {
      throw DefinitionRecovery.unknown("it has \(matrices.count) matrices")
    }
    notes.append("assumed that softmax makes the classes")
    return matrix.shape[1]
  }

  /// The images that are assumed: squares with the channels that the first kernels see.
  mutating func image(side: Int, stem: Inventory.Item) -> ResNetDescription.Image {
    notes.append("assumed images of \(side) × \(side) (--input-shape)")
    return .init(channels: inputs(of: stem.shape), height: side, width: side)
  }

  /// The epsilon that the notes name.
  mutating func epsilon(_ usual: Double) -> Double {
    let epsilon = assumptions.epsilon ?? usual
    notes.append("assumed epsilon \(epsilon) in batch normalization (--epsilon)")
    return epsilon
  }
}
