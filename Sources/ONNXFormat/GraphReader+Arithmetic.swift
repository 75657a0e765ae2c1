internal import Files
internal import ModelGraph
internal import TensorCore

// Sums, products and their kin of several values, and of values and constants.
extension GraphReader {
  mutating func readBinary() throws(FormatError) {
    attributes.ignore("consumed_inputs")
    let (first, second) = (try operand(0), try aligned(try operand(1), to: try operand(0)))
    switch (node.op, first, second) {
    case ("Add", _, _): make(.value(try combineAll([first, second], .sum)))
    case ("Mul", _, _): make(.value(try combineAll([first, second], .product)))
    case ("Sub", .value(let a), .value(let b)):
      make(.value(try combine([a, b], .sum, coefficients: [1, -1])))
    case ("Sub", .value(let a), .constant(let b)):
      make(.value(try combine(a, try mapped(b) { -$0 }, .sum)))
    case ("Sub", .constant(let a), .value(let b)):
      let negative = try addElementwise(.power(.init(scale: -1)), to: b, part: "negative")
      make(.value(try combine(negative, a, .sum)))
    case ("Div", .value(let a), .value(let b)):
      let inverse = try addElementwise(.power(.init(power: -1)), to: b, part: "inverse")
      make(.value(try combine([a, inverse], .product)))
    case ("Div", .value(let a), .constant(let b)):
      make(.value(try combine(a, try mapped(b) { 1 / $0 }, .product)))
    case ("Div", .constant(let a), .value(let b)):
      let inverse = try addElementwise(.power(.init(power: -1)), to: b, part: "inverse")
      make(.value(try combine(inverse, a, .product)))
    case ("Pow", .value(let a), .constant(let b)):
      guard let power = b.scalar, b.shape.rank <= a.rank else {
        throw node.fault("expected one number for the power, found \(b.shape)")
      }
      make(.value(try addElementwise(.power(.init(power: power)), to: a)))
    default:
      throw node.fault("\(node.op) of these operands is not supported: a power is one constant")
    }
  }

  /// The second operand where operators of opset 6 line it up by an attribute.
  private mutating func aligned(
    _ operand: Operand, to first: Operand
  ) throws(FormatError) -> Operand {
    guard opset < 7 else { return operand }
    let isBroadcast = try attributes.flag("broadcast")
    let axis = try attributes.int("axis")
    guard isBroadcast, let axis else { return operand }
    func rank(_ operand: Operand) -> Int {
      switch operand {
      case .constant(let constant): constant.shape.rank
      case .value(let value): value.rank
      }
    }
    let (whole, part) = (rank(first), rank(operand))
    let start = try self.axis(axis, of: whole)
    guard start + part <= whole else {
      throw node.fault("expected an operand that fits from axis \(axis) on")
    }
    let tail = [Int](repeating: 1, count: whole - start - part)
    guard !tail.isEmpty else { return operand }
    switch operand {
    case .constant(let constant):
      return .constant(constant.reshaped(to: Shape(constant.shape.dimensions + tail)))
    case .value(let value):
      let plain = try inOrder(value)
      return .value(
        try add(.reshape(.init(extents: tail, axis: part, axisCount: 0)), to: [plain], part: "axes")
      )
    }
  }

  mutating func readVariadic() throws(FormatError) {
    attributes.ignore("consumed_inputs")
    var operands: [Operand] = []
    for index in node.inputs.indices { operands.append(try operand(index)) }
    switch node.op {
    case "Sum": make(.value(try combineAll(operands, .sum)))
    case "Max": make(.value(try combineAll(operands, .maximum)))
    case "Min": make(.value(try combineAll(operands, .minimum)))
    default:
      guard operands.count > 1 else { return make(.value(try combineAll(operands, .sum))) }
      let sum = try combineAll(operands, .sum, part: "sum")
      make(.value(try addElementwise(.power(.init(scale: 1 / Double(operands.count))), to: sum)))
    }
  }

  /// Values and constants combined: values first, then constants one by one.
  private mutating func combineAll(
    _ operands: [Operand], _ operation: Layer.Elementwise.Operation, part: String? = nil
  ) throws(FormatError) -> Value {
    var values: [Value] = []
    var constants: [Constant] = []
    for operand in operands {
      switch operand {
      case .value(let value): values.append(value)
      case .constant(let constant): constants.append(constant)
      }
    }
    guard var result = values.first else {
      throw node.fault("\(node.op) of constants of this type is not supported")
    }
    if values.count > 1 {
      result = try combine(values, operation, part: constants.isEmpty ? part : "values")
    }
    for (index, constant) in constants.enumerated() {
      let isLast = index == constants.count - 1
      result = try combine(
        result, constant, operation, part: isLast ? part : "constant\(index)")
    }
    guard values.count == 1, constants.isEmpty else { return result }
    return try addElementwise(.passThrough(.init(kind: .split)), to: result, part: part)
  }

