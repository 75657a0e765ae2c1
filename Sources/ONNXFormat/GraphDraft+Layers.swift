internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

extension GraphDraft {
  /// Writes what computes one layer.
  mutating func write(_ node: Node) throws(FormatError) {
    switch node.layer {
    case .input(let layer):
      if layer.isLine { remarks.add(.lines, node.name) }
    case .convolution(let layer): write(layer)
    case .batchNormalization(let layer): write(layer)
    case .scale(let layer): write(layer)
    case .bias(let layer): write(layer)
    case .activation(let function): write(function)
    case .prelu(let layer):
      let count = layer.slope.shape.elementCount
      let ones = [Int](repeating: 1, count: max(shape(of: input()).rank - 2, 0))
      let slope = weight(.slope, layer.slope, as: Shape(count == 1 ? [1] : [count] + ones))
      emit("PRelu", [input(), slope])
    case .pooling(let layer): try write(layer)
    case .globalPooling(let layer):
      emit(layer.kind == .maximum ? "GlobalMaxPool" : "GlobalAveragePool", [input()])
    case .elementwise(let layer): write(layer)
    case .concatenation(let layer): emit("Concat", node.inputs, [("axis", .int(layer.axis))])
    case .slice(let layer): write(layer)
    case .crop(let layer): write(layer)
    case .zeroPadding(let layer): write(layer)
    case .fullyConnected(let layer): write(layer)
    case .flatten(let layer): write(layer)
    case .reshape(let layer): write(layer)
    case .permutation(let layer): emit("Transpose", [input()], [("perm", .ints(layer.axes))])
    case .softmax(let layer): write(layer)
    case .localResponseNormalization(let layer): write(layer)
    case .passThrough(let layer): write(layer)
    }
  }

  private mutating func write(_ layer: Layer.Convolution) {
    var inputs = [input(), weight(.kernel, layer.kernel)]
    if let bias = layer.bias { inputs.append(weight(.bias, bias, as: [bias.shape.elementCount])) }
    emit(
      "Conv", inputs,
      [
        ("dilations", .ints([layer.dilation.height, layer.dilation.width])),
        ("group", .int(layer.groups)),
        ("kernel_shape", .ints(Array(layer.kernel.shape.dimensions.dropFirst(2)))),
        ("pads", .ints(layer.padding.ends)),
        ("strides", .ints([layer.stride.height, layer.stride.width])),
      ])
  }

  private mutating func write(_ layer: Layer.BatchNormalization) {
    let channels = shape(of: input())[1]
    func flat(_ tensor: Tensor) -> Shape { [tensor.shape.elementCount] }
    let gamma =
      layer.gamma.map { weight(.gamma, $0, as: flat($0)) }
      ?? constant("ones", [Float](repeating: 1, count: channels), [channels])
    let beta =
      layer.beta.map { weight(.beta, $0, as: flat($0)) }
      ?? constant("zeros", [Float](repeating: 0, count: channels), [channels])
    emit(
      "BatchNormalization",
      [
        input(), gamma, beta, weight(.mean, layer.mean, as: flat(layer.mean)),
        weight(.variance, layer.variance, as: flat(layer.variance)),
      ], [("epsilon", .float(layer.epsilon))])
  }

  private mutating func write(_ layer: Layer.Scale) {
    let rank = shape(of: input()).rank
    guard let scale = layer.scale else {
      let factor = operand(input(1), from: layer.axis, of: rank)
      guard let bias = layer.bias else { return emit("Mul", [input(), factor]) }
      let product = between("product")
      emit("Mul", [input(), factor], to: [product])
      return emit("Add", [product, weight(.bias, bias, as: lined(bias, layer.axis, rank))])
    }
    let factor = weight(.scale, scale, as: lined(scale, layer.axis, rank))
    guard let bias = layer.bias else { return emit("Mul", [input(), factor]) }
    let product = between("product")
    emit("Mul", [input(), factor], to: [product])
    emit("Add", [product, weight(.bias, bias, as: lined(bias, layer.axis, rank))])
  }

  private mutating func write(_ layer: Layer.Bias) {
    let rank = shape(of: input()).rank
    let addend =
      layer.bias.map { weight(.bias, $0, as: lined($0, layer.axis, rank)) }
      ?? operand(input(1), from: layer.axis, of: rank)
    emit("Add", [input(), addend])
  }

  /// The shape of an operand whose first axis lines up with an axis of a value.
  private func lined(_ tensor: Tensor, _ axis: Int, _ rank: Int) -> Shape {
    guard tensor.shape.elementCount != 1 else { return [1] }
    let tail = [Int](repeating: 1, count: max(rank - axis - tensor.shape.rank, 0))
    return Shape(tensor.shape.dimensions + tail)
  }

  /// A value with axes of 1 behind its own, so that its first lines up with an axis of another.
  private mutating func operand(_ value: String, from axis: Int, of rank: Int) -> String {
    let own = shape(of: value).rank
    let tail = max(rank - axis - own, 0)
    guard tail > 0, shape(of: value).elementCount != 1 || own > 0 else { return value }
    let result = between("operand")
    let target = [Int](repeating: 0, count: own) + [Int](repeating: 1, count: tail)
    emit("Reshape", [value, integers("operand_shape", target)], to: [result])
    return result
  }

