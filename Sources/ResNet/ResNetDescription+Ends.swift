extension ResNetDescription {
  /// The layers before the first unit.
  public struct Stem: Hashable, Sendable {
    /// How the image is made smaller after the first convolution: windows of 3×3, two apart.
    public enum Pooling: String, Sendable, CaseIterable {
      /// The last incomplete window counts (Caffe): 56×56 of 112×112.
      case ceiling
      /// One row and column of zeros on each side (PyTorch): 56×56 of 112×112.
      case padded
      /// Zeros on each side as a layer of their own (Keras since 2018); they count where there is no
      /// ReLU before.
      case zeros
      /// Complete windows only (Keras until 2018): 55×55 of 112×112.
      case valid
    }

    /// The side of the first convolution's kernel, odd.
    public var kernel: Int
    /// Its stride.
    public var stride: Int
    /// Its outputs.
    public var width: Int
    /// The zeros before it.
    public var padding = Padding.even
    /// The pooling behind it; nil for none.
    public var pooling: Pooling?
    /// Whether normalization and ReLU follow the convolution; not in Keras' ResNetV2.
    public var isActivated = true

    /// First layers with normalization and ReLU.
    public init(kernel: Int, stride: Int, width: Int, pooling: Pooling?) {
      self.kernel = kernel
      self.stride = stride
      self.width = width
      self.pooling = pooling
    }

    /// Those for images of ImageNet: 7×7 and pooling.
    public static let imageNet = Stem(kernel: 7, stride: 2, width: 64, pooling: .ceiling)
    /// Those for small images: 3×3 and no pooling.
    public static let cifar = Stem(kernel: 3, stride: 1, width: 16, pooling: nil)
  }

  /// The extents of an image.
  public struct Image: Hashable, Sendable {
    /// Colours.
    public var channels: Int
    /// Rows.
    public var height: Int
    /// Columns.
    public var width: Int

    /// An image.
    public init(channels: Int, height: Int, width: Int) {
      self.channels = channels
      self.height = height
      self.width = width
    }

    /// 224 × 224 in three colours.
    public static let imageNet = Image(channels: 3, height: 224, width: 224)
    /// 32 × 32 in three colours.
    public static let cifar = Image(channels: 3, height: 32, width: 32)
  }
}
