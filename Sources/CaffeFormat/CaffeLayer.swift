internal import ModelGraph
internal import TensorCore

/// One layer of a Caffe definition in the terms of the present dialect, whichever it came from.
struct CaffeLayer {
  /// Whether a network trains or is used.
  enum Phase { case train, test }

  /// A name in ParamSpec: blobs of one name are one tensor.
  struct SharedBlob {
    var name: String
    /// Whether only the number of elements must agree, not the shape.
    var isPermissive: Bool
  }

  /// A NetStateRule: the states of a network that a layer belongs to, or not.
  struct StateRule {
    var phase: Phase?
    var minimumLevel: Int?
    var maximumLevel: Int?
    var stages: [String] = []
    var excludedStages: [String] = []
  }

  var name: String
  /// Caffe's name of the type, for messages.
  var type: String
  var operation: CaffeOperation
  /// The blobs the layer reads.
  var bottoms: [String]
  /// The blobs the layer writes.
  var tops: [String]
  /// By blob; nil where the blob has no name.
  var sharedBlobs: [SharedBlob?] = []
  var include: [StateRule] = []
  var exclude: [StateRule] = []
  var phase: Phase?
  /// The tensors stored with the layer.
  var blobs: [CaffeBlob] = []
  /// Which of the layer's blobs these are; nil for the first ones. A snapshot leaves out those that
  /// another layer stores for both.
  var blobNumbers: [Int]?
  /// The fields of its message, and of those in it, that the schema does not have.
  var unknownFields: [UnknownField] = []
}

/// What a layer does, with the parameters of its type as the definition gives them.
enum CaffeOperation {
  case input(shapes: [[Int]])
  case data(DataParameters)
  /// A loss or a metric: needs labels.
  case loss
  /// Swallows its inputs.
  case sink
  case split
  /// The share of elements dropped in training.
  case dropout(ratio: Double)
  case convolution(ConvolutionParameters)
  case pooling(PoolingParameters)
  case batchNorm(BatchNormParameters)
  case scale(axes: AxisRange, hasBias: Bool)
  case bias(axes: AxisRange)
  case relu(Layer.ReLU)
  case clip(minimum: Double, maximum: Double)
  case prelu(isShared: Bool)
  /// `lambda` times an ELU; only NVIDIA's Caffe has it.
  case elu(Layer.ELU, lambda: Double)
  case sigmoid
  case tanh
  case power(Layer.Power)
  case eltwise(operation: Layer.Elementwise.Operation?, coefficients: [Double])
  case concat(axis: AxisChoice)
  case slice(axis: AxisChoice, points: [Int])
  case innerProduct(InnerProductParameters)
  case flatten(axis: Int, endAxis: Int)
  case reshape(extents: [Int], axis: Int, axisCount: Int)
  case softmax(axis: Int)
  case lrn(Layer.LocalResponseNormalization?)
  /// `a · x + y`, one factor for each channel (hujie-frank/SENet).
  case axpy
  /// The batch normalization of forks, until it is settled which one it is.
  case bn(BNParameters)
  /// A factor and an addend for each channel, stored under any shape.
  case affine
  case unsupported
}

/// What a layer that loads data says about the images it hands out.
struct DataParameters {
  /// TransformationParameter.
  struct Transform {
    var scale = 1.0
    var means: [Double] = []
    var meanFile: String?
    var cropSize = 0
  }

  var transform = Transform()
  /// All extents, where the layer names them.
  var shape: [Int]?
  /// The colour channels, where the layer fixes them.
  var channels: Int?
  /// The size images are scaled to, where the layer does so.
  var size: Extent?
}

/// A kernel, stride, pad or dilation: one list for all axes, or height and width apart.
struct WindowParameter {
  var sides: [Int] = []
  var height: Int?
  var width: Int?
}

/// ConvolutionParameter.
struct ConvolutionParameters {
  var outputCount = 0
  var hasBias = true
  var kernel = WindowParameter()
  var stride = WindowParameter()
  var padding = WindowParameter()
  var dilation = WindowParameter()
  var groups = 1
  var axis = 1
  /// Whether each channel is convolved alone, though `groups` may not say so.
  var isDepthwise = false
}

/// BatchNormParameter, and what the layer's tensors are.
struct BatchNormParameters {
  /// The order of the tensors.
  enum Layout {
    case statistics, statisticsFirst, scaleFirst, scaleFirstWithoutFactor

    /// What each tensor is.
    var roles: [Layer.WeightRole] {
      switch self {
      case .scaleFirstWithoutFactor: [.gamma, .beta, .mean, .variance]
      case .statistics: [.mean, .variance, .factor]
      case .statisticsFirst: [.mean, .variance, .factor, .gamma, .beta]
      case .scaleFirst: [.gamma, .beta, .mean, .variance, .factor]
      }
    }
  }

  var epsilon: Double
  var usesGlobalStatistics: Bool?
  /// Whether the definition asks for a learned scale and offset; only NVIDIA's Caffe has them.
  var isScaled = false
  var layout = Layout.statistics
  /// Whether the factor is to be taken for 1, because mean and variance are what they are.
  var isFactorUnused = false
  /// Whether the reciprocal of the standard deviation stands where the variance would.
  var hasInverseDeviation = false
  /// Whether the tensors are checked for their number of elements only, not for their shapes.
  var fitsAnyShape = false
}

/// BNParameter, as far as it tells which fork's layer this is and what it computes.
struct BNParameters {
  /// SegNet's mode; nil where it is not given.
  var isInference: Bool?
  /// Whether there are fields that only SegNet's layer and the one with `var_eps` have.
  var hasScaleFiller = false
  /// The epsilon of yjxiong's layer; nil where it is not given.
  var epsilon: Double?
  /// The one of SegStereo's.
  var varianceEpsilon: Double?
  /// Whether there are other fields that only SegStereo's layer has.
  var isSegStereo = false
  var usesHistory = true
  var axis = 1
}

/// PoolingParameter.
struct PoolingParameters {
  /// What field 13 of the message is.
  enum RoundingField {
    /// BVLC's: 0 rounds up, 1 down.
    case roundMode
    /// Of the branch that OpenCV's schema took over: 0 rounds down, 1 up.
    case ceilMode
  }

  /// Nil for stochastic pooling.
  var kind: Layer.PoolingKind?
  var isGlobal = false
  var kernel = WindowParameter()
  var stride = WindowParameter()
  var padding = WindowParameter()
  /// The value of field 13; nil where it is missing.
  var roundingValue: Int?
  /// What field 13 is; nil if nothing tells.
  var roundingField: RoundingField? = .roundMode
  /// `ceil_mode` of a text; nil where it is missing.
  var roundsUp: Bool?
}

/// InnerProductParameter.
struct InnerProductParameters {
  var outputCount = 0
  var hasBias = true
  var axis = 1
  var isTransposed = false
}

/// The axes of an input that an operand covers.
struct AxisRange {
  var axis = 1
  /// −1: all that follow.
  var count = 1
}

/// An axis under its present and its former field; at most one may be given.
struct AxisChoice {
  var axis: Int?
  var legacyAxis: Int?
}
