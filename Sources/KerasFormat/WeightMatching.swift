internal import Files
internal import HDF5
internal import ModelIO

/// The stored tensors of each layer of a definition, found as Keras finds them.
struct WeightMatching {
  /// By the path of the layer.
  var weights: [String: [Variable: StoredWeight]] = [:]
  /// Of a layer that is the same object as one before it, in another model: the path of that one.
  var owners: [String: String] = [:]
  /// What had to be assumed, one sentence each.
  var notes: [String] = []
  var faults: [String] = []

  /// Finds the tensors for every layer that has some.
  ///
  /// - Throws: one `FormatError` with all layers that lack tensors and all that are left over.
  init(_ model: KerasModel, in stored: StoredWeights) throws(FormatError) {
    switch stored.arrangement {
    case .names: try matchNames(model, stored.layers)
    case .numbers: try matchNumbers(model, stored.layers)
    case .attributes: throw StoredWeights.isCode
    case .paths(let root):
      guard case .group(let group)? = stored.file.root[root] else { return }
      try matchPaths(model, group, in: stored)
    }
    guard faults.isEmpty else {
      throw FormatError(
        .badModel,
        "expected the weights of the definition: \(listed(faults).joined(separator: "; "))")
    }
  }

  /// Gives a layer its tensors in their order.
  mutating func assign(
    _ stored: [StoredWeight], to layer: KerasLayer, at place: String
  ) throws(FormatError) {
    let variables = try layer.variables()
    guard stored.count == variables.count else {
      faults.append(
        "\(place) has \(stored.count) tensors, \(layer.path) (\(layer.className)) takes "
          + "\(variables.count)")
      return
    }
    for (variable, weight) in zip(variables, stored) {
      if let named = weight.variable, !named.mayBe(variable) {
        faults.append("\(weight.source) is at the place of \(variable.rawValue) of \(layer.path)")
      }
      weights[layer.path, default: [:]][variable] = weight
    }
  }
}

extension WeightMatching {
  /// Where numbers of samples lie that normalizations have seen.
  var counts: Set<String> { Set(weights.values.compactMap { $0[.count]?.source }) }
}

extension Variable {
  /// Whether a tensor under this name can be that variable: depthwise convolutions call their kernel
  /// by several names.
  fileprivate func mayBe(_ other: Variable) -> Bool {
    let kernels: Set<Variable> = [.kernel, .depthwiseKernel, .pointwiseKernel]
    return self == other || kernels.contains(self) && kernels.contains(other)
  }
}

// By name, in groups for each layer of the outermost model.
extension WeightMatching {
  private mutating func matchNames(
    _ model: KerasModel, _ stored: [StoredLayer]
  ) throws(FormatError) {
    let holders = stored.filter { !$0.weights.isEmpty }
    var takers: [KerasLayer] = []
    for layer in model.layers where try layer.weightCount() > 0 { takers.append(layer) }
    let names = Dictionary(grouping: holders, by: \.name)
    for (name, layers) in names.sorted(by: { $0.key < $1.key }) where layers.count > 1 {
      faults.append("\(layers.count) layers are named \(name)")
    }
    guard faults.isEmpty else { return }
    let pairs: [(KerasLayer, StoredLayer)]
    if Set(names.keys) == Set(takers.map(\.name)) {
      pairs = takers.map { ($0, names[$0.name]![0]) }  // each name is there
    } else if holders.count == takers.count {
      // Automatic names count on through the life of a process, so Keras goes by the order.
      pairs = Array(zip(takers, holders))
      let first = pairs.first { $0.0.name != $0.1.name }!  // else the names were the same
      notes.append(
        "matched weights with layers by their order, since names differ: \(first.1.name) of the "
          + "file is \(first.0.name) of the definition")
    } else if holders.count == 1, try model.tensorCount() == holders[0].weights.count {
      notes.append(
        "took the weights in \(holders[0].path), a model within the one that was saved, for those of "
          + "the definition")
      return try matchInner(model, holders[0])
    } else {
      let missing = takers.map(\.name).filter { names[$0] == nil }
      let known = Set(takers.map(\.name))
      let spare = holders.map(\.name).filter { !known.contains($0) }
      faults += missing.map { "\($0) has no weights in the file" }
      faults += spare.map { "\($0) of the file is no layer with weights of the definition" }
      return
    }
    for (layer, holder) in pairs {
      if let inner = layer.model {
        try matchInner(inner, holder)
      } else {
        try assign(holder.weights, to: layer, at: holder.path)
      }
    }
  }

