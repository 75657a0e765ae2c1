public import TensorCore

/// One operation of a network with its weights.
///
/// Everything is explicit: no default of a source framework survives its reader. Activations are
/// `[batch, channels, height, width]`; batch normalization stays unfolded, as it was trained.
public enum Layer: Sendable {
  /// A value the caller provides.
  case input(Input)
  /// Cross-correlation with a bank of kernels.
  case convolution(Convolution)
  /// Normalization by stored statistics.
  case batchNormalization(BatchNormalization)
  /// Product with a constant or with a second input, and an optional bias.
  case scale(Scale)
  /// Sum with a constant or with a second input, broadcast.
  case bias(Bias)
  /// A function of one number, applied to each element.
  case activation(Activation)
  /// Rectifier with a learned slope.
  case prelu(PReLU)
  /// Maximum or average over windows.
  case pooling(Pooling)
  /// Maximum or average over a whole image.
  case globalPooling(GlobalPooling)
  /// Sum, product, maximum or minimum of inputs, broadcast.
  case elementwise(Elementwise)
  /// Inputs joined along an axis.
  case concatenation(Concatenation)
  /// An input cut into several outputs along an axis.
  case slice(Slice)
  /// Part of the elements along an axis.
  case crop(Crop)
  /// Zeros, or another number, added around an image or to its channels.
  case zeroPadding(ZeroPadding)
  /// Matrix product with the flattened input.
  case fullyConnected(FullyConnected)
  /// Axes merged into one.
  case flatten(Flatten)
  /// The same elements under another shape.
  case reshape(Reshape)
  /// Axes in another order.
  case permutation(Permutation)
  /// `exp(x) / Σ exp(x)` along an axis, or its logarithm.
  case softmax(Softmax)
  /// Division by the energy of a neighbourhood.
  case localResponseNormalization(LocalResponseNormalization)
  /// The input unchanged: a layer that only matters in training.
  case passThrough(PassThrough)
}

extension Layer {
  /// A value that the caller provides.
  public struct Input: Sendable {
    /// The shape the definition names; another batch or image size may be asked for later.
    public var shape: Shape  // [batch, channels, height, width]
    /// Whether the source has lines, `[batch, channels, width]`, which are held as images of one row:
    /// a signal, a text. A writer of a format that knows lines gives them back.
    public var isLine: Bool

    /// An input of that shape.
    public init(shape: Shape, isLine: Bool = false) {
      self.shape = shape
      self.isLine = isLine
    }
  }

  /// `y = exp(x − max) / Σ exp(x − max)` along `axis`, or the logarithm of that.
  public struct Softmax: Sendable {
    /// The axis that sums to 1.
    public var axis: Int
    /// Whether the result is `x − max − ln Σ exp(x − max)`.
    public var isLogarithmic: Bool

    /// A softmax layer.
    public init(axis: Int = 1, isLogarithmic: Bool = false) {
      self.axis = axis
      self.isLogarithmic = isLogarithmic
    }
  }

  /// A layer that does nothing at inference.
  public struct PassThrough: Sendable {
    /// What it does in training.
    public enum Kind: String, Sendable, CaseIterable {
      /// Drops elements at random.
      case dropout
      /// Changes images at random: flips, turns, zooms, noise.
      case augmentation
      /// Hands one value to several readers.
      case split
    }

    /// What it does in training.
    public var kind: Kind
    /// The share of elements that a dropout drops, 0 to 1; nil where the source does not say.
    public var rate: Double?
    /// The layer as its source writes it, for the way back to that format: the type and settings of
    /// an augmentation or of a special dropout, as JSON; nil where kind and rate say all.
    public var definition: String?

    /// A pass-through layer.
    public init(kind: Kind, rate: Double? = nil, definition: String? = nil) {
      self.kind = kind
      self.rate = rate
      self.definition = definition
    }
  }
}
