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
  case dropout
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
}

/// BatchNormParameter, and what the layer's tensors are.
struct BatchNormParameters {
  /// The order of the tensors.
  enum Layout {
    case statistics, statisticsFirst, scaleFirst

    /// What each tensor is.
    var roles: [Layer.WeightRole] {
      switch self {
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
  /// Whether the tensors are checked for their number of elements only, not for their shapes.
  var fitsAnyShape = false
}

/// PoolingParameter.
struct PoolingParameters {
  /// Nil for stochastic pooling.
  var kind: Layer.PoolingKind?
  var isGlobal = false
  var kernel = WindowParameter()
  var stride = WindowParameter()
  var padding = WindowParameter()
  var rounding = Rounding.ceil
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
