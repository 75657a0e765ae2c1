internal import CModelSchemas

/// The messages with the parameters of each type, wherever a dialect keeps them; nil where absent.
struct ParameterMessages {
  var transform: UnsafeMutablePointer<Caffe__TransformationParameter>?
  var data: UnsafeMutablePointer<Caffe__DataParameter>?
  var imageData: UnsafeMutablePointer<Caffe__ImageDataParameter>?
  var windowData: UnsafeMutablePointer<Caffe__WindowDataParameter>?
  var memoryData: UnsafeMutablePointer<Caffe__MemoryDataParameter>?
  var dummyData: UnsafeMutablePointer<Caffe__DummyDataParameter>?
  var input: UnsafeMutablePointer<Caffe__InputParameter>?
  var convolution: UnsafeMutablePointer<Caffe__ConvolutionParameter>?
  var pooling: UnsafeMutablePointer<Caffe__PoolingParameter>?
  var batchNorm: UnsafeMutablePointer<Caffe__BatchNormParameter>?
  var bn: UnsafeMutablePointer<Caffe__BNParameter>?
  var dropout: UnsafeMutablePointer<Caffe__DropoutParameter>?
  var scale: UnsafeMutablePointer<Caffe__ScaleParameter>?
  var bias: UnsafeMutablePointer<Caffe__BiasParameter>?
  var relu: UnsafeMutablePointer<Caffe__ReLUParameter>?
  var clip: UnsafeMutablePointer<Caffe__ClipParameter>?
  var prelu: UnsafeMutablePointer<Caffe__PReLUParameter>?
  var elu: UnsafeMutablePointer<Caffe__ELUParameter>?
  var power: UnsafeMutablePointer<Caffe__PowerParameter>?
  var eltwise: UnsafeMutablePointer<Caffe__EltwiseParameter>?
  var concat: UnsafeMutablePointer<Caffe__ConcatParameter>?
  var slice: UnsafeMutablePointer<Caffe__SliceParameter>?
  var innerProduct: UnsafeMutablePointer<Caffe__InnerProductParameter>?
  var flatten: UnsafeMutablePointer<Caffe__FlattenParameter>?
  var reshape: UnsafeMutablePointer<Caffe__ReshapeParameter>?
  var softmax: UnsafeMutablePointer<Caffe__SoftmaxParameter>?
  var lrn: UnsafeMutablePointer<Caffe__LRNParameter>?
  /// Whether data layers keep transformation parameters among their own (until 2014).
  var hasLegacyTransform = false

  /// None at all.
  init() {}

  init(_ layer: Caffe__LayerParameter) {
    transform = layer.transform_param
    data = layer.data_param
    imageData = layer.image_data_param
    windowData = layer.window_data_param
    memoryData = layer.memory_data_param
    dummyData = layer.dummy_data_param
    input = layer.input_param
    convolution = layer.convolution_param
    pooling = layer.pooling_param
    batchNorm = layer.batch_norm_param
    bn = layer.bn_param
    dropout = layer.dropout_param
    scale = layer.scale_param
    bias = layer.bias_param
    relu = layer.relu_param
    clip = layer.clip_param
    prelu = layer.prelu_param
    elu = layer.elu_param
    power = layer.power_param
    eltwise = layer.eltwise_param
    concat = layer.concat_param
    slice = layer.slice_param
    innerProduct = layer.inner_product_param
    flatten = layer.flatten_param
    reshape = layer.reshape_param
    softmax = layer.softmax_param
    lrn = layer.lrn_param
  }

  init(_ layer: Caffe__V1LayerParameter) {
    hasLegacyTransform = true
    dropout = layer.dropout_param
    transform = layer.transform_param
    data = layer.data_param
    imageData = layer.image_data_param
    windowData = layer.window_data_param
    memoryData = layer.memory_data_param
    dummyData = layer.dummy_data_param
    convolution = layer.convolution_param
    pooling = layer.pooling_param
    relu = layer.relu_param
    power = layer.power_param
    eltwise = layer.eltwise_param
    concat = layer.concat_param
    slice = layer.slice_param
    innerProduct = layer.inner_product_param
    softmax = layer.softmax_param
    lrn = layer.lrn_param
  }
}

extension CaffeLayer {
  /// The present name of a type of 2014.
  static func typeName(of layer: Caffe__V1LayerParameter) -> String {
    switch layer.type {
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__NONE: "NONE"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ABSVAL: "AbsVal"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ACCURACY: "Accuracy"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ARGMAX: "ArgMax"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__BNLL: "BNLL"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__CONCAT: "Concat"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__CONTRASTIVE_LOSS: "ContrastiveLoss"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__CONVOLUTION: "Convolution"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DATA: "Data"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DECONVOLUTION: "Deconvolution"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DROPOUT: "Dropout"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__DUMMY_DATA: "DummyData"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__ELTWISE: "Eltwise"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__EUCLIDEAN_LOSS: "EuclideanLoss"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__EXP: "Exp"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__FLATTEN: "Flatten"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__HDF5_DATA: "HDF5Data"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__HDF5_OUTPUT: "HDF5Output"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__HINGE_LOSS: "HingeLoss"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__IM2COL: "Im2col"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__IMAGE_DATA: "ImageData"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__INFOGAIN_LOSS: "InfogainLoss"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__INNER_PRODUCT: "InnerProduct"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__LRN: "LRN"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__MEMORY_DATA: "MemoryData"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__MULTINOMIAL_LOGISTIC_LOSS:
      "MultinomialLogisticLoss"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__MVN: "MVN"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__POOLING: "Pooling"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__POWER: "Power"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__RELU: "ReLU"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SIGMOID: "Sigmoid"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SIGMOID_CROSS_ENTROPY_LOSS:
      "SigmoidCrossEntropyLoss"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SILENCE: "Silence"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SLICE: "Slice"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SOFTMAX: "Softmax"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SOFTMAX_LOSS: "SoftmaxWithLoss"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__SPLIT: "Split"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__TANH: "TanH"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__THRESHOLD: "Threshold"
    case CAFFE__V1_LAYER_PARAMETER__LAYER_TYPE__WINDOW_DATA: "WindowData"
    case let type: "type \(type.rawValue)"
    }
  }
}
