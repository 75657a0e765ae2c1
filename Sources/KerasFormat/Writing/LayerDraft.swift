internal import JSON
internal import ModelGraph
internal import TensorCore

/// A layer of a Keras model on its way to its files.
struct LayerDraft {
  /// The classes that are written; the raw values are those of Keras 2 and 3 alike.
  enum Class: String {
    case input = "InputLayer"
    case convolution = "Conv2D"
    case depthwiseConvolution = "DepthwiseConv2D"
    case separableConvolution = "SeparableConv2D"
    case dense = "Dense"
    case batchNormalization = "BatchNormalization"
    case activation = "Activation"
    case relu = "ReLU"
    case prelu = "PReLU"
    case elu = "ELU"
    case softmax = "Softmax"
    case maximumPooling = "MaxPooling2D"
    case averagePooling = "AveragePooling2D"
    case globalMaximumPooling = "GlobalMaxPooling2D"
    case globalAveragePooling = "GlobalAveragePooling2D"
    case zeroPadding = "ZeroPadding2D"
    case convolution1D = "Conv1D"
    case depthwiseConvolution1D = "DepthwiseConv1D"
    case separableConvolution1D = "SeparableConv1D"
    case maximumPooling1D = "MaxPooling1D"
    case averagePooling1D = "AveragePooling1D"
    case globalMaximumPooling1D = "GlobalMaxPooling1D"
    case globalAveragePooling1D = "GlobalAveragePooling1D"
    case zeroPadding1D = "ZeroPadding1D"
    case cropping1D = "Cropping1D"
    case add = "Add"
    case multiply = "Multiply"
    case maximum = "Maximum"
    case minimum = "Minimum"
    case concatenate = "Concatenate"
    case flatten = "Flatten"
    case reshape = "Reshape"
    case permute = "Permute"
    case rescaling = "Rescaling"
    case normalization = "Normalization"
    case cropping = "Cropping2D"
    case dropout = "Dropout"
    /// One that only matters in training, of a class that its definition names.
    case training
  }

  /// One value: what a layer makes when it is called for the nth time.
  struct Reference: Hashable {
    var layer: Int
    var call: Int
  }

  /// The layer's name; unique, and fit for TensorFlow's scopes.
  var name: String
  /// The canonical layer that it is; nil for one that only Keras needs.
  var node: String?
  var type: Class
  /// The class of a layer that only matters in training.
  var definedClass: String?
  /// The number types that Keras computes the layer with, if they are not float32.
  var policy: String?
  /// What the class is told, but for name and number type.
  var settings: [JSON.Member]
  /// The weights in the order in which Keras keeps them.
  var weights: [WeightDraft]
  /// The values that each call reads; an input is called once with none.
  var calls: [[Reference]]
  /// The shape that each call makes, batch first.
  var shapes: [Shape]
}

extension LayerDraft {
  /// The class by its name in Keras.
  var className: String { definedClass ?? type.rawValue }

  /// The class in a path of `.weights.h5`.
  var pathComponent: String { definedClass.map(snakeCase) ?? type.pathComponent }

  /// What the class is told in the files of Keras 2, which knows less of layers for training.
  var settings2: [JSON.Member] {
    guard let definedClass else { return settings }
    return settings.filter { member in
      switch member.name {
      case "data_format": false
      case "value_range": definedClass == "RandomBrightness"
      default: true
      }
    }
  }
}

extension LayerDraft.Class {
  /// The class in a path of `.weights.h5`: as `to_snake_case` in keras/src/utils/naming.py.
  var pathComponent: String {
    switch self {
    case .input: "input_layer"
    case .convolution: "conv2d"
    case .depthwiseConvolution: "depthwise_conv2d"
    case .separableConvolution: "separable_conv2d"
    case .dense: "dense"
    case .batchNormalization: "batch_normalization"
    case .activation: "activation"
    case .relu: "re_lu"
    case .prelu: "p_re_lu"
    case .elu: "elu"
    case .softmax: "softmax"
    case .maximumPooling: "max_pooling2d"
    case .averagePooling: "average_pooling2d"
    case .globalMaximumPooling: "global_max_pooling2d"
    case .globalAveragePooling: "global_average_pooling2d"
    case .zeroPadding: "zero_padding2d"
    case .convolution1D: "conv1d"
    case .depthwiseConvolution1D: "depthwise_conv1d"
    case .separableConvolution1D: "separable_conv1d"
    case .maximumPooling1D: "max_pooling1d"
    case .averagePooling1D: "average_pooling1d"
    case .globalMaximumPooling1D: "global_max_pooling1d"
    case .globalAveragePooling1D: "global_average_pooling1d"
    case .zeroPadding1D: "zero_padding1d"
    case .cropping1D: "cropping1d"
    case .add: "add"
    case .multiply: "multiply"
    case .maximum: "maximum"
    case .minimum: "minimum"
    case .concatenate: "concatenate"
    case .flatten: "flatten"
    case .reshape: "reshape"
    case .permute: "permute"
    case .rescaling: "rescaling"
    case .normalization: "normalization"
    case .cropping: "cropping2d"
    case .dropout: "dropout"
    case .training: "training"
    }
  }

  /// Whether the class reads a list of values, even if that is of one.
  var readsList: Bool {
    switch self {
    case .add, .multiply, .maximum, .minimum, .concatenate: true
    default: false
    }
  }
}

/// A tensor on its way to a file of Keras.
struct WeightDraft {
  /// The variable's name in its layer: `kernel`.
  var variable: String
  /// The elements as Keras has them; where they are moved, they are deferred.
  var tensor: Tensor
  /// The weight it is, `conv1/kernel`; nil for one that only Keras needs.
  var weight: String?
  /// What was done to the weight, in order.
  var transforms: [Ledger.Transform] = []
  /// The weight as the canonical model has it.
  var origin: Tensor?

  /// Whether both are the same weight of the model, and the same tensor in Keras.
  func isShared(with other: WeightDraft) -> Bool {
    guard let origin, let twin = other.origin else { return false }
    return origin.isIdentical(to: twin) && transforms == other.transforms
  }
}
