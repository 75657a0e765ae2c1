internal import ModelGraph
internal import TensorCore

/// How tensors of Keras become canonical ones: channels from behind to the front, for kernels and
/// for the rows of matrices behind flattened images. Nowhere else is a layout turned round.
enum KerasLayout {
  /// The order of the axes of kernels in a file.
  enum KernelOrder: Sendable {
    /// `[height, width, inputs, outputs]`.
    case hwio
    /// `[outputs, inputs, height, width]`: Keras 0 and 1 for `th` ordering.
    case oihw
  }

  /// Where the channels of images are, in a layer of Keras.
  enum DataFormat: Sendable {
    /// `[batch, height, width, channels]`.
    case channelsLast
    /// `[batch, channels, height, width]`.
    case channelsFirst
  }

  /// Kernels of a convolution, as `[outputs, inputs, height, width]`.
  static func kernel(_ stored: Shape, _ order: KernelOrder, flips: Bool) -> [Ledger.Transform] {
    switch order {
    case .hwio: return flipped(stored, flips) + [.permute([3, 2, 0, 1])]
    case .oihw:
      let hwio: [Ledger.Transform] = [.permute([2, 3, 1, 0])]
      let flip = flipped(Shape([2, 3, 1, 0].map { stored[$0] }), flips)
      return flip.isEmpty ? [] : hwio + flip + [.permute([3, 2, 0, 1])]
    }
  }

  /// Kernels `[height, width, channels, multiplier]` of a depthwise convolution, as
  /// `[channels · multiplier, 1, height, width]`; output `c · multiplier + m` is kernel `m` of
  /// channel `c`.
  static func depthwiseKernel(_ stored: Shape, flips: Bool) -> [Ledger.Transform] {
    let (height, width, channels, multiplier) = (stored[0], stored[1], stored[2], stored[3])
    return flipped(stored, flips) + [
      .permute([2, 3, 0, 1]),
      .reshape(
        from: [channels, multiplier, height, width], to: [channels * multiplier, 1, height, width]),
    ]
  }

  /// Kernels `[width, inputs, outputs]` of a convolution along a line, which is an image of one row.
  static func lineKernel(_ stored: Shape, flips: Bool) -> [Ledger.Transform] {
    flipped(stored, flips && stored[0] > 1) + [
      .permute([2, 1, 0]),
      .reshape(
        from: [stored[2], stored[1], stored[0]], to: [stored[2], stored[1], 1, stored[0]]),
    ]
  }

  /// Kernels `[width, channels, multiplier]` of a depthwise convolution along a line.
  static func depthwiseLineKernel(_ stored: Shape, flips: Bool) -> [Ledger.Transform] {
    let (width, channels, multiplier) = (stored[0], stored[1], stored[2])
    return flipped(stored, flips && width > 1) + [
      .permute([1, 2, 0]),
      .reshape(
        from: [channels, multiplier, width], to: [channels * multiplier, 1, 1, width]),
    ]
  }

  /// A matrix `[inputs, outputs]`, as `[outputs, inputs]`.
  ///
  /// - Parameter image: height, width and channels of a flattened image whose elements Keras has in
  ///   this order and the canonical model by channels.
  static func matrix(
    _ stored: Shape, image: (height: Int, width: Int, channels: Int)?
  ) -> [Ledger.Transform] {
    guard let (height, width, channels) = image else { return [.transpose] }
    let outputs = stored[1]
    return [
      .reshape(from: stored, to: [height, width, channels, outputs]),
      .permute([3, 2, 0, 1]),
      .reshape(from: [outputs, channels, height, width], to: [outputs, stored[0]]),
    ]
  }

  /// Kernels of one element are the same from both sides.
  private static func flipped(_ stored: Shape, _ flips: Bool) -> [Ledger.Transform] {
    flips && stored[0] * stored[1] > 1 ? [.flipKernels] : []
  }
}
