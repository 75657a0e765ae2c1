public import Files
internal import ForeignFiles
internal import HDF5
internal import JSON
internal import ModelGraph
public import ModelIO
internal import TensorCore

/// Keras' models of every version: HDF5 files with or without their definition, definitions in JSON
/// beside them, and archives (`.keras`).
public struct KerasFormat: ModelFormat {
  /// The format.
  public init() {}

  /// `keras`.
  public var name: String { "keras" }

  /// Whether a file is an HDF5 file of Keras, a definition in JSON or an archive; an HDF5 file that
  /// nobody else claims may be one.
  public func recognize(_ file: InputFile) -> Recognition { KerasFile.recognize(file) }

  /// An archive and an HDF5 file with a definition are whole models.
  public func role(of file: InputFile) -> FileRole {
    switch KerasFile(file.bytes) {
    case .archive: .model
    case .json: .definition
    case .hdf5:
      (try? HDF5File.attributeNames(inRootOf: file).contains("model_config")) == true
        ? .model : .weights
    case .shardIndex, .other: .companion
    }
  }

  /// Reads a model from its files, told apart by their contents: an archive, or an HDF5 file and, if
  /// that holds weights only, the definition in JSON.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func readModel(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ReadModel {
    try readModel(from: try KerasSource(sorting: files), options: options)
  }

  /// The shards that an index names.
  ///
  /// - Throws: `FormatError` for one that is missing.
  public func companions(of files: [InputFile]) throws(FormatError) -> [InputFile] {
    try KerasSource.shards(besides: files)
  }
}

/// The files that together make one model of Keras.
public struct KerasSource: Sendable {
  /// The layers, in JSON; without it the definition in the file with the weights counts.
  public var definition: InputFile?
  /// The weights, in HDF5, or an archive of both.
  public var weights: InputFile?
  /// The files that the weights were cut into, where those are an index of such files; the ones that
  /// are not given are opened beside it.
  public var shards: [InputFile] = []

  /// The files by their parts.
  public init(
    definition: InputFile? = nil, weights: InputFile? = nil, shards: [InputFile] = []
  ) {
    self.definition = definition
    self.weights = weights
    self.shards = shards
  }

  /// The files by their contents.
  ///
  /// - Throws: `FormatError` for a file that is none of these and for two of one kind.
  public init(sorting files: [InputFile]) throws(FormatError) {
    self.init()
    let kinds = files.map { KerasFile($0.bytes) }
    let hasIndex = kinds.contains(.shardIndex)
    for (file, kind) in zip(files, kinds) {
      let part: WritableKeyPath<KerasSource, InputFile?>
      if ForeignFile(file.bytes) != nil || kind == .json && KerasFile.recognize(file) == .no {
        throw Self.refusal(of: file)
      }
      switch kind {
      case .json: part = \.definition
      case .hdf5 where hasIndex:
        shards.append(file)
        continue
      case .hdf5, .archive, .shardIndex: part = \.weights
      case .other:
        throw Self.refusal(of: file)
      }
      if let other = self[keyPath: part] {
        throw FormatError(
          file: file.path,
          "expected one file of each kind, found this one beside \(other.path)"
            + (kind == .hdf5 ? "; name the index of shards, too (.weights.json)" : ""))
      }
      self[keyPath: part] = file
    }
  }

  /// The shards that an index among files names and that are not among them: they are read as well.
  ///
  /// - Throws: `FormatError` for one that is missing, and for an index that names no files.
  public static func shards(besides files: [InputFile]) throws(FormatError) -> [InputFile] {
    var shards: [InputFile] = []
    for file in files where KerasFile(file.bytes) == .shardIndex {
      let index = try inFile(file) { () throws(FormatError) in try ShardIndex(file.bytes) }
      let names = Set(files.map(\.name))
      for name in index.fileNames where !names.contains(name) {
        shards.append(try index.shard(name, of: file, among: []))
      }
    }
    return shards
  }

  private static func refusal(of file: InputFile) -> FormatError {
    ForeignFile(describing: file.bytes).refusal(
      of: file, expected: "weights in HDF5, a definition in JSON or an archive of Keras")
  }

  /// The files that are there.
  public var files: [InputFile] { [definition, weights].compactMap { $0 } + shards }
}
