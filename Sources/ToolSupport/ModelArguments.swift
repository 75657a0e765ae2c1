public import ArgumentParser
public import ResNetKit

/// Reads what the user names as a model.
public enum ModelArgument {
  /// The help of a positional argument that names a model.
  public static let help =
    "A model: one file, or the files of one model joined by commas (net.prototxt,net.caffemodel)."

  /// Opens the files of one argument: a path, or paths joined by commas.
  public static func open(_ argument: String) throws(FormatError) -> [InputFile] {
    // A path that exists may contain commas.
    do {
      return [try InputFile(path: argument)]
    } catch {
      let parts = argument.split(separator: ",").map(String.init)
      guard parts.count > 1 else { throw error }
      var files: [InputFile] = []
      for part in parts { files.append(try InputFile(path: part)) }
      return files
    }
  }

  /// Reads a model from files, whose contents say what format they are.
  ///
  /// - Throws: `FormatError` for files that no format knows or that do not belong together.
  public static func read(
    _ files: [InputFile], options: ReadingOptions = ReadingOptions()
  ) throws(FormatError) -> Model {
    Progress.say("reading \(files.map(\.name).joined(separator: ", "))")
    defer { Progress.clear() }
    return try ModelFormats.read(files, options: options)
  }
}

/// Options about how a model is read.
public struct ReadingArguments: ParsableArguments {
  @Option(
    name: .customLong("input-shape"),
    help: "Use this input shape, batch first: 1,3,224,224.")
  var inputShape: ShapeArgument?

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
  var phase = ReadingOptions.CaffePhase.test

  @Option(
    help: """
      Which Caffe wrote a Caffe model; auto: as its files say. ceil-mode: BVLC's, but field 13 of a \
      pooling is ceil_mode.
      """)
  var caffeDialect = ReadingOptions.CaffeDialect.auto

  @Option(
    name: .customLong("bn-statistic"),
    help: """
      What the last tensor of BN layers is, which forks of Caffe have: old files of yjxiong's hold \
      1/deviation.
      """)
  var bnStatistic = ReadingOptions.BNStatistic.variance

  @Flag(
    name: .customLong("column-major-kernels"),
    help: """
      Exchange rows and columns of a Caffe model's kernels: it was trained in MATLAB on images \
      whose width comes before their height.
      """)
  var hasColumnMajorKernels = false

  @Option(
    help: """
      Which kernels a Keras model has, where its file does not say: those of TensorFlow \
      (correlation) or of Theano (convolution).
      """)
  var kernels = ReadingOptions.Kernels.auto

  @Option(
    name: .customLong("running-std"),
    help: "What running_std is in a file of Keras 1; auto: as its version says.")
  var runningDeviation = ReadingOptions.RunningDeviation.auto

  @Option(
    help: "For weights without a definition: which convolution of a block has the stride.")
  var stride: ReadingOptions.Assumptions.Stride?

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

  /// The options for a reader.
  public var options: ReadingOptions {
    ReadingOptions(
      inputShape: inputShape?.shape, ignoredFields: ignoredFields,
      ignoresExtraWeights: ignoresExtraWeights,
      caffeState: .init(phase: phase, level: level, stages: stages),
      caffeDialect: caffeDialect, bnStatistic: bnStatistic,
      hasColumnMajorKernels: hasColumnMajorKernels,
      kernels: kernels, runningDeviation: runningDeviation,
      assumptions: .init(
        stride: stride, epsilon: epsilon, padsPooling: poolPadding.map { $0 == .yes }))
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

extension Fixture.Layout: ExpressibleByArgument {}
extension ReadingOptions.CaffeDialect: ExpressibleByArgument {}
extension ReadingOptions.BNStatistic: ExpressibleByArgument {}
extension ReadingOptions.CaffePhase: ExpressibleByArgument {}
extension ReadingOptions.Assumptions.Stride: ExpressibleByArgument {}
extension ReadingOptions.Kernels: ExpressibleByArgument {}
extension ReadingOptions.RunningDeviation: ExpressibleByArgument {}

/// The version of the toolkit.
public let toolkitVersion = "0.1.0"
