public import Files
internal import JSON
public import ModelGraph
public import ModelIO
internal import TensorCore

extension KerasFormat {
  /// The definition alone, where only JSON is given.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func readDefinition(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ModelDefinition? {
    let source = try KerasSource(sorting: files)
    guard source.weights == nil, let file = source.definition else { return nil }
    try options.require(only: KerasOptions.self)
    return try inFile(file) { () throws(FormatError) in
      let json = try JSON(parsing: file.bytes)
      let model = try KerasModel(decoding: json)
      try refuseUnsupported(model)
      let passed = try model.checkSettings()
      let origin = try Origin(definition: json, options: options)
      let format = try dataFormat(of: model, by: origin)
      var builder = NetworkBuilder(
        stored: nil, matching: nil, origin: origin, dataFormat: format, fileName: file.name,
        inputShape: options.inputShape)
      try builder.build(model)
      return ModelDefinition(
        Model(
          network: try network(named: model.name, builder.nodes),
          provenance: origin.provenance(
            format, files: [file], notes: passed + origin.notes + builder.notes)))
    }
  }

  /// Whether no file has a definition: what the layers are can only be guessed.
  public func haveWeightsOnly(_ files: [InputFile]) -> Bool {
    guard let source = try? KerasSource(sorting: files), source.definition == nil,
      let file = source.weights, let parts = try? KerasParts(file, definition: nil),
      parts.definition == nil,
      let stored = try? StoredWeights(reading: parts.weights, shards: source.shards)
    else { return false }
    return stored.definition == nil
  }
}
