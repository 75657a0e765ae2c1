internal import Files
internal import ModelGraph
internal import TensorCore

// Products of matrices, one of them a constant.
extension GraphReader {
  mutating func readGemm() throws(FormatError) {
    let alpha = try attributes.float("alpha") ?? 1
    let beta = try attributes.float("beta") ?? 1
    attributes.ignore("broadcast")
    var input = try inOrder(try value(), part: "rows")
    guard input.shape.rank == 2 else {
      throw node.fault("expected a matrix, found \(input.onnxShape)")
    }
    if try attributes.flag("transA") {
      input = try add(.permutation(.init(axes: [1, 0])), to: [input], part: "transposed")
    }
    var kernel = try constant(1, "the second matrix")
    guard kernel.shape.rank == 2, kernel.tensor != nil else {
      throw node.fault("expected a matrix of weights, found \(kernel.shape)")
    }
    if try !attributes.flag("transB") { kernel = kernel.permuted([1, 0]) }
    if alpha != 1 { kernel = times(alpha, kernel) }
    guard hasInput(2) else { return make(.value(try multiply(input, kernel, nil))) }
    if case .value(let addend) = try operand(2) {
      let product = try multiply(input, kernel, nil, part: "product")
      let sum = try combine([product, addend], .sum, coefficients: beta == 1 ? [] : [1, beta])
      return make(.value(sum))
    }
    var bias = try constant(2, "the addend")
    guard bias.tensor != nil else { throw node.fault("expected an addend, found other elements") }
    if beta != 1 { bias = times(beta, bias) }
    let outputs = kernel.shape[0]
    let isRow = bias.shape.elementCount == outputs && bias.shape.dimensions.last == outputs
    if isRow || bias.shape.elementCount == 1 && outputs > 0 {
      let row =
        isRow ? bias.reshaped(to: [outputs]) : bias.reshaped(to: [1]).broadcast(to: [outputs])
      return make(.value(try multiply(input, kernel, row)))
    }
    let product = try multiply(input, kernel, nil, part: "product")
    make(.value(try addMatrix(bias, to: product)))
  }

  mutating func readMatMul() throws(FormatError) {
    guard case .value(let first) = try operand(0) else {
      throw node.fault("a product with a constant on the left is not supported")
    }
    guard case .constant(let second) = try operand(1) else {
      throw node.fault("a product of two computed values is not supported")
    }
    let input = try inOrder(first)
    guard second.shape.rank == 2, second.tensor != nil, input.shape.rank >= 2 else {
      throw node.fault(
        "expected a matrix of weights, found \(second.shape) for \(input.shape)")
    }
    make(.value(try multiply(input, second.permuted([1, 0]), nil)))
  }

  /// The product of the last axis with a matrix `[outputs, inputs]`.
  private mutating func multiply(
    _ input: Value, _ kernel: Constant, _ bias: Constant?, part: String? = nil
  ) throws(FormatError) -> Value {
    let layer = Layer.FullyConnected(
      kernel: kernel.tensor!, bias: bias?.tensor, axis: input.shape.rank - 1)  // a matrix: checked
    return try add(
      .fullyConnected(layer), to: [input], part: part,
      [(.kernel, kernel)] + (bias.map { [(.bias, $0)] } ?? []))
  }

  /// Adds a matrix that has rows of its own for each row of the product.
  private mutating func addMatrix(
    _ constant: Constant, to value: Value
  ) throws(FormatError) -> Value {
    guard Shape(broadcasting: value.shape, constant.shape) == value.shape else {
      throw node.fault("expected an addend that fits \(value.shape), found \(constant.shape)")
    }
    try requireSmall(value.shape.elementCount)
    let whole = constant.broadcast(to: value.shape)
    return try add(
      .bias(.init(bias: whole.tensor!, axis: 0)), to: [value], part: nil, [(.bias, whole)])
  }

  private func times(_ factor: Double, _ constant: Constant) -> Constant {
    let tensor = constant.tensor!  // checked by the callers
    return Constant(computed: .exact(tensor.shape, tensor.doubles.map { $0 * factor }))
  }
}
