internal import Files
internal import ModelGraph
internal import TensorCore

// Functions of one element.
extension GraphReader {
  mutating func readActivation() throws(FormatError) {
    attributes.ignore("consumed_inputs")
    let function = try activation()
    make(.value(try addElementwise(.activation(function), to: try value())))
  }

  private mutating func activation() throws(FormatError) -> Layer.Activation {
    func float(_ name: String, _ missing: Double) throws(FormatError) -> Double {
      // ONNX' defaults are floats.
      try attributes.float(name) ?? Double(Float(missing))
    }
    switch node.op {
    case "Relu": return .relu(.init())
    case "LeakyRelu": return .relu(.init(negativeSlope: try float("alpha", 0.01)))
    case "Elu": return .elu(.init(alpha: try float("alpha", 1)))
    case "Selu":
      // The defaults of opset 1 to 5 are those of the first version of the paper.
      let isOld = opset < 6
      return .selu(
        alpha: try float("alpha", isOld ? 1.6732 : 1.67326319217681884765625),
        gamma: try float("gamma", isOld ? 1.0507 : 1.05070102214813232421875))
    case "Celu": return .celu(alpha: try float("alpha", 1))
    case "Sigmoid": return .sigmoid
    case "HardSigmoid":
      return .hardSigmoid(slope: try float("alpha", 0.2), offset: try float("beta", 0.5))
    case "Tanh": return .tanh
    case "HardSwish": return .hardSwish
    case "Swish":
      let alpha = try float("alpha", 1)
      guard alpha == 1 else { throw node.fault("expected a Swish of alpha 1, found \(alpha)") }
      return .silu
    case "Gelu":
      let form = try attributes.string("approximate") ?? "none"
      switch form {
      case "none": return .gelu
      case "tanh": return .geluTanh
      default: throw node.fault("expected none or tanh for approximate, found \(form.printable())")
      }
    case "Mish": return .mish
    case "Softplus": return .softplus
    case "Softsign": return .softsign
    case "Abs": return .absolute
    case "Exp": return .exponential
    case "Log": return .logarithm
    case "Erf": return .errorFunction
    case "Neg": return .power(.init(scale: -1))
    case "Sqrt": return .power(.init(power: 0.5))
    case "Reciprocal": return .power(.init(power: -1))
    default: preconditionFailure("\(node.op) is no function of one element")
    }
  }

  mutating func readClip() throws(FormatError) {
    attributes.ignore("consumed_inputs")
    let input = try value()
    var bounds: [Double?] = [try attributes.float("min"), try attributes.float("max")]
    for index in 0..<2 where hasInput(index + 1) {
      let constant = try constant(index + 1, "a bound")
      guard let number = constant.scalar else {
        throw node.fault("expected one number for a bound, found \(constant.shape)")
      }
      bounds[index] = number
    }
    make(.value(try clip(input, bounds[0] ?? -.infinity, bounds[1] ?? .infinity)))
  }

  /// `min(max(x, minimum), maximum)`.
  mutating func clip(
    _ input: Value, _ minimum: Double, _ maximum: Double
  ) throws(FormatError) -> Value {
    // A bound that is as far out as floats go is none.
    let limit = Double(Float.greatestFiniteMagnitude)
    let (low, high) = (
      minimum <= -limit ? -.infinity : minimum, maximum >= limit ? .infinity : maximum
    )
    // Where the bounds are the wrong way round the maximum wins, as in ONNX.
    let isRectifier = low == 0 && high >= 0
    let function: Layer.Activation =
      isRectifier
      ? .relu(.init(maximum: high == .infinity ? nil : high))
      : .clip(minimum: min(low, high), maximum: high)
    return try addElementwise(.activation(function), to: input)
  }

  mutating func readPRelu() throws(FormatError) {
    attributes.ignore("consumed_inputs")
    let input = try value()
    let slope = try constant(1, "the slopes")
    guard slope.tensor != nil else { throw node.fault("expected slopes, found other elements") }
    let shape = input.onnxShape
    // Before opset 7 one slope for each channel, whatever the axes.
    let isOld = opset < 7
    let channels = shape.rank > 1 ? shape[1] : 1
    let count = slope.shape.elementCount
    if count == 1 {
      let one = slope.reshaped(to: [1])
      return make(
        .value(try addElementwise(.prelu(.init(slope: one.tensor!)), to: input, [(.slope, one)])))
    }
    let lead = shape.rank - 2
    let isPerChannel =
      count == channels
      && (isOld
        || slope.shape.rank == lead + 1 && slope.shape[0] == channels
        || slope.shape.rank == lead + 2 && slope.shape[1] == channels)
    if isPerChannel, input.layout == .plain || input.layout == .line {
      let row = slope.reshaped(to: [channels])
      return make(
        .value(try addElementwise(.prelu(.init(slope: row.tensor!)), to: input, [(.slope, row)])))
    }
    // Slopes of another kind: max(x, 0) − slope · max(−x, 0).
    let right = try addElementwise(.relu(), to: input, part: "right")
    let mirrored = try addElementwise(.power(.init(scale: -1)), to: input, part: "mirrored")
    let left = try addElementwise(.relu(), to: mirrored, part: "left")
    let scaled = try combine(left, slope, .product, part: "slope")
    var result = try add(
      .elementwise(.init(operation: .sum, coefficients: [1, -1])), to: [right, scaled])
    result.layout = input.layout
    make(.value(result))
  }
}
