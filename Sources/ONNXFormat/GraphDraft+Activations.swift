internal import ModelGraph
internal import TensorCore

// Functions of one element; those that the set of operators lacks are computed by several.
extension GraphDraft {
  mutating func write(_ function: Layer.Activation) {
    switch function {
    case .relu(let layer): write(layer)
    case .clip(let minimum, let maximum): clip(input(), minimum, maximum)
    case .elu(let layer): emit("Elu", [input()], [("alpha", .float(layer.alpha))])
    case .selu(let alpha, let gamma):
      emit("Selu", [input()], [("alpha", .float(alpha)), ("gamma", .float(gamma))])
    case .celu(let alpha):
      guard opset < 12 else { return emit("Celu", [input()], [("alpha", .float(alpha))]) }
      let (scaled, elu) = (between("scaled"), between("elu"))
      emit("Mul", [input(), number(1 / alpha)], to: [scaled])
      emit("Elu", [scaled], to: [elu])
      emit("Mul", [elu, number(alpha)])
    case .sigmoid: emit("Sigmoid", [input()])
    case .hardSigmoid(let slope, let offset):
      emit("HardSigmoid", [input()], [("alpha", .float(slope)), ("beta", .float(offset))])
    case .tanh: emit("Tanh", [input()])
    case .silu:
      let sigmoid = between("sigmoid")
      emit("Sigmoid", [input()], to: [sigmoid])
      emit("Mul", [input(), sigmoid])
    case .hardSwish:
      guard opset < 14 else { return emit("HardSwish", [input()]) }
      let gate = between("gate")
      emit(
        "HardSigmoid", [input()], to: [gate], [("alpha", .float(1.0 / 6)), ("beta", .float(0.5))])
      emit("Mul", [input(), gate])
    case .gelu: writeGELU()
    case .geluTanh: writeTanhGELU()
    case .mish:
      guard opset < 18 else { return emit("Mish", [input()]) }
      let (softplus, tanh) = (between("softplus"), between("tanh"))
      emit("Softplus", [input()], to: [softplus])
      emit("Tanh", [softplus], to: [tanh])
      emit("Mul", [input(), tanh])
    case .softplus: emit("Softplus", [input()])
    case .softsign: emit("Softsign", [input()])
    case .absolute: emit("Abs", [input()])
    case .exponential: emit("Exp", [input()])
    case .logarithm: emit("Log", [input()])
    case .errorFunction: emit("Erf", [input()])
    case .power(let layer): write(layer)
    }
  }

  private mutating func write(_ layer: Layer.ReLU) {
    switch (layer.negativeSlope, layer.maximum) {
    case (0, nil): emit("Relu", [input()])
    case (0, let maximum?): clip(input(), 0, maximum)
    case (let slope, nil): emit("LeakyRelu", [input()], [("alpha", .float(slope))])
    case (let slope, let maximum?):
      let leaky = between("leaky")
      emit("LeakyRelu", [input()], to: [leaky], [("alpha", .float(slope))])
      clip(leaky, -.infinity, maximum)
    }
  }

  private mutating func clip(_ value: String, _ minimum: Double, _ maximum: Double) {
    var bounds = [minimum == -.infinity ? "" : number(minimum)]
    if maximum != .infinity { bounds.append(number(maximum)) }
    while bounds.last == "" { bounds.removeLast() }
    emit("Clip", [value] + bounds)
  }

  /// `(shift + scale · x) ^ power`.
  private mutating func write(_ layer: Layer.Power) {
    enum Operation { case multiply, add, raise }
    var operations: [Operation] = []
    if layer.scale != 1 { operations.append(.multiply) }
    if layer.shift != 0 { operations.append(.add) }
    if layer.power != 1 { operations.append(.raise) }
    guard !operations.isEmpty else { return emit("Identity", [input()]) }
    var value = input()
    for (index, operation) in operations.enumerated() {
      let isLast = index == operations.count - 1
      let result = isLast ? output : between(["scaled", "shifted"][min(index, 1)])
      switch operation {
      case .multiply where layer.scale == -1: emit("Neg", [value], to: [result])
      case .multiply: emit("Mul", [value, number(layer.scale)], to: [result])
      case .add: emit("Add", [value, number(layer.shift)], to: [result])
      case .raise:
        switch layer.power {
        case 0.5: emit("Sqrt", [value], to: [result])
        case -1: emit("Reciprocal", [value], to: [result])
        default: emit("Pow", [value, number(layer.power)], to: [result])
        }
      }
      value = result
    }
  }

  private mutating func writeGELU() {
    guard opset < 20 else { return emit("Gelu", [input()]) }
    // x / 2 · (1 + erf(x / √2))
    let names = ["scaled", "erf", "sum", "half"].map { between($0) }
    emit("Mul", [input(), number(0.5.squareRoot())], to: [names[0]])
    emit("Erf", [names[0]], to: [names[1]])
    emit("Add", [names[1], number(1)], to: [names[2]])
    emit("Mul", [input(), number(0.5)], to: [names[3]])
    emit("Mul", [names[3], names[2]])
  }

  private mutating func writeTanhGELU() {
    guard opset < 20 else { return emit("Gelu", [input()], [("approximate", .string("tanh"))]) }
    // x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
    let names = ["cube", "small", "inner", "scaled", "tanh", "sum", "product"].map { between($0) }
    emit("Pow", [input(), number(3)], to: [names[0]])
    emit("Mul", [names[0], number(0.044715)], to: [names[1]])
    emit("Add", [input(), names[1]], to: [names[2]])
    emit("Mul", [names[2], number((2 / Double.pi).squareRoot())], to: [names[3]])
    emit("Tanh", [names[3]], to: [names[4]])
    emit("Add", [names[4], number(1)], to: [names[5]])
    // In this order: an optimizer of onnxruntime takes the other for what it fuses, and fails.
    emit("Mul", [input(), names[5]], to: [names[6]])
    emit("Mul", [names[6], number(0.5)])
  }
}
