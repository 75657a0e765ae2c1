internal import Files
internal import ModelGraph
internal import TensorCore

// Functions that a model calls without a layer around them.
extension NetworkBuilder {
  /// Adds what one call of an operator computes.
  ///
  /// - Throws: `FormatError` naming the operator, where its arguments are others than are supported.
  mutating func operate(
    _ layer: KerasLayer, _ call: OperatorCall, _ values: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    guard let function = layer.operation?.function else { throw layer.unsupported }
    let arguments = OperatorArguments(layer: layer, call: call, values: values)
    switch function {
    case .add, .subtract, .multiply, .divide, .maximum, .minimum, .power:
      return try combine(function, arguments)
    case .concatenate, .stack: return try joinAll(function, arguments)
    case .negative, .square, .clip, .relu, .relu6, .leakyReLU, .elu, .sigmoid, .tanh, .softmax,
      .silu, .identity, .cast:
      return try elementwise(function, arguments)
    case .mean: return try reduce(.average, arguments)
    case .largest: return try reduce(.maximum, arguments)
    case .getItem: return try getItem(arguments)
    case .flip: return try flip(arguments)
    case .pad: return try pad(arguments)
    case .reshape, .expand, .squeeze: return try rename(function, arguments)
    }
  }

  /// A function of each element of one value.
  private mutating func elementwise(
    _ function: Operator, _ arguments: OperatorArguments
  ) throws(FormatError) -> KerasValue {
    let (layer, input) = (arguments.layer, try arguments.value())
    func only(_ part: Layer) -> [Part] { [Part(nil, part)] }
    let parts: [Part]
    switch function {
    case .negative: parts = only(.power(.init(scale: -1)))
    case .square: parts = only(.power(.init(power: 2)))
    case .relu: parts = only(.relu(.init()))
    case .relu6: parts = only(.relu(.init(maximum: 6)))
    case .leakyReLU:
      let slope = try arguments.number(1, "negative_slope", "alpha") ?? 0.2
      parts = only(.relu(.init(negativeSlope: slope)))
    case .elu: parts = only(.elu(.init(alpha: try arguments.number(1, "alpha") ?? 1)))
    case .sigmoid: parts = only(.sigmoid)
    case .tanh: parts = only(.tanh)
    case .clip:
      let least = try arguments.number(1, "x_min", "clip_value_min")
      let most = try arguments.number(2, "x_max", "clip_value_max")
      guard least == 0, let most, most >= 0 else {
        throw layer.settings.fault("only a clip from 0 on is supported")
      }
      parts = only(.relu(.init(maximum: most)))
    case .softmax:
      let axis = try arguments.axes(1, of: input, "axis") ?? [input.kerasShape.rank - 1]
      guard axis.count == 1, !input.arrangement.isFlattened else {
        throw layer.settings.fault("expected one axis for the softmax")
      }
      parts = only(.softmax(.init(axis: input.canonicalAxis(axis[0]))))
    case .silu:
      let factor = try add("\(layer.path)/sigmoid", only(.sigmoid), to: [input])
      let product = Layer.Elementwise(operation: .product)
      return try add(layer.path, only(.elementwise(product)), to: [input, factor])
    case .cast:
      let type = arguments.text(1, "dtype", "DstT") ?? ""
      let types = ["half", "float16", "bfloat16", "float32", "float", "float64"]
      guard types.contains(type.lowercased().replacing("dt_", with: "")) else {
        throw layer.settings.fault("a cast to \(type) is not supported")
      }
      parts = named([])
    case .identity: parts = named([])
    case .add, .subtract, .multiply, .divide, .power, .maximum, .minimum, .mean, .largest,
      .concatenate, .stack, .getItem, .flip, .pad, .reshape, .expand, .squeeze:
      preconditionFailure("\(function) is no function of each element")
    }
    return try add(layer.path, parts, to: [input])
  }

  /// Two values, or a value and a constant; for a sum also several values.
  private mutating func combine(
    _ function: Operator, _ arguments: OperatorArguments
  ) throws(FormatError) -> KerasValue {
    let layer = arguments.layer
    if case .list? = arguments.call[0, []], function == .add {
      return try combine(layer, .init(operation: .sum), try alike(try arguments.list()))
    }
    guard let first = arguments.call[0, ["x1", "x", "value"]],
      let second = arguments.call[1, ["x2", "y", "bias"]]
    else { throw layer.settings.fault("expected two operands") }
    switch (first, second) {
    case (.value(let left), .value(let right)):
      return try combine(function, layer, [arguments.values[left], arguments.values[right]])
    case (.value(let value), _):
      let constant = try arguments.constant(second)
      return try combine(function, arguments, arguments.values[value], with: constant)
    case (_, .value(let value)):
      let constant = try arguments.constant(first)
      return try combine(function, arguments, constant, with: arguments.values[value])
    case (.constant, _), (.list, _):
      throw layer.settings.fault("expected a value among the operands, found constants only")
    }
  }

