public import TensorCore

extension Layer {
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
}
