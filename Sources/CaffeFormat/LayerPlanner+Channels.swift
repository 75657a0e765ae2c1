internal import Files
internal import ModelGraph
internal import TensorCore

// Batch normalization and the layers that multiply or add by channel.
extension LayerPlanner {
  func plan(_ parameters: BatchNormParameters) throws(FormatError) -> LayerPlan {
    let input = inputs[0]
    try require(
      parameters.usesGlobalStatistics != false,
      "expected stored statistics, found use_global_stats: false, which normalizes by the batch "
        + "at hand: name the definition for inference")
    try require(input.rank >= 2, "expected an input with channels, found \(input)")
    let roles = parameters.layout.roles
    let weights = roles.map { role in
      var weight = LayerPlan.Weight(role, role == .factor ? [1] : Shape([input[1]]))
      weight.fitsAnyShape = parameters.fitsAnyShape
      switch role {
      case .factor where parameters.isFactorUnused: weight.transforms = [.setToOne]
      case .variance where parameters.hasInverseDeviation:
        weight.transforms = [.invertSquare(subtracting: parameters.epsilon)]
      default: break
      }
      return weight
    }
    return LayerPlan(weights: weights, outputShapes: [input]) { tensors in
      let byRole = Dictionary(uniqueKeysWithValues: zip(roles, tensors))
      return .batchNormalization(
        Layer.BatchNormalization(
          mean: byRole[.mean]!, variance: byRole[.variance]!,  // every layout has both
          factor: byRole[.factor], gamma: byRole[.gamma], beta: byRole[.beta],
          epsilon: parameters.epsilon))
    }
  }

  func planScale(_ axes: AxisRange, hasBias: Bool) throws(FormatError) -> LayerPlan {
    let (axis, operand) = try operand(axes)
    let isConstant = inputs.count == 1
    let weights: [LayerPlan.Weight] =
      (isConstant ? [.init(.scale, operand)] : []) + (hasBias ? [.init(.bias, operand)] : [])
    return LayerPlan(weights: weights, outputShapes: [inputs[0]]) { tensors in
      .scale(
        Layer.Scale(
          scale: isConstant ? tensors[0] : nil, bias: hasBias ? tensors.last : nil, axis: axis))
    }
  }

  /// A factor and an addend for each channel.
  func planAffine() throws(FormatError) -> LayerPlan {
    let input = inputs[0]
    try require(input.rank >= 2, "expected an input with channels, found \(input)")
    let weights = [Layer.WeightRole.scale, .bias].map { role in
      var weight = LayerPlan.Weight(role, [input[1]])
      weight.fitsAnyShape = true
      return weight
    }
    return LayerPlan(weights: weights, outputShapes: [input]) { tensors in
      .scale(Layer.Scale(scale: tensors[0], bias: tensors[1], axis: 1))
    }
  }

  func planBias(_ axes: AxisRange) throws(FormatError) -> LayerPlan {
    let (axis, operand) = try operand(axes)
    let isConstant = inputs.count == 1
    return LayerPlan(
      weights: isConstant ? [.init(.bias, operand)] : [], outputShapes: [inputs[0]]
    ) { tensors in
      .bias(Layer.Bias(bias: tensors.first, axis: axis))
    }
  }

  func planPReLU(isShared: Bool) throws(FormatError) -> LayerPlan {
    let input = inputs[0]
    try require(input.rank >= 2, "expected an input with channels, found \(input)")
    // Caffe stores a shared slope as a tensor without axes.
    let slope: LayerPlan.Weight =
      isShared
      ? .init(.slope, [], as: [1], transforms: [.reshape(from: [], to: [1])])
      : .init(.slope, [input[1]])
    return LayerPlan(weights: [slope], outputShapes: [input]) { tensors in
      .prelu(Layer.PReLU(slope: tensors[0]))
    }
  }

  /// Where and with which shape the operand of a Scale or Bias layer meets the first input: it is
  /// the second input, or a constant over some of the first one's axes.
  private func operand(_ axes: AxisRange) throws(FormatError) -> (axis: Int, shape: Shape) {
    let input = inputs[0]
    if inputs.count == 2, inputs[1].rank == 0 { return (0, []) }
    if inputs.count == 1, axes.count == 0 { return (0, []) }
    let axis = try canonical(axes.axis, of: input)
    if inputs.count == 2 {
      let end = axis + inputs[1].rank
      try require(
        end <= input.rank && Array(input.dimensions[axis..<end]) == inputs[1].dimensions,
        "expected a second bottom that fits \(input) from axis \(axis) on, found \(inputs[1])")
      return (axis, inputs[1])
    }
    try require(axes.count >= -1, "expected a num_axes of 0 or more, or -1, found \(axes.count)")
    let count = axes.count == -1 ? input.rank - axis : axes.count
    try require(
      count <= input.rank - axis,
      "expected at most \(input.rank - axis) axes from axis \(axis) of \(input) on, found \(count)")
    return (axis, Shape(Array(input.dimensions[axis..<axis + count])))
  }
}
