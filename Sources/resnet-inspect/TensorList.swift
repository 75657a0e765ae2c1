import ResNetKit

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

  /// The tensors with their types and shapes, and their sums.
  var report: Report {
    var report = Report(
      kind: "tensors",
      title: "\(stored.arrays.count) tensors of \(elementCount.grouped) numbers in "
        + "\(byteCount.grouped) bytes, running statistics included")
    report.facts = [
      .init("source", "source", .text(format)),
      .init(
        "files", "files",
        .list(files.map { .text("\($0.name) (\($0.bytes.count.grouped) bytes)") })),
      .init("tensorCount", "tensors", .count(stored.arrays.count)),
      .init("storedNumbers", "numbers stored", .count(elementCount)),
      .init("bytes", "bytes", .count(byteCount)),
    ]
    var table = Report.Table(
      "tensors", "Tensors",
      [
        .init("name", "tensor"), .init("type", "type"), .init("shape", "shape"),
        .init("count", "numbers", .trailing),
      ])
    for (name, tensor) in stored.arrays {
      table.add([
        .text(name), .text("\(tensor.elementType)"), .extents(tensor.shape.dimensions),
        .count(tensor.shape.elementCount),
      ])
    }
    report.tables = [table]
    report.notes = stored.notes
    return report
  }
}
