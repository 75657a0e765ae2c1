/// What a residual network is, in the terms of the papers: all that its layers follow from.
///
/// K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition" (2015, shortcuts A,
/// B and C, plain nets) and "Identity Mappings in Deep Residual Networks" (2016, pre-activation);
/// S. Xie et al. (2017, groups); S. Zagoruyko, N. Komodakis (2016, width).
public struct ResNetDescription: Hashable, Sendable {
  /// What a residual unit computes.
  public enum Unit: String, Sendable, CaseIterable {
    /// Two 3×3 convolutions.
    case basic
    /// 1×1, 3×3 and 1×1 convolutions; the last makes four times the stage's width.
    case bottleneck
  }

  /// Where a unit normalizes and rectifies.
  public enum Activation: String, Sendable, CaseIterable {
    /// Behind each convolution, and ReLU after the addition (2015).
    case after
    /// Before each convolution, and nothing after the addition (2016).
    case before
  }

  /// Which convolution of a bottleneck has the stride of its unit.
  public enum Stride: String, Sendable, CaseIterable {
    /// The first, of 1×1 (v1: Caffe, Keras).
    case first
    /// The one of 3×3 (v1.5: PyTorch).
    case middle
  }

  /// What the shortcuts do, as the first paper names it.
  public enum Shortcut: String, Sendable, CaseIterable {
    /// Free of weights: where shapes change they stride, and channels of zeros are added.
    case a = "A"
    /// Projections where shapes change, identities elsewhere.
    case b = "B"
    /// Every shortcut is a projection.
    case c = "C"
    /// There are none: a plain network.
    case absent
  }

  /// The zeros around an image before a 3×3 convolution.
  public enum Padding: String, Sendable, CaseIterable {
    /// One row or column on each side (Caffe, PyTorch).
    case even
    /// As few as the windows need, and those at the end first (`same` of TensorFlow).
    case same
    /// As many as `even`, in a layer of their own before each convolution (Keras' ResNetV2).
    case layer
  }

  /// The convolutions that have a bias.
  public struct Biases: OptionSet, Hashable, Sendable {
    /// The places, a bit each.
    public let rawValue: Int

    /// The places of bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The first of the network.
    public static let stem = Biases(rawValue: 1)
    /// Those of a residual branch but its last.
    public static let inner = Biases(rawValue: 2)
    /// The last of a residual branch.
    public static let last = Biases(rawValue: 4)
    /// Projections.
    public static let shortcut = Biases(rawValue: 8)
    /// The matrix that makes the classes.
    public static let classes = Biases(rawValue: 16)
    /// Every layer that can have one.
    public static let all: Biases = [.stem, .inner, .last, .shortcut, .classes]
  }

  /// What a unit computes.
  public var unit: Unit
  /// The number of units of each stage.
  public var unitsPerStage: [Int]
  /// The width of each stage: the outputs of a basic unit, a fourth of those of a bottleneck.
  public var widths: [Int]
  /// The groups of the 3×3 convolutions of bottlenecks.
  public var groups = 1
  /// The channels of each group in the first stage; later ones have them in the stages' proportion.
  public var widthPerGroup: Int
  /// Where units normalize and rectify.
  public var activation = Activation.after
  /// Which convolution of a bottleneck strides.
  public var stride = Stride.first
  /// Whether the last unit of a stage strides into the next, as in Keras' ResNetV2; else the first of
  /// the next does.
  public var stridesInLastUnit = false
  /// What the shortcuts do.
  public var shortcut: Shortcut
  /// Whether projections are normalized; they are not in Keras' example for CIFAR and where units are
  /// activated before.
  public var normalizesShortcuts = true
  /// The zeros before the 3×3 convolutions of units.
  public var padding = Padding.even
  /// Whether the shortcut is the first value of an addition.
  public var addsShortcutFirst = true
  /// The first layers.
  public var stem: Stem
  /// The number of classes; nil for a network without its head.
  public var classCount: Int?
  /// The shape of the images.
  public var image: Image
  /// What batch normalization adds to the variance.
  public var epsilon = 1e-5
  /// Whether what batch normalization learns is a layer of its own, as in Caffe.
  public var hasScaleLayers = false
  /// The convolutions that have a bias.
  public var biases: Biases = .classes

  /// A network of units of two or three convolutions, activated after the addition, without biases.
  public init(
    unit: Unit, unitsPerStage: [Int], widths: [Int], shortcut: Shortcut, stem: Stem,
    classCount: Int?, image: Image
  ) {
    precondition(unitsPerStage.count == widths.count, "each stage has units and a width")
    self.unit = unit
    self.unitsPerStage = unitsPerStage
    self.widths = widths
    self.shortcut = shortcut
    self.stem = stem
    self.classCount = classCount
    self.image = image
    widthPerGroup = widths.first ?? 0
  }
}