  /// A model within the model: all its tensors are in one group, the trainable ones first.
  private mutating func matchInner(
    _ model: KerasModel, _ holder: StoredLayer
  ) throws(FormatError) {
    let takers = model.allLayers
    if try matchInnerNames(takers, holder) { return }
    var slots: [(layer: KerasLayer, variable: Variable)] = []
    for learned in [true, false] {
      for layer in takers {
        let isFrozen = try layer.settings.bool("trainable") == false
        for variable in try layer.variables()
        where learned == (variable.isLearned && !isFrozen) {
          slots.append((layer, variable))
        }
      }
    }
    guard slots.count == holder.weights.count else {
      faults.append(
        "\(holder.path) has \(holder.weights.count) tensors, the model in it takes \(slots.count)")
      return
    }
    notes.append("matched the weights in \(holder.path) with layers by their order")
    for (slot, weight) in zip(slots, holder.weights) {
      weights[slot.layer.path, default: [:]][slot.variable] = weight
    }
  }

  /// Matches by the names of layers in the names of the tensors, if these say it all.
  private mutating func matchInnerNames(
    _ takers: [KerasLayer], _ holder: StoredLayer
  ) throws(FormatError) -> Bool {
    var byName: [String: KerasLayer] = [:]
    var count = 0
    for layer in takers {
      let variables = try layer.variables()
      guard !variables.isEmpty else { continue }
      count += variables.count
      guard byName.updateValue(layer, forKey: layer.name) == nil else { return false }
    }
    guard count == holder.weights.count else { return false }
    var found: [String: [Variable: StoredWeight]] = [:]
    for weight in holder.weights {
      let parts = weight.name.split(separator: "/")
      guard parts.count > 1, let layer = byName[String(parts[parts.count - 2])],
        let variable = weight.variable, try layer.variables().contains(variable),
        found[layer.path, default: [:]].updateValue(weight, forKey: variable) == nil
      else { return false }
    }
    weights.merge(found) { _, new in new }
    return true
  }
}

// By number: groups of a Sequential model before Keras 1.
extension WeightMatching {
  private mutating func matchNumbers(
    _ model: KerasModel, _ stored: [StoredLayer]
  ) throws(FormatError) {
    let layers = model.layers.filter { !$0.isImplied }
    guard layers.count == stored.count else {
      faults.append("the file has \(stored.count) layers, the definition \(layers.count)")
      return
    }
    for (layer, holder) in zip(layers, stored) {
      try assign(holder.weights, to: layer, at: holder.path)
    }
  }
}

extension HDF5File.Group {
  /// The tensors `vars/0`, `vars/1`, … of a saved layer.
  func variables() throws(FormatError) -> [StoredWeight] {
    guard case .group(let variables)? = try object(at: "vars") else { return [] }
    var weights: [StoredWeight] = []
    for number in variables.members.indices {
      guard case .dataset(let dataset)? = try variables.object(at: "\(number)") else {
        throw FormatError(
          at: .object(variables.path), "expected datasets 0, 1, …, found no \(number)")
      }
      weights.append(StoredWeight(name: "", dataset: dataset))
    }
    return weights
  }
}

extension KerasModel {
  /// How many tensors its layers have.
  fileprivate func tensorCount() throws(FormatError) -> Int {
    var count = 0
    for layer in layers { count += try layer.weightCount() }
    return count
  }
}

extension KerasLayer {
  /// How many tensors the layer and the layers within it have.
  func weightCount() throws(FormatError) -> Int {
    var count = try variables().count
    for layer in model?.layers ?? [] { count += try layer.weightCount() }
    return count
  }
}

extension Variable {
  /// Whether gradient descent learns it.
  fileprivate var isLearned: Bool {
    switch self {
    case .kernel, .bias, .depthwiseKernel, .pointwiseKernel, .gamma, .beta, .alpha: true
    case .movingMean, .movingVariance, .mean, .variance, .count: false
    }
  }
}
