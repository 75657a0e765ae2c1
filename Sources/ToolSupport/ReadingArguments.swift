public import ArgumentParser
public import ResNetKit

/// Options about how a model of any format is read.
public struct ReadingArguments: ParsableArguments {
  /// The input shape that was named.
  public var inputShape: Shape? { shape.inputShape?.shape }

  @OptionGroup var shape: InputShapeArguments
  @OptionGroup var hdf5: HDF5Arguments
  @OptionGroup(title: "Options for models of Caffe") var caffe: CaffeReadingArguments
  @OptionGroup(title: "Options for models of Keras") var keras: KerasReadingArguments

  /// For the parser.
  public init() {}

  /// The options for a reader.
  public var options: ReadingOptions {
    var options = ReadingOptions(shape)
    caffe.apply(to: &options)
    keras.apply(to: &options)
    return options
  }

  /// The files, with what their options say about who reads them.
  ///
  /// - Throws: `FormatError` as `ModelFormats.readingByLibrary` does.
  public func prepare(_ files: [InputFile]) throws(FormatError) -> [InputFile] {
    try hdf5.prepare(files)
  }
}

extension ReadingOptions {
  /// What the command line says of models of every format.
  public init(_ shape: InputShapeArguments) {
    self.init(inputShape: shape.inputShape?.shape)
    allowsNonFinite = shape.allowsNonFinite
  }
}

/// Options about how a model of one format is read.
public protocol FormatReadingArguments: ParsableArguments {
  /// Puts what was said among the options of a reader.
  func apply(to options: inout ReadingOptions)
  /// The files, with what was said about who reads them.
  ///
  /// - Throws: `FormatError` for a file that is not read so.
  func prepare(_ files: [InputFile]) throws(FormatError) -> [InputFile]
}

extension FormatReadingArguments {
  /// As they are.
  public func prepare(_ files: [InputFile]) throws(FormatError) -> [InputFile] { files }
}

/// What can be said about models of a format that keeps them in HDF5.
public struct HDF5ReadingArguments<Reading: FormatReadingArguments>: FormatReadingArguments {
  @OptionGroup var hdf5: HDF5Arguments
  @OptionGroup var reading: Reading

  /// For the parser.
  public init() {}

  /// Puts what was said among the options of a reader.
  public func apply(to options: inout ReadingOptions) { reading.apply(to: &options) }

  /// The files, with what was said about who reads them.
  ///
  /// - Throws: `FormatError` as `ModelFormats.readingByLibrary` does.
  public func prepare(_ files: [InputFile]) throws(FormatError) -> [InputFile] {
    try hdf5.prepare(files)
  }
}

/// A format about whose models there is nothing to say.
public struct NoReadingArguments: FormatReadingArguments {
  /// For the parser.
  public init() {}
  /// Nothing.
  public func apply(to options: inout ReadingOptions) {}
}

/// The options about reading that models of every format have.
public struct InputShapeArguments: ParsableArguments {
  @Option(help: "Use this input shape, batch first: 1,3,224,224.")
  var inputShape: ShapeArgument?

  @Flag(
    name: .customLong("allow-nonfinite"),
    help: """
      Read a model whose batch normalization cannot work: statistics that are no finite numbers, or \
      a variance that is not above 0 with epsilon. They are told.
      """)
  var allowsNonFinite = false

  /// For the parser.
  public init() {}
}

/// Options about how a model of Caffe is read.
public struct CaffeReadingArguments: FormatReadingArguments {
  @Option(
    name: .customLong("ignore-unknown-fields"),
    help: ArgumentHelp(
      """
      Leave out a field of a Caffe definition that the schema does not know, although it may change \
      the result; may be repeated. Those that cannot are left out by themselves.
      """, valueName: "name"))
  var ignoredFields: [String] = []

  @Flag(
    name: .customLong("ignore-extra-weights"),
    help: "Leave out tensors of a caffemodel that belong to no layer of the definition.")
  var ignoresExtraWeights = false

  @Option(
    name: .customLong("stage"),
    help: ArgumentHelp(
      "Read a Caffe definition for this stage, as its include rules name it; may be repeated.",
      valueName: "name"))
  var stages: [String] = []

  @Option(help: "Read a Caffe definition for this level of its include rules.")
  var level: Int?

  @Option(help: "Which layers of a Caffe definition are read, those for train or for test.")
  var phase = CaffeOptions.Phase.test

