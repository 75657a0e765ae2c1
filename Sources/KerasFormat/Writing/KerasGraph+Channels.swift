internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Batch normalization, scales and biases.
extension KerasGraph {
  mutating func add(_ layer: Layer.BatchNormalization, _ node: Node) throws(FormatError) {
    var input = value(node.inputs[0])
    if case .flattened = input.arrangement { input = plain(input, for: node) }
    let axis = input.kerasAxis(1)!  // no value is flattened any more
    var weights: [WeightDraft] = []
    if let gamma = layer.gamma { weights.append(try vector("gamma", gamma, .gamma, node)) }
    if let beta = layer.beta { weights.append(try vector("beta", beta, .beta, node)) }
    let isNormalization =
      layer.epsilon == 0 && weights.isEmpty && layer.factor == nil
      && layer.variance.doubles.allSatisfy { $0 >= 1e-14 }
    weights += [
      try vector(isNormalization ? "mean" : "moving_mean", layer.mean, .mean, node),
      try vector(isNormalization ? "variance" : "moving_variance", layer.variance, .variance, node),
    ]
    if isNormalization {
      // What Keras has as a layer of its own, whose variances nothing is added to.
      weights.append(WeightDraft(variable: "count", tensor: Tensor([], [0] as [Float])))
      let result = append(
        node, .normalization,
        [
          .init("axis", .integers([axis])), .init("invert", .bool(false)), .init("mean", .null),
          .init("variance", .null),
        ], weights: weights, to: [input], shape: input.shape, input.arrangement)
      return finish(node, result)
    }
    if layer.epsilon < 1.001e-5 { remarks.add(.epsilons, node.name) }
    let result = append(
      node, .batchNormalization,
      [
        .init("axis", .integer(axis)), .init("momentum", .double(0.99)),
        .init("epsilon", .double(layer.epsilon)), .init("center", .bool(layer.beta != nil)),
        .init("scale", .bool(layer.gamma != nil)),
      ], weights: weights, to: [input], shape: input.shape, input.arrangement)
    finish(node, result)
  }

  /// A factor that is a second input, or one number; for channels it is a convolution by now.
  mutating func add(_ layer: Layer.Scale, _ node: Node) throws(FormatError) {
    guard let scale = layer.scale else {
      try require(layer.bias == nil, node, "Keras has no layer that multiplies two values and adds")
      return try broadcast(.multiply, axis: layer.axis, node)
    }
    let input = value(node.inputs[0])
    try require(
      scale.shape.elementCount == 1, node,
      "Keras has no layer that multiplies \(input.shape) by a constant of \(scale.shape)")
    try addNumber(scale.doubles[0], layer.bias?.doubles[0] ?? 0, input, node)
  }

  /// An addend that is a second input, or one number; for channels it is a convolution by now.
  mutating func add(_ layer: Layer.Bias, _ node: Node) throws(FormatError) {
    guard let bias = layer.bias else { return try broadcast(.add, axis: layer.axis, node) }
    let input = value(node.inputs[0])
    try require(
      bias.shape.elementCount == 1, node,
      "Keras has no layer that adds a constant of \(bias.shape) to \(input.shape)")
    try addNumber(1, bias.doubles[0], input, node)
  }

  /// `scale · x + offset` for numbers that the definition holds.
  private mutating func addNumber(
    _ scale: Double, _ offset: Double, _ input: DraftValue, _ node: Node
  ) throws(FormatError) {
    try require(
      scale.isFinite && offset.isFinite, node,
      "a definition in JSON holds finite numbers only, found \(scale) and \(offset)")
    remarks.add(.numbers, node.name)
    let result = append(
      node, .rescaling, rescaling(scale, offset), to: [input], shape: input.shape,
      input.arrangement)
    finish(node, result)
  }

  /// Two values combined, the second one repeated along the axes it does not have.
  private mutating func broadcast(
    _ type: LayerDraft.Class, axis: Int, _ node: Node
  ) throws(FormatError) {
    let values = inputs(node)
    // A value whose channels were put last for this stays as it is.
    let plain = DraftValue.Arrangement.plain(values[0].shape.rank)
    let standard =
      values[0].arrangement == plain ? plain : DraftValue.standard(values[0].shape.rank)
    let input = arranged(values[0], standard, for: node.name)
    var operand = values[1]
    let rank = input.shape.rank
    if operand.shape != input.shape {
      // Axes of 1 before and behind; the batch stays the first.
      try require(
        axis == 0 && operand.shape.rank > 0 && operand.shape[0] == input.shape[0]
          && operand.shape.rank <= rank, node,
        "Keras combines values of one batch, found \(operand.shape) from axis \(axis) on with "
          + "\(input.shape)")
      operand = repeatable(operand, rank: rank, node)
    }
    operand = arranged(operand, standard, for: node.name)
    let result = append(node, type, to: [input, operand], shape: input.shape, standard)
    finish(node, result)
  }

  /// A value with axes of 1 behind its own.
  private mutating func repeatable(_ value: DraftValue, rank: Int, _ node: Node) -> DraftValue {
    let ones = [Int](repeating: 1, count: rank - value.shape.rank)
    let shape = Shape(value.shape.dimensions + ones)
    // The image whose axes of 1 were merged.
    if let image = images[value.source], image.shape == shape { return image }
    let source = value.isInOrder ? value : plain(value, for: node)
    var result = DraftValue(
      source: source.source, shape: shape, arrangement: DraftValue.standard(rank))
    if !result.isInOrder { result.arrangement = .plain(rank) }
    return append(
      unusedName("\(name(of: node))_operand"), .reshape,
      [.init("target_shape", .integers(Array(result.kerasShape.dimensions.dropFirst())))],
      to: [source], shape: shape, result.arrangement)
  }
}
