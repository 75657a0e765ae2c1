public import Files
public import ModelGraph
public import TensorCore

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

/// What the user can say about how a file is to be read.
public struct ReadingOptions: Sendable {
  /// Which Caffe wrote a Caffe model; they differ in batch normalization's tensors.
  public enum CaffeDialect: String, Sendable, CaseIterable {
    /// As the files say.
    case auto
    /// Caffe as Berkeley maintains it.
    case bvlc
    /// NVIDIA's fork.
    case nvidia
    /// BVLC's but for field 13 of poolings, which is the `ceil_mode` of a branch and of OpenCV's
    /// schema, where BVLC has `round_mode`.
    case ceilMode = "ceil-mode"
  }

  /// What the last tensor of a BN layer with statistics is, which forks of Caffe have.
  public enum BNStatistic: String, Sendable, CaseIterable {
    /// The variance, as in all of them today.
    case variance
    /// The reciprocal of the standard deviation, as in yjxiong/caffe before it changed; its script
    /// bn_convert_style.py makes the one of the other.
    case inverseDeviation = "inverse-deviation"
  }

  /// Whether the layers of a Caffe definition are those for training or for use.
  public enum CaffePhase: String, Sendable, CaseIterable {
    /// Training.
    case train
    /// Use.
    case test
  }

  /// What a Caffe definition is read for: its rules say which layers belong to it.
  public struct CaffeState: Sendable, Equatable {
    /// Training or use.
    public var phase: CaffePhase
    /// The level; nil: the one the definition names, or 0.
    public var level: Int?
    /// The stages, beside those the definition names.
    public var stages: [String]

    /// A state.
    public init(phase: CaffePhase = .test, level: Int? = nil, stages: [String] = []) {
      self.phase = phase
      self.level = level
      self.stages = stages
    }
  }

  /// Which kernels a Keras model has.
  public enum Kernels: String, Sendable, CaseIterable {
    /// As the files say.
    case auto
    /// Those of TensorFlow: a layer computes a correlation, as the canonical model does.
    case correlation
    /// Those of Theano: a layer computes a convolution.
    case convolution
  }

  /// What the last tensor of batch normalization is in a model of Keras 1, `running_std`.
  public enum RunningDeviation: String, Sendable, CaseIterable {
    /// As the version says that wrote the file: the deviation up to 1.0.6.
    case auto
    /// The variance.
    case variance
    /// The standard deviation.
    case deviation
  }

  /// What is assumed about a ResNet whose definition is inferred from its weights; nil: as in the
  /// program that used such files.
  public struct Assumptions: Sendable {
    /// Which convolution of a bottleneck has the stride of its stage.
    public enum Stride: String, Sendable, CaseIterable {
      /// The first, of 1 × 1 (Caffe, Keras).
      case first
      /// The one of 3 × 3 (PyTorch).
      case middle
    }

    /// Which convolution of a bottleneck has the stride of its stage.
    public var stride: Stride?
    /// What batch normalization adds to the variance.
    public var epsilon: Double?
    /// Whether there are zeros around the image before the pooling of the stem.
    public var padsPooling: Bool?

    /// Assumptions.
    public init(stride: Stride? = nil, epsilon: Double? = nil, padsPooling: Bool? = nil) {
      self.stride = stride
      self.epsilon = epsilon
      self.padsPooling = padsPooling
    }
  }

  /// The shape of the input, where the definition does not give one or another is wanted.
  public var inputShape: Shape?
  /// The names of fields unknown to Caffe's schema that are left out although they may change the
  /// result.
  public var ignoredFields: [String]
  /// Whether tensors of a caffemodel that belong to no layer of the definition are left out.
  public var ignoresExtraWeights: Bool
  /// What a Caffe definition is read for.
  public var caffeState: CaffeState
  /// Which Caffe wrote a Caffe model.
  public var caffeDialect: CaffeDialect
  /// What the last tensor of a Caffe model's BN layers is.
  public var bnStatistic: BNStatistic
  /// Whether a Caffe model was trained on MATLAB's column-major images, so that its kernels have
  /// rows and columns exchanged.
  public var hasColumnMajorKernels: Bool
  /// Which kernels a Keras model has.
  public var kernels: Kernels
  /// What the last tensor of batch normalization is in a model of Keras 1.
  public var runningDeviation: RunningDeviation
  /// What is assumed about a ResNet whose definition is inferred from its weights.
  public var assumptions: Assumptions

  /// Options.
  public init(
    inputShape: Shape? = nil, ignoredFields: [String] = [], ignoresExtraWeights: Bool = false,
    caffeState: CaffeState = CaffeState(), caffeDialect: CaffeDialect = .auto,
    bnStatistic: BNStatistic = .variance, hasColumnMajorKernels: Bool = false,
    kernels: Kernels = .auto, runningDeviation: RunningDeviation = .auto,
    assumptions: Assumptions = Assumptions()
  ) {
    self.inputShape = inputShape
    self.ignoredFields = ignoredFields
    self.ignoresExtraWeights = ignoresExtraWeights
    self.caffeState = caffeState
    self.caffeDialect = caffeDialect
    self.bnStatistic = bnStatistic
    self.hasColumnMajorKernels = hasColumnMajorKernels
    self.kernels = kernels
    self.runningDeviation = runningDeviation
    self.assumptions = assumptions
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
  func readModel(from files: [InputFile], options: ReadingOptions) throws(FormatError) -> Model

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

  /// Which tensor of its files became which weight of a model that this format has read.
  func ledger(of model: Model, in files: [InputFile]) -> Ledger

  /// Every tensor of a model in its files, as the sources of a ledger.
  ///
  /// - Throws: `FormatError` naming file and place.
  func tensors(
    in files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> [Ledger.Entry]

  /// The tensors of a model's files that no layer of it has.
  ///
  /// - Throws: `FormatError` naming file and place.
  func leftOutTensors(
    in files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> [Ledger.LeftOut]

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

  /// The ledger that the reader kept.
  public func ledger(of model: Model, in files: [InputFile]) -> Ledger { model.provenance.ledger }

  /// None: a file of the format is a whole model.
  public func readDefinition(
    from files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ModelDefinition? { nil }

  /// The weights of the model.
  public func storedArrays(in files: [InputFile]) throws(FormatError) -> StoredArrays {
    let model = try readModel(from: files, options: ReadingOptions())
    return StoredArrays(arrays: model.network.weights, notes: [])
  }

  /// No: a file of the format is a whole model.
  public func haveWeightsOnly(_ files: [InputFile]) -> Bool { false }

  /// What the reader uses of the files.
  public func tensors(
    in files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> [Ledger.Entry] {
    ledger(of: try readModel(from: files, options: options), in: files).entries
  }

  /// None: this format's models have all tensors of their files.
  public func leftOutTensors(
    in files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> [Ledger.LeftOut] { [] }
}
