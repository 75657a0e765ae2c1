internal import Lowering
internal import ModelIO

/// What a model loses or how it is rewritten on its way to Keras, in the order it is told.
enum KerasRemark: RemarkKind {
  case unreadInputs, names, splits, identities
  case dividedStatistics, foldedScales, scales, numbers, sharedLayers
  case padding, zeroPaddedMaxima, subsampling, separatePoolings, channelPadding, permutations,
    reorderedMatrices, slices
  case fixedSizes, dropouts, epsilons, widening, doubles

  var sentence: String {
    switch self {
    case .unreadInputs: "left out inputs that no layer reads"
    case .names: "renamed layers, since TensorFlow takes letters, digits, and . _ - in names"
    case .splits: "left out layers that only hand on their input"
    case .identities: "wrote outputs that only hand on a value as linear activations"
    case .dividedStatistics:
      "divided the sums of batch normalizations by their factor, for which Keras has no place"
    case .foldedScales: "wrote scales and biases as gamma and beta of the normalization before them"
    case .scales: "wrote scales and biases of channels as depthwise convolutions of 1 × 1"
    case .numbers: "wrote weights of one number into the definition"
    case .sharedLayers: "wrote layers that share all weights as one layer that is called repeatedly"
    case .padding:
      "wrote padding that Keras' convolutions and poolings do not have as layers that pad"
    case .zeroPaddedMaxima:
      "padded the images of maximum poolings with zeros, which never win over inputs of 0 and above"
    case .subsampling:
      "wrote strides as a maximum of one element behind a layer of stride 1"
    case .separatePoolings:
      "wrote poolings whose rows and columns Keras pads unlike as one layer for each"
    case .channelPadding: "wrote channels of zeros as ZeroPadding2D over exchanged axes"
    case .permutations: "put axes into the canonical order by layers of their own"
    case .reorderedMatrices:
      "put the rows of matrices behind flattened images into Keras' order, channels last"
    case .slices: "wrote the pieces of values as Cropping2D"
    case .fixedSizes:
      "wrote windows that are the same for this input size, but not for every size"
    case .dropouts: "wrote dropout layers with a rate of 0.5, since theirs is not known"
    case .epsilons:
      "tf_keras 2 raises epsilons below 1.001e-5 to it without a word; Keras 3 keeps them"
    case .widening: "widened weights to float32, which changes no value"
    case .doubles: "stored float64 weights, which Keras rounds to float32 when it reads them"
    }
  }
}

extension KerasRemark {
  /// What is told of a change; nil for one that goes without saying, or that no pass for Keras makes.
  init?(_ change: Change) {
    switch change {
    case .leftOutInput: self = .unreadInputs
    case .widenedWeight: self = .widening
    case .dividedStatistics: self = .dividedStatistics
    case .foldedScale: self = .foldedScales
    case .scaleAsConvolution: self = .scales
    case .separatePadding: self = .padding
    case .separateStride: self = .subsampling
    case .separateAxes: self = .separatePoolings
    case .zeroPaddedMaximum: self = .zeroPaddedMaxima
    case .separateCoefficients, .separateFlattening, .leftOutPassThrough, .splitNormalization,
      .mergedPadding, .cutUnreadPadding, .enlargedKernel, .paddingAsConvolution,
      .cropAsConvolution, .subsamplingAsConvolution:
      return nil
    }
  }
}
