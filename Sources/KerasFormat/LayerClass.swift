internal import Files
internal import JSON

/// The layers of Keras that this reader knows, whatever their names were.
enum LayerClass: Sendable {
  case input
  case convolution, depthwiseConvolution, separableConvolution, convolution1D
  case dense
  case batchNormalization, scale
  case activation, relu, leakyReLU, prelu, elu, softmax
  case maximumPooling, averagePooling
  case globalMaximumPooling, globalAveragePooling
  case zeroPadding, cropping
  case add, subtract, multiply, average, maximum, concatenate
  /// Keras 1: one class for all of these, told apart by its mode.
  case merge
  case flatten, reshape, permute
  case rescaling, normalization
  /// Only matter in training.
  case dropout, augmentation
  case identity
  /// A function without a layer around it.
  case operation
  /// A model within a model.
  case model

  /// The layer of a class name; nil for one that is not known.
  init?(named name: String) {
    guard let known = LayerClass.names[name] else { return nil }
    self = known
  }

  /// The layer that a definition names.
  ///
  /// - Parameter module: where the class comes from, in definitions that say so (since Keras 2.12):
  ///   null, or a package of its own, for one that only has the name of a layer of Keras.
  init?(named name: String, module: JSON?) {
    guard let module else {
      self.init(named: name)
      return
    }
    let path = (module.text ?? "").split(separator: ".")
    let isOfKeras = ["keras", "tf_keras", "tensorflow"].contains { path.first ?? "" == $0 }
    if isOfKeras {
      self.init(named: name)
    } else if name == "Scale" {
      self = .scale  // of networks that were converted from Caffe; no layer of Keras
    } else {
      return nil
    }
  }

  private static let names: [String: LayerClass] = [
    "InputLayer": .input,
    "Conv2D": .convolution, "Convolution2D": .convolution, "AtrousConvolution2D": .convolution,
    "AtrousConv2D": .convolution,
    "DepthwiseConv2D": .depthwiseConvolution,
    "SeparableConv2D": .separableConvolution, "SeparableConvolution2D": .separableConvolution,
    "Conv1D": .convolution1D, "Convolution1D": .convolution1D,
    "AtrousConvolution1D": .convolution1D, "AtrousConv1D": .convolution1D,
    "DepthwiseConv1D": .depthwiseConvolution,
    "SeparableConv1D": .separableConvolution, "SeparableConvolution1D": .separableConvolution,
    "Dense": .dense,
    "BatchNormalization": .batchNormalization, "BatchNormalizationV1": .batchNormalization,
    "BatchNormalizationV2": .batchNormalization, "SyncBatchNormalization": .batchNormalization,
    "Scale": .scale,
    "Activation": .activation, "ReLU": .relu, "LeakyReLU": .leakyReLU, "PReLU": .prelu,
    "ELU": .elu, "Softmax": .softmax,
    "MaxPooling2D": .maximumPooling, "MaxPool2D": .maximumPooling,
    "AveragePooling2D": .averagePooling, "AvgPool2D": .averagePooling,
    "GlobalMaxPooling2D": .globalMaximumPooling, "GlobalMaxPool2D": .globalMaximumPooling,
    "GlobalAveragePooling2D": .globalAveragePooling, "GlobalAvgPool2D": .globalAveragePooling,
    "MaxPooling1D": .maximumPooling, "MaxPool1D": .maximumPooling,
    "AveragePooling1D": .averagePooling, "AvgPool1D": .averagePooling,
    "GlobalMaxPooling1D": .globalMaximumPooling, "GlobalMaxPool1D": .globalMaximumPooling,
    "GlobalAveragePooling1D": .globalAveragePooling, "GlobalAvgPool1D": .globalAveragePooling,
    "ZeroPadding2D": .zeroPadding, "ZeroPadding1D": .zeroPadding,
    "Cropping1D": .zeroPadding,
    "Add": .add, "Subtract": .subtract, "Multiply": .multiply, "Average": .average,
    "Maximum": .maximum, "Concatenate": .concatenate, "Merge": .merge,
    "Flatten": .flatten, "Reshape": .reshape, "Permute": .permute,
    "Cropping2D": .cropping,
    "Rescaling": .rescaling, "Normalization": .normalization,
    "Dropout": .dropout, "SpatialDropout1D": .dropout, "SpatialDropout2D": .dropout,
    "GaussianDropout": .dropout, "AlphaDropout": .dropout,
    "ActivityRegularization": .augmentation, "GaussianNoise": .augmentation,
    "AugMix": .augmentation, "CutMix": .augmentation, "MixUp": .augmentation,
    "RandAugment": .augmentation, "RandomBrightness": .augmentation,
    "RandomColorDegeneration": .augmentation, "RandomColorJitter": .augmentation,
    "RandomContrast": .augmentation, "RandomElasticTransform": .augmentation,
    "RandomErasing": .augmentation, "RandomFlip": .augmentation,
    "RandomGaussianBlur": .augmentation, "RandomGrayscale": .augmentation,
    "RandomHeight": .augmentation, "RandomHue": .augmentation, "RandomInvert": .augmentation,
    "RandomPerspective": .augmentation, "RandomPosterization": .augmentation,
    "RandomRotation": .augmentation, "RandomSaturation": .augmentation,
    "RandomSharpness": .augmentation, "RandomShear": .augmentation,
    "RandomTranslation": .augmentation, "RandomWidth": .augmentation,
    "RandomZoom": .augmentation, "Solarization": .augmentation,
    "Identity": .identity,
    "Sequential": .model, "Functional": .model, "Model": .model, "Graph": .model,
  ]
}

