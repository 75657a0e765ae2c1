public import ModelIO
public import TensorCore

/// What the files of a Keras model do not say.
public struct KerasOptions: ReadingChoice {
  /// `models of Keras`.
  public static var models: String { "models of Keras" }

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

  /// Which kernels the model has.
  public var kernels: Kernels
  /// What the last tensor of batch normalization is in a model of Keras 1.
  public var runningDeviation: RunningDeviation

  /// As the files say.
  public init() { self.init(kernels: .auto) }

  /// Options.
  public init(kernels: Kernels = .auto, runningDeviation: RunningDeviation = .auto) {
    self.kernels = kernels
    self.runningDeviation = runningDeviation
  }
}

/// What is assumed about a ResNet whose definition is recovered from its weights; nil: as in the
/// program that used such files.
public struct KerasAssumptions: ReadingChoice {
  /// `weights of Keras without a definition`.
  public static var models: String { "weights of Keras without a definition" }

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

  /// None.
  public init() { self.init(stride: nil) }

  /// Assumptions.
  public init(stride: Stride? = nil, epsilon: Double? = nil, padsPooling: Bool? = nil) {
    self.stride = stride
    self.epsilon = epsilon
    self.padsPooling = padsPooling
  }
}

extension ReadingOptions {
  /// What is said for models of Keras.
  public var keras: KerasOptions {
    get { self[KerasOptions.self] }
    set { self[KerasOptions.self] = newValue }
  }

  /// What is assumed about weights of Keras without a definition.
  public var assumptions: KerasAssumptions {
    get { self[KerasAssumptions.self] }
    set { self[KerasAssumptions.self] = newValue }
  }

  /// Options for models of Keras.
  public init(inputShape: Shape? = nil, keras: KerasOptions) {
    self.init(inputShape: inputShape)
    self.keras = keras
  }

  /// Assumptions about weights of Keras.
  public init(inputShape: Shape? = nil, assumptions: KerasAssumptions) {
    self.init(inputShape: inputShape)
    self.assumptions = assumptions
  }
}
