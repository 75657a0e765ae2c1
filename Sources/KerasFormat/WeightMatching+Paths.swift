internal import Files
internal import HDF5

// By class and number: `.weights.h5`.
extension WeightMatching {
  /// The group of layers in files of 2.12 to 2.14.
  static let oldRoot = "_layer_checkpoint_dependencies"

  /// How a saver counts the layers of one class in a model.
  fileprivate enum Numbering {
    /// 2.12 and 2.13: layers with weights take two numbers. They came twice in the list that was
    /// gone through, as layers and as layers with weights (keras/engine/functional.py,
    /// `_layer_checkpoint_dependencies`).
    case twice
    /// 2.14 and 2.15: a layer that was saved before takes none, be it in the same list or in another
    /// model (`_save_container_state` in keras/src/saving/saving_lib.py).
    case unsaved
    /// 3: each takes one, whether it is saved here or was before.
    case all

    /// That of a version of Keras.
    init?(version: String) {
      let parts = version.split(separator: ".").map { Int($0) ?? 0 }
      guard parts.count > 1 else { return nil }
      switch (parts[0], parts[1]) {
      case (2, ..<14): self = .twice
      case (2, _): self = .unsaved
      case (3..., _): self = .all
      default: return nil
      }
    }
  }

  /// What tells that two layers of the definition are one object, which is saved once.
  fileprivate enum Sharing {
    /// The numbers that archives of Keras 3 give to objects.
    case declared
    /// Their names and settings: an object has only one of each.
    case alike
  }

  /// Tries the ways in which versions of Keras number groups, that of the file's own version first.
  ///
  /// They differ in which groups there are, and all go through the layers in the same order: two
  /// that account for every tensor of the file agree.
  mutating func matchPaths(
    _ model: KerasModel, _ group: HDF5File.Group, in stored: StoredWeights
  ) throws(FormatError) {
    var numberings: [Numbering] = group.path == "/\(Self.oldRoot)" ? [.twice] : [.all]
    numberings.append(.unsaved)
    if let known = stored.version.flatMap(Numbering.init(version:)) {
      numberings = [known] + numberings.filter { $0 != known }
    }
    var first: WeightMatching?
    for sharing in [Sharing.declared, .alike] {
      for numbering in numberings {
        var walk = PathWalk(numbering: numbering, sharing: sharing, matching: self)
        try walk.visit(model, group)
        if walk.matching.faults.isEmpty, walk.accounts(for: stored.sources) {
          self = walk.matching
          return
        }
        first = first ?? walk.matching
      }
    }
    self = first ?? self  // what is left over, the ledger tells
  }
}

extension WeightMatching {
  /// The key of a layer, or of a part of it, that begins with its path: one for all places where the
  /// same object stands.
  func ownKey(_ key: String) -> String {
    // The longest path that is an owner's: one may begin as another does.
    var end = key.endIndex
    while true {
      if let owner = owners[String(key[..<end])] { return owner + key[end...] }
      guard let mark = key[..<end].lastIndex(where: { $0 == " " || $0 == "/" }) else { return key }
      end = mark
    }
  }
}

/// One way through the groups of a file.
private struct PathWalk {
  let numbering: WeightMatching.Numbering
  let sharing: WeightMatching.Sharing
  var matching: WeightMatching
  /// The layers that were saved, by what tells them from others.
  private var saved: [String: KerasLayer] = [:]

  init(
    numbering: WeightMatching.Numbering, sharing: WeightMatching.Sharing, matching: WeightMatching
  ) {
    self.numbering = numbering
    self.sharing = sharing
    self.matching = matching
  }

  /// Finds the group of each layer of a model that has weights.
  mutating func visit(_ model: KerasModel, _ group: HDF5File.Group) throws(FormatError) {
    var counts: [String: Int] = [:]
    for layer in model.layers where !layer.isImplied {
      let base = snakeCase(layer.className)
      let count = counts[base, default: 0]
      let hasWeights = try layer.weightCount() > 0
      let identity = hasWeights ? identity(of: layer) : nil
      let twin = identity.flatMap { saved[$0] }
      switch numbering {
      case .twice: counts[base] = count + (hasWeights ? 2 : 1)
      case .unsaved: counts[base] = count + (twin == nil ? 1 : 0)
      case .all: counts[base] = count + 1
      }
      guard hasWeights else { continue }
      if let twin {
        share(layer, with: twin)
        continue
      }
      if let identity { saved[identity] = layer }
      let name = count == 0 ? base : "\(base)_\(count)"
      guard case .group(let own)? = try group.object(at: name) else {
        matching.faults.append("\(group.path)/\(name), the weights of \(layer.path), is missing")
        continue
      }
      guard let inner = layer.model else {
        try matching.assign(try own.variables(), to: layer, at: own.path)
        continue
      }
      for list in ["layers", WeightMatching.oldRoot] {
        guard case .group(let next)? = try own.object(at: list) else { continue }
        try visit(inner, next)
        break
      }
    }
  }

  private func identity(of layer: KerasLayer) -> String? {
    switch sharing {
    case .declared: layer.objectNumber.map { "\($0) \(layer.className) \(layer.name)" }
    case .alike: layer.signature
    }
  }

  /// Gives a layer, and all within it, the tensors of the object that it is.
  private mutating func share(_ layer: KerasLayer, with twin: KerasLayer) {
    if let inner = layer.model, let other = twin.model {
      for (part, otherPart) in zip(inner.layers, other.layers) { share(part, with: otherPart) }
    } else if let weights = matching.weights[twin.path] {
      matching.weights[layer.path] = weights
      matching.owners[layer.path] = matching.owners[twin.path] ?? twin.path
      matching.notes.append("\(layer.path) is the same layer as \(twin.path), saved once")
    }
  }

  /// Whether the layers take every tensor of the file.
  func accounts(for sources: [String]) -> Bool {
    let used = Set(matching.weights.values.flatMap { $0.values.map(\.source) })
    return sources.allSatisfy(used.contains)
  }
}

extension KerasLayer {
  /// What it has in common with every other place where it stands in a definition.
  fileprivate var signature: String {
    let inner = model?.layers.map(\.signature).joined(separator: " ") ?? ""
    return "\(className) \(name) \(settings.text) [\(inner)]"
  }
}
