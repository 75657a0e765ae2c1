internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Batch normalization, scales and biases.
extension KerasGraph {
  mutating func add(_ layer: Layer.BatchNormalization, _ node: Node) throws(FormatError) {
    let reader = readers[node.outputs[0]] ?? []
    if layer.gamma == nil, layer.beta == nil, reader.count == 1,
      affine(of: reader[0], channels: layer.mean.shape.elementCount) != nil
    {
      // Caffe's pair: the scale behind it becomes gamma and beta.
      waiting[node.outputs[0]] = (layer, node)
    } else {
      try normalize(layer, node, affine: nil)
    }
  }

  /// A factor and an addend for each channel, constants of a node, as gamma and beta.
  private struct Affine {
    var node: Node
    var gamma: (tensor: Tensor, role: Layer.WeightRole)?
    var beta: (tensor: Tensor, role: Layer.WeightRole)?
  }

  /// What a scale or bias layer does to channels; nil for any other layer, or if it does not.
  private func affine(of node: Node, channels: Int) -> Affine? {
    func isVector(_ tensor: Tensor?, _ axis: Int) -> Bool {
      guard let shape = tensor?.shape else { return false }
      return axis == 1 && shape.rank > 0 && shape[0] == channels && shape.elementCount == channels
    }
    switch node.layer {
    case .scale(let layer):
      guard let scale = layer.scale, isVector(scale, layer.axis) else { return nil }
      return Affine(
        node: node, gamma: (scale, .scale), beta: layer.bias.map { ($0, .bias) })
    case .bias(let layer):
      guard let bias = layer.bias, isVector(bias, layer.axis) else { return nil }
      return Affine(node: node, beta: (bias, .bias))
    default: return nil
    }
  }

  private mutating func normalize(
    _ layer: Layer.BatchNormalization, _ node: Node, affine: Affine?
  ) throws(FormatError) {
    var input = value(node.inputs[0])
    if case .flattened = input.arrangement { input = plain(input, for: node) }
    let axis = input.kerasAxis(1)!  // no value is flattened any more
    let gamma =
      layer.gamma.map { ($0, Layer.WeightRole.gamma, node) }
      ?? affine?.gamma.map { ($0.tensor, $0.role, affine!.node) }
    let beta =
      layer.beta.map { ($0, Layer.WeightRole.beta, node) }
      ?? affine?.beta.map { ($0.tensor, $0.role, affine!.node) }
    var weights: [WeightDraft] = []
    for (variable, source) in [("gamma", gamma), ("beta", beta)] {
      guard let (tensor, role, owner) = source else { continue }
      weights.append(try vector(variable, tensor, role, owner))
    }
    var division: [Ledger.Transform] = []
    if let factor = layer.factor?.doubles[0], factor != 1 {
      // No batch was ever seen: both statistics are 0.
      division = [.divide(by: factor == 0 ? .infinity : factor)]
      remarks.add(.dividedStatistics, node.name)
    }
    let isNormalization =
      layer.epsilon == 0 && weights.isEmpty && layer.factor == nil
      && layer.variance.doubles.allSatisfy { $0 >= 1e-14 }
    weights += [
      try vector(isNormalization ? "mean" : "moving_mean", layer.mean, .mean, node, division),
      try vector(
        isNormalization ? "variance" : "moving_variance", layer.variance, .variance, node, division),
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
        .init("epsilon", .double(layer.epsilon)), .init("center", .bool(beta != nil)),
        .init("scale", .bool(gamma != nil)),
      ], weights: weights, to: [input], shape: input.shape, input.arrangement)
    finish(affine?.node ?? node, result)
  }

  /// Folds a node into the normalization that waits for it; false where none does.
  private mutating func fold(_ node: Node) throws(FormatError) -> Bool {
    guard let (layer, normalization) = waiting.removeValue(forKey: node.inputs[0]) else {
      return false
    }
    remarks.add(.foldedScales, "\(node.name) into \(normalization.name)")
    try normalize(
      layer, normalization, affine: affine(of: node, channels: layer.mean.shape.elementCount))
    return true
  }

  mutating func add(_ layer: Layer.Scale, _ node: Node) throws(FormatError) {
    guard try !fold(node) else { return }
    guard let scale = layer.scale else {
      try require(layer.bias == nil, node, "Keras has no layer that multiplies two values and adds")
      return try broadcast(.multiply, axis: layer.axis, node)
    }
    let input = value(node.inputs[0])
    if let affine = affine(of: node, channels: input.shape.rank > 1 ? input.shape[1] : 0) {
      return try multiply(input, affine)
    }
    try require(
      scale.shape.elementCount == 1, node,
      "Keras has no layer that multiplies \(input.shape) by a constant of \(scale.shape)")
    try addNumber(scale.doubles[0], layer.bias?.doubles[0] ?? 0, input, node)
  }

  mutating func add(_ layer: Layer.Bias, _ node: Node) throws(FormatError) {
    guard try !fold(node) else { return }
    guard let bias = layer.bias else { return try broadcast(.add, axis: layer.axis, node) }
    let input = value(node.inputs[0])
    if let affine = affine(of: node, channels: input.shape.rank > 1 ? input.shape[1] : 0) {
      return try multiply(input, affine)
    }
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

  /// A depthwise convolution whose kernels are one pixel: a factor and an addend for each channel.
  private mutating func multiply(
    _ input: DraftValue, _ affine: Affine
  ) throws(FormatError) {
    let node = affine.node
    let channels = input.shape[1]
    try require(
      [2, 4].contains(input.shape.rank), node,
      "Keras has no layer that multiplies the channels of \(input.shape) by constants")
    var image = input
    if input.shape.rank == 2 {
      let source = plain(input, for: node)
      image = append(
        unusedName("\(name(of: node))_image"), .reshape,
        [.init("target_shape", .integers([1, 1, channels]))], to: [source],
        shape: [input.shape[0], channels, 1, 1], .image)
    } else {
      image = self.image(image, for: node)
    }
    let kernel: Shape = [1, 1, channels, 1]
    var weights: [WeightDraft] = []
    if let (scale, role) = affine.gamma {
      weights.append(
        try weight(
          "depthwise_kernel", scale, role, node, [.reshape(from: scale.shape, to: kernel)]))
    } else {
      let ones = Tensor(kernel, [Float](repeating: 1, count: channels))
      weights.append(WeightDraft(variable: "depthwise_kernel", tensor: ones))
    }
    if let (bias, role) = affine.beta { weights.append(try vector("bias", bias, role, node)) }
    remarks.add(.scales, node.name)
    var result = append(
      node, .depthwiseConvolution,
      [
        .init("kernel_size", .integers([1, 1])), .init("strides", .integers([1, 1])),
        .init("padding", .string("valid")), .init("data_format", .string("channels_last")),
        .init("dilation_rate", .integers([1, 1])), .init("depth_multiplier", .integer(1)),
        .init("activation", .string("linear")), .init("use_bias", .bool(affine.beta != nil)),
      ], weights: weights, to: [image], shape: image.shape, .image)
    if input.shape.rank == 2 {
      result = append(
        unusedName("\(name(of: node))_flatten"), .flatten, [], to: [result], shape: input.shape,
        .plain(2))
    }
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
    finish(node, result, isNonNegative: input.isNonNegative && operand.isNonNegative)
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
