public import ModelIO
public import TensorCore

/// What the files of a Caffe model do not say.
public struct CaffeOptions: ReadingChoice {
  /// `models of Caffe`.
  public static var models: String { "models of Caffe" }

  /// Which Caffe wrote a Caffe model; they differ in batch normalization's tensors.
  public enum Dialect: String, Sendable, CaseIterable {
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
  public enum Phase: String, Sendable, CaseIterable {
    /// Training.
    case train
    /// Use.
    case test
  }

  /// What a Caffe definition is read for: its rules say which layers belong to it.
  public struct State: Sendable, Equatable {
    /// Training or use.
    public var phase: Phase
    /// The level; nil: the one the definition names, or 0.
    public var level: Int?
    /// The stages, beside those the definition names.
    public var stages: [String]

    /// A state.
    public init(phase: Phase = .test, level: Int? = nil, stages: [String] = []) {
      self.phase = phase
      self.level = level
      self.stages = stages
    }
  }

  /// The names of fields unknown to Caffe's schema that are left out although they may change the
  /// result.
  public var ignoredFields: [String]
  /// Whether tensors of a caffemodel that belong to no layer of the definition are left out.
  public var ignoresExtraWeights: Bool
  /// What a definition is read for.
  public var state: State
  /// Which Caffe wrote the model.
  public var dialect: Dialect
  /// What the last tensor of BN layers is.
  public var bnStatistic: BNStatistic
  /// Whether the model was trained on MATLAB's column-major images, so that its kernels have rows and
  /// columns exchanged.
  public var hasColumnMajorKernels: Bool

  /// As the files say.
  public init() { self.init(ignoredFields: []) }

  /// Options.
  public init(
    ignoredFields: [String] = [], ignoresExtraWeights: Bool = false, state: State = State(),
    dialect: Dialect = .auto, bnStatistic: BNStatistic = .variance,
    hasColumnMajorKernels: Bool = false
  ) {
    self.ignoredFields = ignoredFields
    self.ignoresExtraWeights = ignoresExtraWeights
    self.state = state
    self.dialect = dialect
    self.bnStatistic = bnStatistic
    self.hasColumnMajorKernels = hasColumnMajorKernels
  }
}

extension ReadingOptions {
  /// What is said for models of Caffe.
  public var caffe: CaffeOptions {
    get { self[CaffeOptions.self] }
    set { self[CaffeOptions.self] = newValue }
  }

  /// Options for models of Caffe.
  public init(inputShape: Shape? = nil, caffe: CaffeOptions) {
    self.init(inputShape: inputShape)
    self.caffe = caffe
  }
}
