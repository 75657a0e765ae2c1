internal import Files
internal import ModelGraph
internal import ModelIO

/// The files of Keras that a model is written to.
struct KerasDestination: ModelDestination {
  private let form: KerasFiles.Form
  private let output: OutputFile
  /// The definition beside weights.
  private var definition: OutputFile?

  /// Files by their names: one with weights, perhaps a definition beside it.
  init(
    _ outputs: [OutputPath], open: (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) {
    let main = outputs.first { $0.kind != "json" }!  // `KerasFormat.requireModel(of:)`
    form = Self.form(of: main)!  // of a kind that the format writes
    output = try open(main.path)
    for output in outputs where output != main { definition = try open(output.path) }
  }

  /// The form that a name asks for; nil if it is none of Keras.
  static func form(of output: OutputPath) -> KerasFiles.Form? {
    if output.path.lowercased().hasSuffix(".weights.h5") { return .weights }
    return switch output.kind {
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
