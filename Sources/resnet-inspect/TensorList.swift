import ResNetKit
import ToolSupport

/// The tensors of files whose layers are not known, or not asked for.
struct TensorList {
  let stored: StoredArrays
  let format: String
  let files: [InputFile]

  /// - Parameter reason: why this is not the summary of a model; nil where it was asked for.
  init(of files: [InputFile], as format: any ModelFormat, reason: String? = nil) throws {
    let stored = try format.storedArrays(in: files)
    let note = reason.map { ["these are weights alone: \($0)"] } ?? []
    self.stored = StoredArrays(arrays: stored.arrays, notes: note + stored.notes)
    self.format = format.name
    self.files = files
  }

  private var elementCount: Int { stored.arrays.reduce(0) { $0 + $1.tensor.shape.elementCount } }
  private var byteCount: Int { stored.arrays.reduce(0) { $0 + $1.tensor.byteCount } }

  func report(json: Bool) -> String { json ? self.json.prettyText() : text }

  private var text: String {
    var table = TextTable([
      ("tensor", .leading), ("type", .leading), ("shape", .leading), ("numbers", .trailing),
    ])
    for (name, tensor) in stored.arrays {
      table.add([
        name, "\(tensor.elementType)", tensor.shape.description, tensor.shape.elementCount.grouped,
      ])
    }
    let sources = files.map { "\($0.name) (\($0.bytes.count.grouped) bytes)" }
    let lines = [
      "\(stored.arrays.count) tensors of \(elementCount.grouped) numbers in \(byteCount.grouped) "
        + "bytes, running statistics included",
      "source: \(format), \(sources.joined(separator: ", "))".printable(),
    ]
    return ([table.description, ""] + lines).joined(separator: "\n")
  }

  private var json: JSON {
    .members([
      "source": .string(format),
      "tensorCount": .count(stored.arrays.count),
      "storedNumbers": .count(elementCount),
      "bytes": .count(byteCount),
      "notes": .strings(stored.notes),
      "tensors": .array(
        stored.arrays.map { name, tensor in
          .members([
            "name": .string(name), "type": .string("\(tensor.elementType)"),
            "shape": .integers(tensor.shape.dimensions),
            "count": .count(tensor.shape.elementCount),
          ])
        }),
    ])
  }
}
