import ResNetKit
import ToolSupport

extension StoredArrays {
  /// A few lines.
  func summary(_ path: String) -> String {
    let elements = arrays.reduce(0) { $0 + $1.tensor.shape.elementCount }
    return "\(path.printable()): \(arrays.count) tensors of \(elements.grouped) numbers, "
      + "as the file has them"
  }

  /// The same for programs, with the name and the shape of each tensor.
  func report(_ path: String) -> JSON {
    .members([
      "outputs": .strings([path]), "notes": .strings(notes),
      "tensors": .array(
        arrays.map { array in
          .members([
            "name": .string(array.name),
            "shape": .array(array.tensor.shape.dimensions.map { .integer($0) }),
            "type": .string("\(array.tensor.elementType)"),
          ])
        }),
    ])
  }
}
