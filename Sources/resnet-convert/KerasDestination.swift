import ResNetKit
import ToolSupport

/// The files of Keras that a conversion writes.
struct KerasDestination {
  private let form: KerasFiles.Form
  private let output: OutputFile
  /// The definition beside weights.
  private var definition: OutputFile?

  /// Files by their names, which `Destination.Format.init(of:among:)` has checked.
  init(
    _ paths: [String], open: (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) {
    let main = paths.first { Self.form(of: $0) != nil }!
    form = Self.form(of: main)!
    output = try open(main)
    for path in paths where path != main { definition = try open(path) }
  }

  /// The form that a name asks for; nil if it is none of Keras.
  static func form(of path: String) -> KerasFiles.Form? {
    if path.lowercased().hasSuffix(".weights.h5") { return .weights }
    return switch kind(of: path) {
    case "h5", "hdf5": .hdf5
    case "keras": .archive
    default: nil  // any other name
    }
  }

  /// Writes and verifies the files, but leaves them without names.
  func prepare(_ model: Model) throws(FormatError) -> PreparedOutputs {
    let files = try KerasFormat().encode(model)
    let (file, tensors) = try files.prepare(form, for: output)
    var outputs = PreparedOutputs(
      files: [file], tensors: tensors, notes: files.notes, layerCount: files.layerCount)
    if let definition {
      outputs.files.append(try files.prepareDefinition(for: definition, weights: file))
    }
    return outputs
  }
}
