internal import Lowering
internal import ModelIO
internal import Protobuf

/// What a model loses or how it is rewritten on its way to Caffe, in the order it is told.
enum CaffeRemark: RemarkKind {
  case unreadInputs, splits, identities, valueNames
  case scales, mergedPadding, padding, cropping, unreadPadding, enlargedKernels
  case poolingSizes, subsampling, floorPooling, caps, dropouts, dropoutRates
  case rounding, widening, doubles, untransposed

  var sentence: String {
    switch self {
    case .unreadInputs: "left out inputs that no layer reads"
    case .splits: "left out layers that only hand on their input"
    case .identities: "wrote outputs that only hand on a value as Power layers that change nothing"
    case .valueNames: "named values as their layers, as Caffe's readers do"
    case .scales: "wrote batch normalizations with gamma or beta as a BatchNorm and a Scale layer"
    case .mergedPadding: "moved zero padding to the convolution behind it"
    case .padding:
      "wrote zero padding as a convolution with ones and zeros, exact for finite numbers"
    case .cropping:
      "cut rows and columns off by a convolution with ones and zeros, exact for finite numbers"
    case .unreadPadding:
      "left out zeros at the end of rows and columns that no window of a pooling reads"
    case .enlargedKernels:
      "enlarged kernels by zeros, exact for finite numbers, since Caffe pads opposite sides alike"
    case .poolingSizes:
      "wrote poolings whose windows are the same for this input size, but not for every size"
    case .subsampling:
      "wrote poolings over single elements as convolutions with ones, exact for finite numbers"
    case .floorPooling: "wrote round_mode: FLOOR, which Caffe knows since 2018 and OpenCV does not"
    case .caps: "wrote capped rectifiers as Clip layers, which Caffe knows since 2018"
    case .dropouts: "the ratio of dropout layers, which counts in training only, is not known"
    case .dropoutRates:
      "wrote dropout layers of a rate that Caffe does not have as Power layers that change nothing"
    case .rounding: "rounded parameters to float32, as Caffe has them"
    case .widening: "widened weights to float32, which changes no value"
    case .doubles: "stored float64 weights as double_data, which OpenCV does not read"
    case .untransposed: "wrote matrices that the source stores transposed the usual way round"
    }
  }
}

extension CaffeRemark {
  /// What is told of a change; nil for one that no pass for Caffe makes.
  init?(_ change: Change) {
    switch change {
    case .leftOutPassThrough: self = .splits
    case .leftOutInput: self = .unreadInputs
    case .widenedWeight: self = .widening
    case .splitNormalization: self = .scales
    case .mergedPadding: self = .mergedPadding
    case .cutUnreadPadding: self = .unreadPadding
    case .enlargedKernel: self = .enlargedKernels
    case .paddingAsConvolution: self = .padding
    case .cropAsConvolution: self = .cropping
    case .subsamplingAsConvolution: self = .subsampling
    case .dividedStatistics, .foldedScale, .scaleAsConvolution, .separateCoefficients,
      .separatePadding, .separateStride, .separateAxes, .zeroPaddedMaximum, .separateFlattening:
      return nil
    }
  }
}
