import ResNetKit
import ToolSupport

/// What a conversion did, for people and for programs.
struct ConversionReport {
  /// What was read.
  let source: ReadModel
  /// What was assumed, changed or left out: one sentence each.
  let notes: [String]
  /// The paths of the files that were written.
  let outputs: [String]

  private var model: Model { source.model }
  private var ledger: Ledger { source.ledger }

  /// A line about what was written, which may have other layers and tensors than the source.
  func summary(of written: PreparedOutputs) -> String {
    struct Place: Hashable {
      var file: String
      var offset: Int?
    }
    var tensors: [Place: Int] = [:]  // what layers share is one tensor
    for tensor in written.tensors.map(\.target) {
      tensors[Place(file: tensor.file, offset: tensor.byteOffset)] = tensor.shape.elementCount
    }
    let elements = tensors.values.reduce(0, +)
    return
      "\(outputs.joined(separator: ", ").printable()): \(written.layerCount) layers, "
      + "\(tensors.count) tensors of \(elements.grouped) numbers" + account
  }

  /// What became of the source's tensors; nothing for a model that came from no file.
  private var account: String {
    guard !ledger.entries.isEmpty || !ledger.leftOut.isEmpty else { return "" }
    return "; ledger: \(ledger.entries.count) source tensors, each used exactly once"
      + (ledger.leftOut.isEmpty ? "" : ", and \(ledger.leftOut.count) left out")
  }

  /// The layers as they were understood, and what became of each source tensor.
  func plan() throws -> String {
    let shapes = try model.network.shapes()
    var layers = TextTable([
      ("layer", .leading), ("type", .leading), ("reads", .leading), ("output", .leading),
    ])
    for node in model.network.nodes {
      layers.add([
        node.name, node.layer.typeName, node.inputs.joined(separator: ", "),
        node.outputs.compactMap { shapes[$0]?.description }.joined(separator: ", "),
      ])
    }
    guard !ledger.entries.isEmpty || !ledger.leftOut.isEmpty else { return "\(layers)" }
    var tensors = TextTable([
      ("source tensor", .leading), ("byte offset", .trailing), ("bytes", .trailing),
      ("weight", .leading), ("transforms", .leading),
    ])
    func add(_ tensor: StoredTensor, _ weight: String, _ transforms: [Ledger.Transform]) {
      tensors.add([
        tensor.object, tensor.byteOffset.map { "\($0)" } ?? "several", "\(tensor.byteCount)",
        weight, transforms.map(\.description).joined(separator: ", "),
      ])
    }
    for entry in ledger.entries { add(entry.source, entry.target, entry.transforms) }
    for tensor in ledger.leftOut { add(tensor, "left out", []) }
    return "\(layers)\n\n\(tensors)"
  }

  var json: JSON {
    .members([
      "outputs": .strings(outputs),
      "source": .string(model.provenance.format),
      "layers": .strings(model.network.nodes.map(\.name)),
      "notes": .strings(notes),
      "ledger": .array(ledger.entries.map(json)),
      "leftOut": ledger.leftOut.isEmpty ? nil : .strings(ledger.leftOut.map(\.object)),
    ])
  }

  private func json(_ entry: Ledger.Entry) -> JSON {
    .members([
      "source": .string(entry.source.object), "file": .string(entry.source.file),
      "byteOffset": entry.source.byteOffset.map { .count($0) },
      "byteCount": .count(entry.source.byteCount),
      "transforms": .strings(entry.transforms.map(\.description)),
      "target": .string(entry.target),
    ])
  }
}
