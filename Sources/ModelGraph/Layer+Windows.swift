extension Layer {
  /// What is computed of a window.
  public enum PoolingKind: String, Sendable, CaseIterable {
    /// The largest element inside the image; padding never wins, a NaN does.
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
    /// Distance between the elements of a window.
    public var dilation: Extent
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
      kind: PoolingKind, kernel: Extent, stride: Extent, dilation: Extent = Extent(1),
      padding: Padding = .none, rounding: Rounding = .floor, clipsLastWindow: Bool = false,
      divisor: Divisor = .paddedWindow
    ) {
      self.kind = kind
      self.kernel = kernel
      self.stride = stride
      self.dilation = dilation
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
}
