public import Files
internal import ModelGraph
public import ModelIO
internal import Protobuf
internal import TensorCore

/// Caffe's definitions (prototxt) and weights (caffemodel or a snapshot in HDF5), with `layer` or the
/// older `layers`.
public struct CaffeFormat: ModelFormat {
  /// The format.
  public init() {}

  /// `caffe`.
  public var name: String { "caffe" }

  /// Whether a file is a definition, a caffemodel, a snapshot or a mean image; any text may be a
  /// list of labels.
  public func recognize(_ file: InputFile) -> Recognition {
    switch CaffeFileKind(file.bytes) {
    case .definition, .solver, .weights, .mean: .certain
    case .text: .plausible
    case .hdf5: CaffeNet.recognizeSnapshot(file)
    case .empty, .foreign, .other: .no
    }
  }

  /// A definition, weights, or what lies beside them.
  public func role(of file: InputFile) -> FileRole {
    switch CaffeFileKind(file.bytes) {
    case .definition: .definition
    case .weights, .hdf5: .weights
    case .mean, .solver, .text, .empty, .foreign, .other: .companion
    }
  }

  /// Reads a model from its files, told apart by their contents: at most one definition, one
  /// caffemodel or snapshot, one mean image and one list of labels.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func readModel(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ReadModel {
    try readModel(from: try CaffeSource(sorting: files), options: options)
  }
}

/// The files that together make one model of Caffe.
public struct CaffeSource: Sendable {
  /// The layers in text; without it the definition in the caffemodel counts.
  public var definition: InputFile?
  /// The caffemodel, or the weights alone as a snapshot in HDF5; may be missing if no layer has
  /// weights.
  public var weights: InputFile?
  /// The mean image.
  public var mean: InputFile?
  /// The names of the classes, one a line.
  public var labels: InputFile?

  /// The files by their parts.
  public init(
    definition: InputFile? = nil, weights: InputFile? = nil, mean: InputFile? = nil,
    labels: InputFile? = nil
  ) {
    self.definition = definition
    self.weights = weights
    self.mean = mean
    self.labels = labels
  }

  /// The files by their contents.
  ///
  /// - Throws: `FormatError` for a file that is none of these and for two of one kind.
  public init(sorting files: [InputFile]) throws(FormatError) {
    self.init()
    for file in files {
      let kind = CaffeFileKind(file.bytes)
      let part: WritableKeyPath<CaffeSource, InputFile?>
      switch kind {
      case .definition: part = \.definition
      case .weights, .hdf5: part = \.weights
      case .mean: part = \.mean
      case .text: part = \.labels
      case .solver, .empty, .foreign, .other:
        throw FormatError(
          file: file.path,
          at: nil,
          "expected a definition, a caffemodel, a mean image or labels, found \(CaffeFileKind.description(of: file))"
        )
      }
      if let other = self[keyPath: part] {
        throw FormatError(
          file: file.path, at: nil,
          "expected one file of each kind, found \(kind.description) beside \(other.path)")
      }
      self[keyPath: part] = file
    }
  }

  /// The files that are there.
  public var files: [InputFile] { [definition, weights, mean, labels].compactMap { $0 } }
}
