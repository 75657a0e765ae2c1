import ResNetKit
import ToolSupport

/// The file of Keras that a conversion writes.
struct KerasDestination {
  let form: KerasFiles.Form
  let output: OutputFile

  /// The form that a name asks for; nil if it is none of Keras.
  static func form(of path: String) -> KerasFiles.Form? {
    if path.hasSuffix(".weights.h5") { return .weights }
    return switch kind(of: path) {
    case "h5", "hdf5": .hdf5
    case "keras": .archive
    default: nil  // any other name
    }
  }

  /// Writes and verifies the file, but leaves it without a name.
  func prepare(_ model: Model) throws(FormatError) -> PreparedOutputs {
    let files = try KerasFormat().encode(model)
    let (file, tensors) = try files.prepare(form, for: output)
    return PreparedOutputs(files: [file], tensors: tensors, notes: files.notes)
  }
}
