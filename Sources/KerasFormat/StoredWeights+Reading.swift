internal import Files
internal import HDF5

extension StoredWeights {
  /// Lists the tensors of a file, whatever version of Keras wrote it.
  ///
  /// Nothing is read of the tensors themselves.
  /// - Throws: `FormatError` with the path of the object that is not as Keras writes it.
  init(reading input: InputFile, shards: [InputFile] = []) throws(FormatError) {
    let file = try WeightTree(input, shards: shards)
    let root = file.root
    var group = root
    if try root.strings("layer_names") == nil, case .group(let weights)? = root["model_weights"] {
      group = weights
    }
    self.init(
      file: file, arrangement: .names, layers: [],
      backend: root.string("backend") ?? group.string("backend"),
      version: root.string("keras_version") ?? group.string("keras_version"),
      definition: root.string("model_config"))
    if let names = try group.strings("layer_names") {
      try readLayers(names, of: group)
    } else if let count = group.integer("nb_layers") {
      arrangement = .numbers
      try readNumbered(count, of: group)
    } else if let name = ["layers", WeightMatching.oldRoot].first(where: {
      if case .group? = root[$0] { true } else { false }
    }) {
      arrangement = .paths(root: name)
    } else if case .group? = root["vars"] {
      arrangement = .attributes
    } else {
      throw FormatError(
        .badModel,
        "expected a file of Keras, found an HDF5 file that has neither the attribute layer_names "
          + "(in / or in /model_weights), nor nb_layers, nor the group /layers")
    }
    notes = file.notes
    try findSources(group)
    try FormatError.refuseLookalikes(among: self.names)
  }

  /// As many objects as a file may have. A list that has one layer again and again, which has one
  /// tensor again and again, would multiply.
  private static let weightLimit = 200_000

  /// Keras 1 and later: `layer_names` of the file, and `weight_names` of each layer's group.
  private mutating func readLayers(
    _ names: [String], of group: HDF5File.Group
  ) throws(FormatError) {
    var weightCount = 0
    for name in names {
      guard case .group(let layer)? = try group.object(at: name) else {
        throw FormatError(
          at: .object(group.path),
          "expected a group for the layer \(name) of layer_names, found none")
      }
      guard let weightNames = try layer.strings("weight_names") else {
        throw FormatError(
          at: .object(layer.path), "expected the attribute weight_names, found none")
      }
      weightCount += weightNames.count
      guard weightCount <= Self.weightLimit else {
        throw FormatError(
          .refused, at: .object(layer.path),
          "expected at most \(Self.weightLimit) tensors of layers, found more")
      }
      layers.append(try Self.layer(name, layer, weightNames))
    }
    if case .group(let top)? = group["top_level_model_weights"],
      let names = try top.strings("weight_names"), !names.isEmpty
    {
      layers.append(try Self.layer("top_level_model_weights", top, names))
    }
  }

  /// Before Keras 1: `layer_0`, `layer_1`, … with `param_0`, `param_1`, …
  private mutating func readNumbered(
    _ count: Int, of group: HDF5File.Group
  ) throws(FormatError) {
    guard 0...group.members.count ~= count else {
      throw FormatError(
        at: .object(group.path),
        "expected nb_layers groups, found \(group.members.count) members "
          + "for \(count)")
    }
    for number in 0..<count {
      let name = "layer_\(number)"
      guard case .group(let layer)? = try group.object(at: name),
        let parameters = layer.integer("nb_params"), 0...layer.members.count ~= parameters
      else {
        throw FormatError(
          at: .object(group.path),
          "expected the group \(name) with the attribute nb_params, found another thing")
      }
      layers.append(try Self.layer(name, layer, (0..<parameters).map { "param_\($0)" }))
    }
  }

  private static func layer(
    _ name: String, _ group: HDF5File.Group, _ weightNames: [String]
  ) throws(FormatError) -> StoredLayer {
    var weights: [StoredWeight] = []
    for weightName in weightNames {
      guard case .dataset(let dataset)? = try group.object(at: weightName) else {
        throw FormatError(
          at: .object(group.path), "expected a dataset for the weight \(weightName), found none")
      }
      weights.append(StoredWeight(name: weightName, dataset: dataset))
    }
    return StoredLayer(name: name, path: group.path, weights: weights)
  }

  /// Finds every tensor that a model must account for.
  private mutating func findSources(_ group: HDF5File.Group) throws(FormatError) {
    let training: Set<String> = [
      "optimizer_weights", "optimizer", "metrics", "compile_metrics", "loss_tracker", "trainer",
      "_optimizer", "_train_counter", "_compile_metrics", "_loss_tracker",
    ]
    for (name, member) in group.members {
      guard !training.contains(name) else {
        notes.append(
          "left out \(group.path == "/" ? "" : group.path)/\(name), which is of training")
        continue
      }
      switch member {
      case .group(let inner):
        let (datasets, links) = inner.contents()
        if let (path, link) = links.first {
          throw FormatError(
            .refused, at: .object(path),
            "expected the object itself, found \(link.rawValue), which is not followed")
        }
        // Dropout and its like keep the state of their random numbers.
        let tensors = datasets.map(\.path).filter { !$0.contains("/seed_generator/") }
        if tensors.count < datasets.count {
          notes.append("left out the state of \(datasets.count - tensors.count) random generators")
        }
        sources += tensors
      case .dataset(let dataset): sources.append(dataset.path)
      case .link(let link):
        throw FormatError(
          .refused, at: .object("\(group.path == "/" ? "" : group.path)/\(name)"),
          "expected the object itself, found \(link.rawValue), which is not followed")
      case .namedType: break
      }
    }
    if group.path != "/", file.root["optimizer_weights"] != nil {
      notes.append("left out /optimizer_weights, which is of training")
    }
  }
}
