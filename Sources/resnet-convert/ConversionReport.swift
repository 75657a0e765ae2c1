import ResNetKit
import ToolSupport

/// What a conversion did, for people and for programs.
struct ConversionReport {
  let model: Model
  let ledger: Ledger
  /// What was assumed, changed or left out: one sentence each.
  let notes: [String]
  /// The paths of the files that were written.
  let outputs: [String]

  /// A few lines.
  var summary: String {
    let weights = model.network.weights
    let elements = weights.reduce(0) { $0 + $1.tensor.shape.elementCount }
    let line =
      "\(outputs.joined(separator: ", ")): \(model.network.nodes.count) layers, "
      + "\(weights.count) weights of \(elements.grouped) numbers; "
      + "ledger: \(ledger.entries.count) source tensors, each used exactly once"
      + (ledger.leftOut.isEmpty ? "" : ", and \(ledger.leftOut.count) left out")
    return (noteLines + [line]).joined(separator: "\n")
  }

  private var noteLines: [String] { notes.map { "note: \($0)".printable() } }

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
    var tensors = TextTable([
      ("source tensor", .leading), ("byte offset", .trailing), ("bytes", .trailing),
      ("weight", .leading), ("transforms", .leading),
    ])
    for entry in ledger.entries {
      tensors.add([
        entry.source, entry.byteOffset.map { "\($0)" } ?? "several", "\(entry.byteCount)",
        entry.target, entry.transforms.map(\.description).joined(separator: ", "),
      ])
    }
    for tensor in ledger.leftOut {
      tensors.add([
        tensor.source, tensor.byteOffset.map { "\($0)" } ?? "several",
        "\(tensor.shape.elementCount * tensor.elementType.byteCount)", "left out", "",
      ])
    }
    return ([layers.description, "", tensors.description] + noteLines).joined(separator: "\n")
  }

  var json: JSON {
    .members([
      "outputs": .strings(outputs),
      "source": .string(model.provenance.format),
      "layers": .strings(model.network.nodes.map(\.name)),
      "notes": .strings(notes),
      "ledger": .array(ledger.entries.map(json)),
      "leftOut": ledger.leftOut.isEmpty ? nil : .strings(ledger.leftOut.map(\.source)),
    ])
  }

  private func json(_ entry: Ledger.Entry) -> JSON {
    .members([
      "source": .string(entry.source), "file": .string(entry.file),
      "byteOffset": entry.byteOffset.map { .count($0) }, "byteCount": .count(entry.byteCount),
      "transforms": .strings(entry.transforms.map(\.description)),
      "target": .string(entry.target),
    ])
  }
}
