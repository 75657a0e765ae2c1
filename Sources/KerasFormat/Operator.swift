internal import JSON

/// A function that a model calls without a layer around it, whatever its framework calls it.
enum Operator: Sendable {
  case add, subtract, multiply, divide, negative, square, power
  case maximum, minimum, clip
  case relu, relu6, leakyReLU, elu, sigmoid, tanh, softmax, silu
  /// What changes no value: identities, and casts among floating-point numbers.
  case identity, cast
  case mean, largest
  case concatenate, stack
  case getItem, flip, pad
  case reshape, expand, squeeze
}

/// An operator as a definition names it.
struct OperatorName: Sendable {
  /// How definitions write calls of operators.
  enum Dialect: Sendable {
    /// `keras.ops`, of Keras 3.
    case keras
    /// `TFOpLambda` and `SlicingOpLambda`, since TensorFlow 2.4.
    case tensorFlow
    /// `TensorFlowOpLayer`, of TensorFlow 2.0 to 2.3: a node of its graph.
    case graph
  }

  var dialect: Dialect
  /// The name of the class of `keras.ops`, of the function or of the kind of node.
  var name: String
  /// What it computes, if that is known.
  var function: Operator? {
    switch dialect {
    case .keras: Self.keras[name]
    case .tensorFlow: Self.tensorFlow[name]
    case .graph: Self.graph[name]
    }
  }
}

extension OperatorName {
  /// The operator of an entry in the list of layers; nil if it is a layer.
  ///
  /// - Parameter isThird: whether the entry is written as Keras 3 writes calls.
  init?(className: String, module: JSON?, config: JSON, isThird: Bool) {
    switch className {
    case "TFOpLambda", "SlicingOpLambda":
      self.init(dialect: .tensorFlow, name: config["function"]?.text ?? "")
    case "TensorFlowOpLayer":
      self.init(dialect: .graph, name: config["node_def"]?["op"]?.text ?? "")
    default:
      let path = (module?.text ?? "").split(separator: ".")
      // The HDF5 files of Keras 3 name no module; only layers have these settings.
      let isBare =
        module == nil && isThird && config["trainable"] == nil
        && (config["dtype"] == nil || className == "Cast")
      guard path.first == "keras" && path.contains("ops") || isBare else { return nil }
      self.init(dialect: .keras, name: className)
    }
  }

  private static let keras: [String: Operator] = [
    "Add": .add, "Subtract": .subtract, "Multiply": .multiply, "Divide": .divide,
    "TrueDivide": .divide, "Negative": .negative, "Square": .square, "Power": .power,
    "Maximum": .maximum, "Minimum": .minimum, "Clip": .clip, "Relu": .relu, "ReLU": .relu,
    "Relu6": .relu6, "LeakyRelu": .leakyReLU, "Elu": .elu, "Sigmoid": .sigmoid, "Tanh": .tanh,
    "Softmax": .softmax, "Silu": .silu, "Identity": .identity, "StopGradient": .identity,
    "Copy": .identity, "Cast": .cast, "Mean": .mean, "Max": .largest,
    "Concatenate": .concatenate, "Stack": .stack, "GetItem": .getItem, "Flip": .flip,
    "Pad": .pad, "Reshape": .reshape, "ExpandDims": .expand, "Squeeze": .squeeze,
  ]

  private static let tensorFlow: [String: Operator] = [
    "__operators__.add": .add, "math.add": .add, "add": .add, "math.add_n": .add,
    "nn.bias_add": .add,
    "math.subtract": .subtract, "math.multiply": .multiply, "math.truediv": .divide,
    "math.divide": .divide, "realdiv": .divide, "math.negative": .negative,
    "math.square": .square, "math.pow": .power, "math.maximum": .maximum,
    "math.minimum": .minimum, "clip_by_value": .clip, "nn.relu": .relu, "nn.relu6": .relu6,
    "nn.leaky_relu": .leakyReLU, "nn.elu": .elu, "math.sigmoid": .sigmoid, "nn.sigmoid": .sigmoid,
    "sigmoid": .sigmoid, "math.tanh": .tanh, "nn.tanh": .tanh, "nn.softmax": .softmax,
    "nn.silu": .silu, "nn.swish": .silu, "identity": .identity, "stop_gradient": .identity,
    "cast": .cast, "math.reduce_mean": .mean, "math.reduce_max": .largest,
    "concat": .concatenate, "stack": .stack, "__operators__.getitem": .getItem,
    "reverse": .flip, "pad": .pad, "compat.v1.pad": .pad, "reshape": .reshape,
    "expand_dims": .expand, "squeeze": .squeeze, "compat.v1.squeeze": .squeeze,
  ]

  private static let graph: [String: Operator] = [
    "Add": .add, "AddV2": .add, "AddN": .add, "BiasAdd": .add, "Sub": .subtract,
    "Mul": .multiply, "RealDiv": .divide, "Neg": .negative, "Square": .square, "Pow": .power,
    "Maximum": .maximum, "Minimum": .minimum, "Relu": .relu, "Relu6": .relu6,
    "LeakyRelu": .leakyReLU, "Elu": .elu, "Sigmoid": .sigmoid, "Tanh": .tanh,
    "Softmax": .softmax, "Identity": .identity, "StopGradient": .identity, "Cast": .cast,
    "Mean": .mean, "Max": .largest, "ConcatV2": .concatenate, "Pack": .stack,
    "StridedSlice": .getItem, "ReverseV2": .flip, "Pad": .pad, "PadV2": .pad,
    "Reshape": .reshape, "ExpandDims": .expand, "Squeeze": .squeeze,
  ]
}