  @Option(
    help: """
      Which Caffe wrote a Caffe model; auto: as its files say. ceil-mode: BVLC's, but field 13 of a \
      pooling is ceil_mode.
      """)
  var caffeDialect = CaffeOptions.Dialect.auto

  @Option(
    name: .customLong("bn-statistic"),
    help: """
      What the last tensor of BN layers is, which forks of Caffe have: old files of yjxiong's hold \
      1/deviation.
      """)
  var bnStatistic = CaffeOptions.BNStatistic.variance

  @Flag(
    name: .customLong("column-major-kernels"),
    help: """
      Exchange rows and columns of a Caffe model's kernels: it was trained in MATLAB on images \
      whose width comes before their height.
      """)
  var hasColumnMajorKernels = false

  /// For the parser.
  public init() {}

  /// Puts what was said among the options of a reader.
  public func apply(to options: inout ReadingOptions) {
    let choice = CaffeOptions(
      ignoredFields: ignoredFields, ignoresExtraWeights: ignoresExtraWeights,
      state: .init(phase: phase, level: level, stages: stages), dialect: caffeDialect,
      bnStatistic: bnStatistic, hasColumnMajorKernels: hasColumnMajorKernels)
    options.set(
      choice,
      named: [
        ("--ignore-unknown-fields", !ignoredFields.isEmpty),
        ("--ignore-extra-weights", ignoresExtraWeights), ("--stage", !stages.isEmpty),
        ("--level", level != nil), ("--phase", phase != .test),
        ("--caffe-dialect", caffeDialect != .auto), ("--bn-statistic", bnStatistic != .variance),
        ("--column-major-kernels", hasColumnMajorKernels),
      ].first(where: \.1)?.0)
  }
}

/// Options about how a model of Keras is read.
public struct KerasReadingArguments: FormatReadingArguments {
  @Option(
    help: """
      Which kernels a Keras model has, where its file does not say: those of TensorFlow \
      (correlation) or of Theano (convolution).
      """)
  var kernels = KerasOptions.Kernels.auto

  @Option(
    name: .customLong("running-std"),
    help: "What running_std is in a file of Keras 1; auto: as its version says.")
  var runningDeviation = KerasOptions.RunningDeviation.auto

  @Option(
    help: "For weights without a definition: which convolution of a block has the stride.")
  var stride: KerasAssumptions.Stride?

  @Option(help: "For weights without a definition: epsilon of batch normalization.")
  var epsilon: Double?

  @Option(
    help: "For weights without a definition: zeros before the pooling of the stem, yes or no.")
  var poolPadding: PoolPadding?

  /// Whether there are zeros around the image before the pooling of the stem.
  enum PoolPadding: String, ExpressibleByArgument, CaseIterable {
    case yes, no
  }

  /// For the parser.
  public init() {}

  /// Puts what was said among the options of a reader.
  public func apply(to options: inout ReadingOptions) {
    options.set(
      KerasOptions(kernels: kernels, runningDeviation: runningDeviation),
      named: kernels != .auto ? "--kernels" : "--running-std")
    let assumptions = KerasAssumptions(
      stride: stride, epsilon: epsilon, padsPooling: poolPadding.map { $0 == .yes })
    options.set(
      assumptions,
      named: [
        ("--stride", stride != nil), ("--epsilon", epsilon != nil),
        ("--pool-padding", poolPadding != nil),
      ].first(where: \.1)?.0)
  }
}

/// A shape on the command line: `1,3,224,224`.
public struct ShapeArgument: ExpressibleByArgument, Sendable {
  /// The shape.
  public let shape: Shape

  /// A shape of one to eight positive extents.
  public init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let extents = parts.compactMap { $0 }
    guard extents.count == parts.count, extents.count <= 8, extents.allSatisfy({ $0 > 0 }),
      let shape = Shape(checking: extents)
    else { return nil }
    self.shape = shape
  }
}

extension ArrayLayout: ExpressibleByArgument {}
extension CaffeOptions.Dialect: ExpressibleByArgument {}
extension CaffeOptions.BNStatistic: ExpressibleByArgument {}
extension CaffeOptions.Phase: ExpressibleByArgument {}
extension KerasAssumptions.Stride: ExpressibleByArgument {}
extension KerasOptions.Kernels: ExpressibleByArgument {}
extension KerasOptions.RunningDeviation: ExpressibleByArgument {}
