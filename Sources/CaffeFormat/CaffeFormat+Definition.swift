public import Files
public import ModelGraph
public import ModelIO

extension CaffeFormat {
  /// The definition alone, where no caffemodel is among the files.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func readDefinition(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ModelDefinition? {
    let source = try CaffeSource(sorting: files)
    guard source.definition != nil, source.weights == nil else { return nil }
    return ModelDefinition(try model(from: source, options: options, hasWeights: false))
  }

  /// Every tensor of a caffemodel or of a snapshot, by layer and number.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func storedArrays(in files: [InputFile]) throws(FormatError) -> StoredArrays {
    guard let file = try CaffeSource(sorting: files).weights else {
      throw FormatError(
        file: files.first?.path, "expected a caffemodel or a snapshot with the weights, found none")
    }
    let net = try stored(file)
    let arrays = net.layers.flatMap { layer in
      zip(layer.blobNumbers ?? Array(layer.blobs.indices), layer.blobs).map { number, blob in
        (name: "\(layer.name)/blobs[\(number)]", tensor: blob.tensor)
      }
    }
    return StoredArrays(arrays: arrays, notes: net.notes)
  }

  /// Whether the only file is a snapshot, which names layers but does not say what they do.
  public func haveWeightsOnly(_ files: [InputFile]) -> Bool {
    files.allSatisfy { CaffeFileKind($0.bytes) == .hdf5 }
  }
}
