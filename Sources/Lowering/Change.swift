/// What a pass has done, for the notes of a writer; each pass says of which layers.
public enum Change: Sendable, CaseIterable {
  /// A layer that only hands on its input is left out.
  case leftOutPassThrough
  /// An input that no layer reads is left out.
  case leftOutInput
  /// Half precision is widened to float32.
  case widenedWeight
  /// Running sums are divided by their factor.
  case dividedStatistics
  /// A batch normalization is two layers: statistics, then gamma and beta.
  case splitNormalization
  /// A scale or a bias is gamma and beta of the batch normalization before it.
  case foldedScale
  /// A scale or a bias of channels is a depthwise convolution.
  case scaleAsConvolution
  /// Coefficients of a sum are layers of their own.
  case separateCoefficients
  /// Zero padding is part of the convolution behind it.
  case mergedPadding
  /// Zero padding loses rows and columns that no window reads.
  case cutUnreadPadding
  /// Padding of a convolution or pooling is a layer of its own.
  case separatePadding
  /// Padding is equal on opposite sides, and zeros in the kernel make up for it.
  case enlargedKernel
  /// Zero padding is a convolution.
  case paddingAsConvolution
  /// A cut at the sides of an image is a convolution.
  case cropAsConvolution
  /// A pooling over single elements is a convolution.
  case subsamplingAsConvolution
  /// A stride is a maximum pooling over single elements behind a layer of stride 1.
  case separateStride
  /// A pooling is one layer for rows and one for columns.
  case separateAxes
  /// A maximum pooling over numbers of 0 and above pads with zeros.
  case zeroPaddedMaximum
  /// A matrix product has the flattening of its input before it.
  case separateFlattening
}
