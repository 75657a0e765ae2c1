internal import JSON
internal import ModelGraph
internal import TensorCore

/// The tensors of a model in the order of the file, and where each weight finds its own.
struct TensorList {
  private(set) var tensors: [(name: String, tensor: Tensor)] = []
  private var known: [Tensor.Place: [Int]] = [:]  // indices into `tensors`

  /// The index of a tensor: that of an identical one, so that shared weights are stored once.
  mutating func index(of tensor: Tensor, named name: String) -> Int {
    let candidates = known[tensor.place, default: []]
    if tensor.byteCount > 0,
      let index = candidates.first(where: { tensors[$0].tensor.isIdentical(to: tensor) })
    {
      return index
    }
    known[tensor.place, default: []].append(tensors.count)
    tensors.append((name, tensor))
    return tensors.count - 1
  }

  /// The table of the header: each tensor begins where the one before ends.
  var entries: [TensorEntry] {
    var offset = 0
    return tensors.map { name, tensor in
      let entry = TensorEntry(
        name: name, elementType: tensor.elementType, shape: tensor.shape, offset: offset,
        byteCount: tensor.byteCount)
      offset = entry.end
      return entry
    }
  }
}

/// Everything about a model but the elements of its tensors and its ledger, as JSON.
enum Header {
  /// The mean image's name: that of a weight contains a slash.
  static let meanImageName = "mean-image"

  /// The header of a model, and the tensors it refers to.
  static func coded(_ model: Model) -> (json: JSON, tensors: TensorList) {
    var list = TensorList()
    let nodes = model.network.nodes.map { node in
      let weights = node.layer.weights.map { role, tensor in
        let name = "\(node.name)/\(role.rawValue)"
        return JSON.Member(role.rawValue, .integer(list.index(of: tensor, named: name)))
      }
      return JSON.object(present: [
        ("name", .string(node.name)), ("type", .string(node.layer.type.rawValue)),
        ("inputs", .strings(node.inputs)), ("outputs", .strings(node.outputs)),
        ("parameters", .object(present: node.layer.parameters)),
        ("weights", .object(weights)), ("policy", node.policy.map { .string($0) }),
      ])
    }
    let preprocessing = model.preprocessing.map { coded($0, &list) }
    let json = JSON.object(present: [
      ("name", .string(model.network.name)), ("nodes", .array(nodes)),
      ("tensors", .array(list.entries.map(\.coded))), ("preprocessing", preprocessing),
      ("labels", .strings(model.labels)), ("provenance", coded(model.provenance)),
    ])
    return (json, list)
  }

  private static func coded(_ recipe: Preprocessing, _ list: inout TensorList) -> JSON {
    let mean: JSON? =
      switch recipe.mean {
      case nil: nil
      case .channels(let means): .array(means.map { JSON(number: $0) })
      case .image(let image): .integer(list.index(of: image, named: meanImageName))
      }
    let scales = recipe.scales.map { JSON(number: $0) }
    let scale = scales.count == 1 ? scales[0] : .array(scales)
    return .object(present: [
      ("channelOrder", recipe.channelOrder.map { .string($0.rawValue) }), ("mean", mean),
      ("scale", scale),
    ])
  }

  private static func coded(_ provenance: Provenance) -> JSON {
    let files = provenance.files.map { file in
      JSON.object([
        .init("name", .string(file.name)), .init("byteCount", .integer(file.byteCount)),
      ])
    }
    return .object([
      .init("format", .string(provenance.format)), .init("files", .array(files)),
      .init("notes", .strings(provenance.notes)),
    ])
  }
}