  private mutating func combine(
    _ function: Operator, _ layer: KerasLayer, _ values: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    let (left, right) = (values[0].kerasShape, values[1].kerasShape)
    // Axes are counted from the last one on, other than in layers: the batch would meet another.
    guard left.rank == right.rank else {
      throw layer.settings.fault("values of \(left) and \(right) are not combined")
    }
    let inputs = try alike(values)
    switch function {
    case .add: return try combine(layer, .init(operation: .sum), inputs)
    case .subtract:
      return try combine(layer, .init(operation: .sum, coefficients: [1, -1]), inputs)
    case .multiply: return try combine(layer, .init(operation: .product), inputs)
    case .maximum: return try combine(layer, .init(operation: .maximum), inputs)
    case .divide:
      let inverse = Part(nil, .power(.init(power: -1)))
      let factor = try add("\(layer.path)/inverse", [inverse], to: [inputs[1]])
      return try combine(layer, .init(operation: .product), [inputs[0], factor])
    case .minimum, .power, .negative, .square, .clip, .relu, .relu6, .leakyReLU, .elu, .sigmoid,
      .tanh, .softmax, .silu, .identity, .cast, .mean, .largest, .concatenate, .stack, .getItem,
      .flip, .pad, .reshape, .expand, .squeeze:
      throw layer.settings.fault("\(function) of two values is not supported")
    }
  }

  /// A value, and a constant behind the sign.
  private mutating func combine(
    _ function: Operator, _ arguments: OperatorArguments, _ value: KerasValue,
    with constant: Constant
  ) throws(FormatError) -> KerasValue {
    let layer = arguments.layer
    switch function {
    case .add:
      var addend = constant
      // In the nodes of a graph, in base 64.
      if ["NCHW", "TkNIVw=="].contains(arguments.text(nil, "data_format")) {
        addend.shape += [Int](repeating: 1, count: max(value.kerasShape.rank - 2, 0))
      }
      return try affine(layer, value, shift: addend)
    case .subtract: return try affine(layer, value, shift: constant.map { -$0 })
    case .multiply: return try affine(layer, value, scale: constant)
    case .divide:
      guard !constant.values.contains(0) else { throw layer.settings.fault("a division by 0") }
      return try affine(layer, value, scale: constant.map { 1 / $0 })
    case .power:
      guard let exponent = constant.number else {
        throw layer.settings.fault("expected one exponent for all elements")
      }
      return try add(layer.path, [Part(nil, .power(.init(power: exponent)))], to: [value])
    case .maximum where constant.number == 0:
      return try add(layer.path, [Part(nil, .relu(.init()))], to: [value])
    case .maximum, .minimum, .negative, .square, .clip, .relu, .relu6, .leakyReLU, .elu, .sigmoid,
      .tanh, .softmax, .silu, .identity, .cast, .mean, .largest, .concatenate, .stack, .getItem,
      .flip, .pad, .reshape, .expand, .squeeze:
      throw layer.settings.fault("\(function) of a value and a constant is not supported")
    }
  }

  /// A constant, and a value behind the sign.
  private mutating func combine(
    _ function: Operator, _ arguments: OperatorArguments, _ constant: Constant,
    with value: KerasValue
  ) throws(FormatError) -> KerasValue {
    let layer = arguments.layer
    switch function {
    case .subtract: return try affine(layer, value, scale: Constant(-1), shift: constant)
    case .divide:
      guard let number = constant.number, number != 0 else {
        throw layer.settings.fault("expected one number other than 0 to divide")
      }
      return try add(
        layer.path, [Part(nil, .power(.init(power: -1, scale: 1 / number)))], to: [value])
    case .power: throw layer.settings.fault("a power of a constant is not supported")
    case .add, .multiply, .maximum, .minimum, .negative, .square, .clip, .relu, .relu6,
      .leakyReLU, .elu, .sigmoid, .tanh, .softmax, .silu, .identity, .cast, .mean, .largest,
      .concatenate, .stack, .getItem, .flip, .pad, .reshape, .expand, .squeeze:
      return try combine(function, arguments, value, with: constant)
    }
  }
}
