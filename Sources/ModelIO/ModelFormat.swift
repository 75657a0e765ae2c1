public import Files
public import ModelGraph

/// How sure a format is that a file is its own, from the contents alone.
public enum Recognition: Int, Sendable, Comparable {
  /// Not a file of this format.
  case no
  /// May be one; nothing contradicts it.
  case plausible
  /// Carries the format's signature.
  case certain

  /// By certainty.
  public static func < (left: Recognition, right: Recognition) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// One file format whose models are read into the canonical model and written from it.
public protocol ModelFormat: Sendable {
  /// The format's name in messages: `caffe`.
  var name: String { get }

  /// What its models are models of, in messages: `Caffe`.
  var title: String { get }

  /// Whether a file looks like one of this format, from its contents.
  func recognize(_ file: InputFile) -> Recognition

  /// What a file of this format is to its model, from its contents.
  func role(of file: InputFile) -> FileRole

  /// Reads a model from the files that together make it.
  ///
  /// - Throws: `FormatError` naming file and place.
  func readModel(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ReadModel

  /// Reads the definition of a model whose weights are not among the files; nil if the files are
  /// to be read as a whole model.
  ///
  /// - Throws: `FormatError` naming file and place.
  func readDefinition(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ModelDefinition?

  /// Every tensor in the files, whether or not its layer can be read.
  ///
  /// - Throws: `FormatError` naming file and place.
  func storedArrays(in files: [InputFile]) throws(FormatError) -> StoredArrays

  /// Whether the files hold weights and do not say what is done with them.
  func haveWeightsOnly(_ files: [InputFile]) -> Bool

  /// Files that those of a model name and that are read with them: shards, external data.
  ///
  /// - Throws: `FormatError` for one that is missing or must not be read.
  func companions(of files: [InputFile]) throws(FormatError) -> [InputFile]

  /// Where the tensors of a model lie in its files, whether or not its layers can be read.
  ///
  /// - Throws: `FormatError` naming file and place.
  func storedTensors(in files: [InputFile]) throws(FormatError) -> [StoredTensor]

  /// What files to write are called, in messages: `NET.prototxt and NET.caffemodel, or FOLDER/`.
  var outputNaming: String { get }

  /// The kinds of files it writes: what is behind the last point of their names.
  var outputKinds: Set<String> { get }

  /// Whether it writes all files of a model to a folder, if one is named.
  var writesFolders: Bool { get }

  /// Which file of a model an output is: two of one part cannot be one model.
  func part(of output: OutputPath) -> String

  /// Refuses outputs of this format, each another part, that do not make one model.
  ///
  /// - Throws: `FormatError` of kind `usage` that says what to name instead.
  func requireModel(of outputs: [OutputPath]) throws(FormatError)

  /// The files of one model, opened.
  ///
  /// - Parameters:
  ///   - outputs: what `requireModel` accepts.
  ///   - stem: the name of files in a folder.
  ///   - options: how the files are written.
  ///   - open: checks that a file may be written.
  /// - Throws: what `open` throws, and `FormatError` of kind `usage` for options that do not fit.
  func destination(
    _ outputs: [OutputPath], stem: String, options: WritingOptions,
    open: @escaping (String) throws(FormatError) -> OutputFile
  ) throws(FormatError) -> any ModelDestination
}

extension ModelFormat {
  /// No: each file has its own name.
  public var writesFolders: Bool { false }

  /// Any file of the format is a model.
  public func requireModel(of outputs: [OutputPath]) throws(FormatError) {}

  /// The kind of the file.
  public func part(of output: OutputPath) -> String { output.kind }

  /// A format of one file.
  public func role(of file: InputFile) -> FileRole { .model }

  /// None: a model's files name no others.
  public func companions(of files: [InputFile]) throws(FormatError) -> [InputFile] { [] }

  /// None: a file of the format is a whole model.
  public func readDefinition(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ModelDefinition? { nil }

  /// The weights of the model.
  public func storedArrays(in files: [InputFile]) throws(FormatError) -> StoredArrays {
    let read = try readModel(from: files, options: ReadingOptions())
    return StoredArrays(arrays: read.model.network.weights, notes: [])
  }

  /// No: a file of the format is a whole model.
  public func haveWeightsOnly(_ files: [InputFile]) -> Bool { false }

  /// What the reader uses of the files.
  public func storedTensors(in files: [InputFile]) throws(FormatError) -> [StoredTensor] {
    try readModel(from: files, options: ReadingOptions()).ledger.entries.map(\.source)
  }
}