/// The tensors that layers of Keras have, under the names of Keras 2.
enum Variable: String, Sendable, CaseIterable {
  case kernel, bias
  case depthwiseKernel = "depthwise_kernel"
  case pointwiseKernel = "pointwise_kernel"
  case gamma, beta
  case movingMean = "moving_mean"
  case movingVariance = "moving_variance"
  case alpha
  case mean, variance, count

  /// The variable that a name in a file means; nil where it means none that is known.
  init?(named name: some StringProtocol) {
    switch name {
    case "W": self = .kernel
    case "b": self = .bias
    case "running_mean": self = .movingMean
    case "running_std", "running_var": self = .movingVariance
    case "alphas": self = .alpha
    case let name:
      guard let variable = Variable(rawValue: String(name)) else { return nil }
      self = variable
    }
  }
}

extension KerasLayer {
  /// The tensors the layer has, in the order in which Keras keeps them; a model has none of its own.
  func variables() throws(FormatError) -> [Variable] {
    let hasBias = try settings.bool("use_bias", "bias") ?? true
    switch type {
    case .convolution, .convolution1D, .dense: return [.kernel] + (hasBias ? [.bias] : [])
    case .depthwiseConvolution: return [.depthwiseKernel] + (hasBias ? [.bias] : [])
    case .separableConvolution:
      return [.depthwiseKernel, .pointwiseKernel] + (hasBias ? [.bias] : [])
    case .batchNormalization:
      let scales = try settings.bool("scale") ?? true
      let centers = try settings.bool("center") ?? true
      return (scales ? [.gamma] : []) + (centers ? [.beta] : []) + [.movingMean, .movingVariance]
    case .scale: return [.gamma, .beta]
    case .prelu: return [.alpha]
    case .normalization:
      // Numbers that the layer was made with are in the definition.
      return settings.value("mean") == nil ? [.mean, .variance, .count] : []
    case .input, .activation, .relu, .leakyReLU, .elu, .softmax, .maximumPooling, .averagePooling,
      .globalMaximumPooling, .globalAveragePooling, .zeroPadding, .add, .subtract, .multiply,
      .average, .maximum, .concatenate, .merge, .cropping, .flatten, .reshape, .permute,
      .rescaling, .dropout, .augmentation, .identity, .operation,
      .model, nil:
      return []
    }
  }
}
