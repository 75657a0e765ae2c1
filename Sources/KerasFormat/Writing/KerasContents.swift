internal import HDF5
internal import JSON
internal import TensorCore

// What the files of Keras hold, as trees of HDF5.
extension KerasDefinition {
  /// The version whose `.h5` files these are like; the last one of Keras 2.
  private static let version2 = "2.15.0"
  /// The group for tensors that belong to no layer: of a model as written here, none do.
  static let modelGroup = "top_level_model_weights"

  /// The layers in the order of their groups; the order of the model is in a list.
  var layersByName: [LayerDraft] {
    layers.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// A whole model as Keras 2 saves it: the configuration, and groups of tensors by layer.
  var legacyContents: HDF5Draft {
    let origin: [(name: String, value: HDF5Draft.Attribute)] = [
      ("backend", .string("tensorflow")), ("keras_version", .string(Self.version2)),
    ]
    var groups = layersByName.map { layer in
      (layer.name, HDF5Draft.Object.group(legacyGroup(layer)))
    }
    let none = HDF5Draft.Group(attributes: [("weight_names", .strings([]))])
    groups.append((Self.modelGroup, .group(none)))
    let weights = HDF5Draft.Group(
      members: groups,
      attributes: Self.list("layer_names", layers.map(\.name)) + origin)
    return HDF5Draft(
      root: HDF5Draft.Group(
        members: [("model_weights", .group(weights))],
        attributes: origin + [("model_config", .text(json(.keras2).text()))]))
  }

  /// `conv1/conv1/kernel:0`: a group of the layer's name for the layer, another one for the scope.
  private func legacyGroup(_ layer: LayerDraft) -> HDF5Draft.Group {
    let names = layer.weights.map { "\($0.variable):0" }
    let scope = HDF5Draft.Group(
      members: zip(names, layer.weights).map { ($0, .dataset($1.tensor)) })
    return HDF5Draft.Group(
      members: names.isEmpty ? [] : [(layer.name, .group(scope))],
      attributes: Self.list("weight_names", names.map { "\(layer.name)/\($0)" }))
  }

  /// Strings as an attribute, or as several with numbers where they are too long for one.
  private static func list(
    _ name: String, _ strings: [String]
  ) -> [(name: String, value: HDF5Draft.Attribute)] {
    let limit = HDF5Draft.Attribute.largestByteCount
    let total = HDF5Draft.Attribute.byteCount(of: strings)
    guard total > limit else { return [(name, .strings(strings))] }
    let width = total / strings.count
    let perPiece = max(limit / width, 1)
    let count = (strings.count + perPiece - 1) / perPiece
    // As numpy.array_split: the first pieces have one more.
    let (size, rest) = (strings.count / count, strings.count % count)
    return (0..<count).map { piece in
      let start = piece * size + min(piece, rest)
      let end = start + size + (piece < rest ? 1 : 0)
      return ("\(name)\(piece)", .strings(Array(strings[start..<end])))
    }
  }

  /// The tensors as Keras 3 saves them: by the class of the layer and its number among its like.
  var weightsContents: HDF5Draft {
    var counts: [String: Int] = [:]
    let groups = layers.map { layer in
      let component = layer.pathComponent
      let number = counts[component, default: 0]
      counts[component] = number + 1
      let path = component + (number == 0 ? "" : "_\(number)")
      let members = layer.weights.enumerated().map { index, weight in
        ("\(index)", HDF5Draft.Object.dataset(weight.tensor))
      }
      return (path, HDF5Draft.Object.group(Self.variables(members, of: layer.name)))
    }
    return HDF5Draft(
      root: HDF5Draft.Group(
        members: [("layers", .group(HDF5Draft.Group(members: groups)))]
          + Self.variables([], of: name).members))
  }

  /// A group `vars` with the name of whose they are.
  private static func variables(
    _ members: [(name: String, object: HDF5Draft.Object)], of name: String
  ) -> HDF5Draft.Group {
    let variables = HDF5Draft.Group(members: members, attributes: [("name", .string(name))])
    return HDF5Draft.Group(members: [("vars", .group(variables))])
  }

  /// What an archive says of itself; the time is the earliest zip knows.
  static var metadata: JSON {
    .object([
      // The first version whose layout this is.
      .init("keras_version", .string("3.6.0")),
      .init("date_saved", .string("1980-01-01@00:00:00")),
    ])
  }
}
