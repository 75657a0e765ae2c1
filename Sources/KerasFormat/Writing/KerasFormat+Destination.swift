public import Files
public import ModelIO

extension KerasFormat {
  /// `Keras`.
  public var title: String { "Keras" }
  /// A whole model, or weights, perhaps with their definition.
  public var outputNaming: String {
    "NAME.keras, NAME.h5 or NAME.weights.h5 (with NAME.json)"
  }
  /// `keras`, `h5`, `hdf5` and `json`.
  public var outputKinds: Set<String> { ["keras", "h5", "hdf5", "json"] }

  /// A definition, or what holds the weights.
  public func part(of output: OutputPath) -> String { output.kind == "json" ? "json" : "" }

  /// Refuses a definition that is not beside weights.
  ///
  /// - Throws: `FormatError` of kind `usage`.
  public func requireModel(of outputs: [OutputPath]) throws(FormatError) {
    guard let definition = outputs.first(where: { $0.kind == "json" }),
      !outputs.contains(where: { KerasDestination.form(of: $0) == .weights })
    else { return }
    throw FormatError(
      .usage,
      "\(definition.path): a definition is written beside the weights: name NAME.weights.h5 too; "
        + "*.keras and *.h5 hold their own")
  }

  /// A whole model, or weights, perhaps with their definition.
  ///
  /// - Throws: what `open` throws, and for options, of which there are none.
  public func destination(
    _ outputs: [OutputPath], stem: String, options: WritingOptions,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) -> any ModelDestination {
    try options.refuseAll()
    return try KerasDestination(outputs, open: open)
  }
}
