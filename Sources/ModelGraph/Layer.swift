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
  /// Rectifier, optionally leaky or capped.
  case relu(ReLU)
  /// Rectifier with a learned slope.
  case prelu(PReLU)
  /// Exponential linear unit.
  case elu(ELU)
  /// `1 / (1 + exp(-x))`.
  case sigmoid
  /// Hyperbolic tangent.
  case tanh
  /// `(shift + scale · x) ^ power`.
  case power(Power)
  /// Maximum or average over windows.
  case pooling(Pooling)
  /// Maximum or average over a whole image.
  case globalPooling(GlobalPooling)
  /// Sum, product or maximum of inputs of one shape.
  case elementwise(Elementwise)
  /// Inputs joined along an axis.
  case concatenation(Concatenation)
  /// An input cut into several outputs along an axis.
  case slice(Slice)
  /// Zeros added around an image or to its channels.
  case zeroPadding(ZeroPadding)
  /// Matrix product with the flattened input.
  case fullyConnected(FullyConnected)
  /// Axes merged into one.
  case flatten(Flatten)
  /// The same elements under another shape.
  case reshape(Reshape)
  /// `exp(x) / Σ exp(x)` along an axis.
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

    /// An input of that shape.
    public init(shape: Shape) { self.shape = shape }
  }

  /// `y[o, i, j] = b[o] + Σ x[c, i·stride + k·dilation − pad, …] · w[o, c, k, l]`, per group.
  public struct Convolution: Sendable {
    /// The kernels.
    public var kernel: Tensor  // [outputChannels, inputChannels / groups, height, width]
    /// Added to every pixel of a channel.
    public var bias: Tensor?  // [outputChannels]
    /// Distance between windows.
    public var stride: Extent
    /// Zeros around the input.
    public var padding: Padding
    /// Distance between the taps of a kernel.
    public var dilation: Extent
    /// Input and output channels are split into this many independent parts.
    public var groups: Int

    /// A convolution.
    public init(
      kernel: Tensor, bias: Tensor? = nil, stride: Extent = Extent(1), padding: Padding = .none,
      dilation: Extent = Extent(1), groups: Int = 1
    ) {
      self.kernel = kernel
      self.bias = bias
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
      self.groups = groups
    }
  }

  /// `y = (x − mean) / sqrt(variance + epsilon) · gamma + beta`, per channel (axis 1).
  public struct BatchNormalization: Sendable {
    /// The mean of each channel, times `factor`.
    public var mean: Tensor  // [channels]
    /// The variance of each channel, times `factor`.
    public var variance: Tensor  // [channels]
    /// What Caffe's running sums are to be divided by; kept raw. Absent: 1. Zero: statistics are 0.
    public var factor: Tensor?  // [1]
    /// Learned scale.
    public var gamma: Tensor?  // [channels]
    /// Learned offset.
    public var beta: Tensor?  // [channels]
    /// Added to the variance.
    public var epsilon: Double

    /// A batch normalization.
    public init(
      mean: Tensor, variance: Tensor, factor: Tensor? = nil, gamma: Tensor? = nil,
      beta: Tensor? = nil, epsilon: Double
    ) {
      self.mean = mean
      self.variance = variance
      self.factor = factor
      self.gamma = gamma
      self.beta = beta
      self.epsilon = epsilon
    }
  }

  /// `y = x · scale + bias`, the operands broadcast from `axis` on.
  public struct Scale: Sendable {
    /// The factor; nil: the layer's second input is the factor.
    public var scale: Tensor?  // the extents of x from `axis` on, or a prefix of them
    /// The addend, of the factor's shape.
    public var bias: Tensor?
    /// The axis of `x` that the first axis of the operands lines up with.
    public var axis: Int

    /// A scale layer.
    public init(scale: Tensor?, bias: Tensor? = nil, axis: Int = 1) {
      self.scale = scale
      self.bias = bias
      self.axis = axis
    }
  }

  /// `y = x + bias`, the bias broadcast from `axis` on.
  public struct Bias: Sendable {
    /// The addend; nil: the layer's second input is the addend.
    public var bias: Tensor?  // the extents of x from `axis` on, or a prefix of them
    /// The axis of `x` that the first axis of the bias lines up with.
    public var axis: Int

    /// A bias layer.
    public init(bias: Tensor?, axis: Int = 1) {
      self.bias = bias
      self.axis = axis
    }
  }

  /// `y = min(max(x, 0) + negativeSlope · min(x, 0), maximum)`.
  public struct ReLU: Sendable {
    /// The slope left of zero: 0 for the plain rectifier.
    public var negativeSlope: Double
    /// The cap, 6 for ReLU6; nil for none.
    public var maximum: Double?

    /// A rectifier.
    public init(negativeSlope: Double = 0, maximum: Double? = nil) {
      self.negativeSlope = negativeSlope
      self.maximum = maximum
    }
  }

  /// `y = max(x, 0) + slope[c] · min(x, 0)`.
  public struct PReLU: Sendable {
    /// The slope left of zero.
    public var slope: Tensor  // [channels], or [1] for one slope that all channels share

    /// A rectifier with learned slopes.
    public init(slope: Tensor) { self.slope = slope }
  }

  /// `y = x` for positive `x`, else `alpha · (exp(x) − 1)`.
  public struct ELU: Sendable {
    /// Minus the limit at −∞.
    public var alpha: Double

    /// An exponential linear unit.
    public init(alpha: Double = 1) { self.alpha = alpha }
  }

  /// `y = (shift + scale · x) ^ power`.
  public struct Power: Sendable {
    /// The exponent.
    public var power: Double
    /// The factor of `x`.
    public var scale: Double
    /// The addend.
    public var shift: Double

    /// A power layer.
    public init(power: Double = 1, scale: Double = 1, shift: Double = 0) {
      self.power = power
      self.scale = scale
      self.shift = shift
    }
  }

  /// What is computed of a window.
  public enum PoolingKind: String, Sendable, CaseIterable {
    /// The largest element inside the image; padding never wins.
    case maximum
    /// The mean of the elements; the padding counts as zeros.
    case average
  }

  /// The windows whose number `rounding` gives, after the clip rule.
  public struct Pooling: Sendable {
    /// By what the elements of an average's window are divided.
    public enum Divisor: String, Sendable, CaseIterable {
      /// The part of the window inside the padded image (Caffe, PyTorch).
      case paddedWindow
      /// The part of the window inside the image (Keras `same`, ONNX by default).
      case imageWindow
    }

    /// Maximum or average.
    public var kind: PoolingKind
    /// The window.
    public var kernel: Extent
    /// Distance between windows.
    public var stride: Extent
    /// Rows and columns around the image.
    public var padding: Padding
    /// Whether a last window that overhangs the padded image counts.
    public var rounding: Rounding
    /// Drops a last window that begins past the image and its leading padding (Caffe, PyTorch).
    public var clipsLastWindow: Bool
    /// The divisor of an average.
    public var divisor: Divisor

    /// A pooling layer.
    public init(
      kind: PoolingKind, kernel: Extent, stride: Extent, padding: Padding = .none,
      rounding: Rounding = .floor, clipsLastWindow: Bool = false, divisor: Divisor = .paddedWindow
    ) {
      self.kind = kind
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.rounding = rounding
      self.clipsLastWindow = clipsLastWindow
      self.divisor = divisor
    }
  }

  /// One number for each channel: the result is `[batch, channels, 1, 1]`.
  public struct GlobalPooling: Sendable {
    /// Maximum or average.
    public var kind: PoolingKind

    /// A pooling layer over the whole image.
    public init(kind: PoolingKind) { self.kind = kind }
  }

  /// Inputs of one shape combined element by element.
  public struct Elementwise: Sendable {
    /// How elements are combined.
    public enum Operation: String, Sendable, CaseIterable {
      /// `Σ coefficient[i] · x[i]`.
      case sum
      /// `Π x[i]`.
      case product
      /// `max x[i]`.
      case maximum
    }

    /// How elements are combined.
    public var operation: Operation
    /// The factors of a sum, one for each input; empty: all are 1.
    public var coefficients: [Double]

    /// An element-wise layer.
    public init(operation: Operation, coefficients: [Double] = []) {
      self.operation = operation
      self.coefficients = coefficients
    }
  }

  /// Inputs joined along `axis`, in their order.
  public struct Concatenation: Sendable {
    /// The axis whose extents add up.
    public var axis: Int

    /// A concatenation.
    public init(axis: Int = 1) { self.axis = axis }
  }

  /// An input cut before each of `points` along `axis`: one output more than points.
  public struct Slice: Sendable {
    /// The axis that is cut.
    public var axis: Int
    /// Where each output but the first begins; nil: as many equal parts as outputs.
    public var points: [Int]?

    /// A slice layer.
    public init(axis: Int = 1, points: [Int]?) {
      self.axis = axis
      self.points = points
    }
  }

  /// Zeros around an image, and before and after its channels (shortcut option A).
  public struct ZeroPadding: Sendable {
    /// Rows and columns of zeros.
    public var spatial: Padding
    /// Channels of zeros before the first.
    public var channelsBefore: Int
    /// Channels of zeros after the last.
    public var channelsAfter: Int

    /// A padding layer.
    public init(spatial: Padding = .none, channelsBefore: Int = 0, channelsAfter: Int = 0) {
      self.spatial = spatial
      self.channelsBefore = channelsBefore
      self.channelsAfter = channelsAfter
    }
  }

  /// `y[o] = b[o] + Σ x[i] · w[o, i]` over the axes from `axis` on, flattened row-major.
  public struct FullyConnected: Sendable {
    /// The matrix.
    public var kernel: Tensor  // [outputs, inputs]
    /// The addend.
    public var bias: Tensor?  // [outputs]
    /// The first axis that is flattened; those before it stay.
    public var axis: Int

    /// A fully connected layer.
    public init(kernel: Tensor, bias: Tensor? = nil, axis: Int = 1) {
      self.kernel = kernel
      self.bias = bias
      self.axis = axis
    }
  }

  /// The axes `axis...endAxis` merged into one.
  public struct Flatten: Sendable {
    /// The first axis merged.
    public var axis: Int
    /// The last axis merged; −1 is the last of all.
    public var endAxis: Int

    /// A flatten layer.
    public init(axis: Int = 1, endAxis: Int = -1) {
      self.axis = axis
      self.endAxis = endAxis
    }
  }

  /// The axes from `axis` on, `axisCount` of them, replaced by `extents`.
  public struct Reshape: Sendable {
    /// The new extents: 0 copies the extent at its place, −1 (at most one) takes what remains.
    public var extents: [Int]
    /// The first axis replaced.
    public var axis: Int
    /// How many axes are replaced; nil: all that follow.
    public var axisCount: Int?

    /// A reshape layer.
    public init(extents: [Int], axis: Int = 0, axisCount: Int? = nil) {
      self.extents = extents
      self.axis = axis
      self.axisCount = axisCount
    }
  }

  /// `y = exp(x − max) / Σ exp(x − max)` along `axis`.
  public struct Softmax: Sendable {
    /// The axis that sums to 1.
    public var axis: Int

    /// A softmax layer.
    public init(axis: Int = 1) { self.axis = axis }
  }

  /// `y = x / (k + alpha / n · Σ x²) ^ beta` over a neighbourhood of `n` elements.
  public struct LocalResponseNormalization: Sendable {
    /// Where the neighbourhood lies.
    public enum Region: String, Sendable, CaseIterable {
      /// `size` channels at the same pixel; zeros beyond the first and the last.
      case acrossChannels
      /// `size × size` pixels of the same channel; `n` is the part inside the padded image, `k` is 1.
      case withinChannel
    }

    /// Where the neighbourhood lies.
    public var region: Region
    /// Its side; odd.
    public var size: Int
    /// The weight of the mean square.
    public var alpha: Double
    /// The exponent.
    public var beta: Double
    /// The constant.
    public var k: Double

    /// A local response normalization.
    public init(
      region: Region = .acrossChannels, size: Int, alpha: Double, beta: Double, k: Double = 1
    ) {
      self.region = region
      self.size = size
      self.alpha = alpha
      self.beta = beta
      self.k = k
    }
  }

  /// A layer that does nothing at inference.
  public struct PassThrough: Sendable {
    /// What it does in training.
    public enum Kind: String, Sendable, CaseIterable {
      /// Drops elements at random.
      case dropout
      /// Hands one value to several readers.
      case split
    }

    /// What it does in training.
    public var kind: Kind

    /// A pass-through layer.
    public init(kind: Kind) { self.kind = kind }
  }
}