  /// Values combined element by element, broadcast.
  mutating func combine(
    _ values: [Value], _ operation: Layer.Elementwise.Operation, coefficients: [Double] = [],
    part: String? = nil
  ) throws(FormatError) -> Value {
    var values = values
    let isAlike = values.allSatisfy {
      $0.layout == values[0].layout && $0.shape.rank == values[0].shape.rank
    }
    if !isAlike {
      for index in values.indices {
        values[index] = try inOrder(values[index], part: "order\(index)")
      }
    }
    guard coefficients.isEmpty, operation == .product, let gated = try gate(values, part: part)
    else {
      var result = try add(
        .elementwise(.init(operation: operation, coefficients: coefficients)), to: values,
        part: part)
      result.layout = values[0].layout
      return result
    }
    return gated
  }

  /// An image times one number for each of its channels, as squeeze-and-excitation has it.
  private mutating func gate(_ values: [Value], part: String?) throws(FormatError) -> Value? {
    guard values.count == 2, values.allSatisfy({ $0.shape.rank == 4 }) else { return nil }
    let (a, b) = (values[0], values[1])
    let isGate = { (value: Value, gate: Value) in
      gate.shape.dimensions == [value.shape[0], value.shape[1], 1, 1] && value.shape != gate.shape
    }
    guard isGate(a, b) || isGate(b, a) else { return nil }
    let (image, gate) = isGate(a, b) ? (a, b) : (b, a)
    let row = try add(.flatten(.init()), to: [gate], part: "gate")
    var result = try add(.scale(.init(scale: nil, axis: 0)), to: [image, row], part: part)
    result.layout = image.layout
    return result
  }

  /// A value and a constant combined element by element; the constant is broadcast to the value.
  mutating func combine(
    _ value: Value, _ constant: Constant, _ operation: Layer.Elementwise.Operation,
    part: String? = nil
  ) throws(FormatError) -> Value {
    guard constant.doubles != nil else {
      throw node.fault("expected numbers, found other elements")
    }
    if let number = constant.scalar, constant.shape.rank <= value.rank {
      switch operation {
      case .sum: return try addElementwise(.power(.init(shift: number)), to: value, part: part)
      case .product: return try addElementwise(.power(.init(scale: number)), to: value, part: part)
      case .maximum: return try clip(value, number, .infinity)
      case .minimum: return try clip(value, -.infinity, number)
      }
    }
    let shape = value.onnxShape
    guard Shape(broadcasting: shape, constant.shape) == shape else {
      throw node.fault(
        "a constant that is larger than the value is not supported: \(constant.shape) for \(shape)")
    }
    // The constant's axes as the network has them.
    let rank = shape.rank
    let lead = [Int](repeating: 1, count: rank - constant.shape.rank)
    var operand = constant.reshaped(to: Shape(lead + constant.shape.dimensions))
    switch value.layout {
    case .plain: break
    case .line:
      let extents = operand.shape.dimensions
      operand = operand.reshaped(to: Shape([extents[0], extents[1], 1, extents[2]]))
    case .permuted(let axes):
      operand = operand.permuted(axes.indices.map { axes.firstIndex(of: $0)! })  // each axis once
    }
    // From the first to the last axis that is not repeated; what lies between is written out.
    let extents = operand.shape.dimensions
    guard let first = extents.firstIndex(where: { $0 != 1 }),
      let last = extents.lastIndex(where: { $0 != 1 })
    else { throw node.fault("expected a constant of several elements, found \(constant.shape)") }
    let inner = Shape(Array(value.shape.dimensions[first...last]))
    try requireSmall(inner.elementCount)
    let row = operand.reshaped(to: Shape(Array(extents[first...last]))).broadcast(to: inner)
    guard let tensor = row.tensor else {
      throw node.fault("expected floating point numbers, found integers")
    }
    switch operation {
    case .sum:
      if part == nil, let merged = mergeBias(row, axis: first, into: value) { return merged }
      let bias = Layer.Bias(bias: tensor, axis: first)
      return try addElementwise(.bias(bias), to: value, part: part, [(.bias, row)])
    case .product:
      let scale = Layer.Scale(scale: tensor, axis: first)
      return try addElementwise(.scale(scale), to: value, part: part, [(.scale, row)])
    case .maximum, .minimum:
      throw node.fault("\(node.op) with a constant of several numbers is not supported")
    }
  }

  /// A constant with a function applied to each number.
  private func mapped(
    _ constant: Constant, _ function: (Double) -> Double
  ) throws(FormatError) -> Constant {
    guard let tensor = constant.tensor else {
      throw node.fault("expected floating point numbers, found other elements")
    }
    try requireSmall(tensor.shape.elementCount)
    return Constant(computed: .like(tensor, tensor.shape, tensor.doubles.map(function)))
  }
}