  private mutating func write(_ layer: Layer.Elementwise) {
    var operands = node.inputs
    if layer.operation == .sum, layer.coefficients == [1, -1] { return emit("Sub", operands) }
    for (index, coefficient) in layer.coefficients.enumerated() where coefficient != 1 {
      let scaled = between("coefficient\(index)")
      emit("Mul", [operands[index], number(coefficient)], to: [scaled])
      operands[index] = scaled
    }
    switch (layer.operation, operands.count) {
    case (_, 1): emit("Identity", operands)
    case (.sum, 2): emit("Add", operands)
    case (.sum, _): emit("Sum", operands)
    case (.maximum, _): emit("Max", operands)
    case (.minimum, _): emit("Min", operands)
    case (.product, _):
      var product = operands[0]
      for (index, operand) in operands.enumerated().dropFirst() {
        let isLast = index == operands.count - 1
        let result = isLast ? output : between("product\(index)")
        emit("Mul", [product, operand], to: [result])
        product = result
      }
    }
  }

  /// The product with the last axis, after lowering.
  private mutating func write(_ layer: Layer.FullyConnected) {
    let kernel = layer.kernel.shape
    let rank = shape(of: input()).rank
    guard rank > 1 else {
      // Gemm takes matrices only: one row, and its result without the axis of rows.
      let (row, product) = (between("row"), between("product"))
      emit("Reshape", [input(), integers("row_shape", [1, -1])], to: [row])
      var inputs = [row, weight(.kernel, layer.kernel)]
      if let bias = layer.bias { inputs.append(weight(.bias, bias, as: [kernel[0]])) }
      emit("Gemm", inputs, to: [product], [("transB", .int(1))])
      return emit("Reshape", [product, integers("shape", [-1])])
    }
    guard rank > 2 else {
      var inputs = [input(), weight(.kernel, layer.kernel)]
      if let bias = layer.bias { inputs.append(weight(.bias, bias, as: [kernel[0]])) }
      return emit("Gemm", inputs, [("transB", .int(1))])
    }
    let matrix = weight(
      .kernel, layer.kernel.permuted([1, 0]), as: [kernel[1], kernel[0]], [.transpose])
    guard let bias = layer.bias else { return emit("MatMul", [input(), matrix]) }
    let product = between("product")
    emit("MatMul", [input(), matrix], to: [product])
    emit("Add", [product, weight(.bias, bias, as: [kernel[0]])])
  }

  private mutating func write(_ layer: Layer.Softmax) {
    let op = layer.isLogarithmic ? "LogSoftmax" : "Softmax"
    let rank = shape(of: input()).rank
    // Before opset 13 all axes from this one on were one.
    guard opset < 13, layer.axis != rank - 1 else {
      return emit(op, [input()], [("axis", .int(layer.axis))])
    }
    var order = Array(0..<rank)
    order.swapAt(layer.axis, rank - 1)
    let (before, after) = (between("last"), between("softmax"))
    emit("Transpose", [input()], to: [before], [("perm", .ints(order))])
    emit(op, [before], to: [after], [("axis", .int(rank - 1))])
    emit("Transpose", [after], [("perm", .ints(order))])
  }

  private mutating func write(_ layer: Layer.LocalResponseNormalization) {
    switch layer.region {
    case .acrossChannels:
      emit(
        "LRN", [input()],
        [
          ("alpha", .float(layer.alpha)), ("beta", .float(layer.beta)), ("bias", .float(layer.k)),
          ("size", .int(layer.size)),
        ])
    case .withinChannel:
      // x / (1 + alpha · mean of x²) ^ beta
      let names = ["square", "mean", "scaled", "base", "divisor"].map { between($0) }
      let reach = layer.size / 2
      emit("Mul", [input(), input()], to: [names[0]])
      emit(
        "AveragePool", [names[0]], to: [names[1]],
        [
          ("count_include_pad", .int(1)), ("kernel_shape", .ints([layer.size, layer.size])),
          ("pads", .ints([reach, reach, reach, reach])), ("strides", .ints([1, 1])),
        ])
      emit("Mul", [names[1], number(layer.alpha)], to: [names[2]])
      emit("Add", [names[2], number(1)], to: [names[3]])
      emit("Pow", [names[3], number(layer.beta)], to: [names[4]])
      emit("Div", [input(), names[4]])
    }
  }

  private mutating func write(_ layer: Layer.PassThrough) {
    guard layer.kind == .dropout, let rate = layer.rate, rate < 1 else {
      if layer.kind != .split { remarks.add(.identities, node.name) }
      return emit("Identity", [input()])
    }
    guard opset >= 12 else { return emit("Dropout", [input()], [("ratio", .float(rate))]) }
    emit("Dropout", [input(), number(rate)])
  }
}

extension Padding {
  /// Begins, then ends, as ONNX has them.
  var ends: [Int] { [top, left, bottom, right] }
}
