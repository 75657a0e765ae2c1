internal import ModelGraph
internal import TensorCore

// The way back: canonical tensors as Keras has them.
extension KerasLayout {
  /// Kernels of a convolution, as `[height, width, inputs, outputs]`.
  static let storedKernel: [Ledger.Transform] = [.permute([2, 3, 1, 0])]

  /// Kernels `[channels · multiplier, 1, height, width]` of a depthwise convolution, as
  /// `[height, width, channels, multiplier]`.
  static func storedDepthwiseKernel(_ kernel: Shape, channels: Int) -> [Ledger.Transform] {
    [
      .reshape(
        from: kernel, to: [channels, kernel[0] / channels, kernel[2], kernel[3]]),
      .permute([2, 3, 0, 1]),
    ]
  }

  /// A matrix `[outputs, inputs]`, as `[inputs, outputs]`.
  ///
  /// - Parameter image: height, width and channels of a flattened image whose elements Keras has in
  ///   this order and the canonical model by channels.
  static func storedMatrix(
    _ kernel: Shape, image: (height: Int, width: Int, channels: Int)?
  ) -> [Ledger.Transform] {
    guard let (height, width, channels) = image else { return [.permute([1, 0])] }
    let outputs = kernel[0]
    return [
      .reshape(from: kernel, to: [outputs, channels, height, width]),
      .permute([2, 3, 1, 0]),
      .reshape(
        from: [height, width, channels, outputs], to: [kernel[1], outputs]),
    ]
  }
}
