internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Layers that work on each element, or on several values.
extension KerasGraph {
  /// Adds a layer that makes each element of its input into another one.
  private mutating func addUnary(
    _ node: Node, _ type: LayerDraft.Class, _ settings: [JSON.Member], isNonNegative: Bool
  ) {
    let input = value(node.inputs[0])
    let result = append(
      node, type, settings, to: [input], shape: input.shape, input.arrangement)
    finish(node, result, isNonNegative: isNonNegative)
  }

  mutating func add(_ function: Layer.Activation, _ node: Node) throws(FormatError) {
    switch function {
    case .relu(let layer): return try add(layer, node)
    case .elu(let layer): return try add(layer, node)
    case .power(let layer): return try add(layer, node)
    default: break
    }
    guard let name = function.kerasName else {
      throw fault(node, "not every Keras has a layer that computes this function: \(function.name)")
    }
    addUnary(
      node, .activation, [.init("activation", .string(name))],
      isNonNegative: ["sigmoid", "softplus", "exponential"].contains(name))
  }

  private mutating func add(_ layer: Layer.ReLU, _ node: Node) throws(FormatError) {
    try require(
      layer.negativeSlope >= 0 && layer.negativeSlope.isFinite, node,
      "Keras' rectifiers have slopes of 0 or more, found \(layer.negativeSlope)")
    if let maximum = layer.maximum {
      try require(
        maximum >= 0 && maximum.isFinite, node,
        "Keras' rectifiers have caps of 0 or more, found \(maximum)")
    }
    addUnary(
      node, .relu,
      [
        .init("max_value", layer.maximum.map { .double($0) } ?? .null),
        .init("negative_slope", .double(layer.negativeSlope)), .init("threshold", .double(0)),
      ], isNonNegative: layer.negativeSlope == 0)
  }

  private mutating func add(_ layer: Layer.ELU, _ node: Node) throws(FormatError) {
    try require(layer.alpha.isFinite, node, "expected a finite alpha, found \(layer.alpha)")
    addUnary(node, .elu, [.init("alpha", .double(layer.alpha))], isNonNegative: false)
  }

  private mutating func add(_ layer: Layer.Power, _ node: Node) throws(FormatError) {
    try require(
      layer.power == 1 && layer.scale.isFinite && layer.shift.isFinite, node,
      "Keras has no layer that computes powers, found (\(layer.shift) + \(layer.scale) x) ^ "
        + "\(layer.power)")
    let input = value(node.inputs[0])
    addUnary(
      node, .rescaling, rescaling(layer.scale, layer.shift),
      isNonNegative: input.isNonNegative && layer.scale >= 0 && layer.shift >= 0)
  }

  /// The settings of `scale · x + offset`.
  func rescaling(_ scale: Double, _ offset: Double) -> [JSON.Member] {
    [.init("scale", .double(scale)), .init("offset", .double(offset))]
  }

  mutating func add(_ layer: Layer.Softmax, _ node: Node) throws(FormatError) {
    try require(layer.axis > 0, node, "Keras has no softmax over the batch")
    try require(!layer.isLogarithmic, node, "not every Keras has a layer of the log softmax")
    let input = value(node.inputs[0])
    // Over all elements of an image their order does not matter.
    let axis = input.kerasAxis(layer.axis) ?? layer.axis
    addUnary(
      node, .softmax, [.init("axis", .integer(axis == input.shape.rank - 1 ? -1 : axis))],
      isNonNegative: true)
  }

  mutating func add(_ layer: Layer.PassThrough, _ node: Node) throws(FormatError) {
    let input = value(node.inputs[0])
    switch layer.kind {
    case .split:
      remarks.add(.splits, node.name)
      finish(node, input, isNonNegative: input.isNonNegative)
    case .augmentation, .dropout:
      if let (className, settings) = layer.kerasDefinition {
        let image = arranged(input, DraftValue.standard(input.shape.rank), for: node.name)
        let result = append(
          node, .training, settings, to: [image], shape: image.shape, image.arrangement)
        layers[result.source.layer].definedClass = className
        finish(node, result, isNonNegative: input.isNonNegative)
      } else if layer.kind == .augmentation {
        remarks.add(.splits, node.name)
        finish(node, input, isNonNegative: input.isNonNegative)
      } else {
        if layer.rate == nil { remarks.add(.dropouts, node.name) }
        addUnary(
          node, .dropout, [.init("rate", .double(layer.rate ?? 0.5))],
          isNonNegative: input.isNonNegative)
      }
    }
  }

  mutating func add(_ layer: Layer.Elementwise, _ node: Node) throws(FormatError) {
    let shapes = node.inputs.map { self.shapes[$0]! }  // every value has a shape
    try require(
      shapes.allSatisfy { $0 == shapes[0] }, node,
      "expected inputs of one shape for Keras, found \(shapes)")
    let values = alike(inputs(node), for: node)
    let (type, isNonNegative): (LayerDraft.Class, Bool) =
      switch layer.operation {
      case .sum: (.add, values.allSatisfy(\.isNonNegative))
      case .product: (.multiply, values.allSatisfy(\.isNonNegative))
      case .maximum: (.maximum, values.contains(where: \.isNonNegative))
      case .minimum: (.minimum, values.allSatisfy(\.isNonNegative))
      }
    var operands: [DraftValue] = []
    for (index, value) in values.enumerated() {
      let coefficient = layer.coefficients.isEmpty ? 1 : layer.coefficients[index]
      try require(
        coefficient.isFinite, node, "expected finite coefficients, found \(coefficient)")
      guard coefficient != 1 else {
        operands.append(value)
        continue
      }
      operands.append(
        append(
          unusedName("\(name(of: node))_coefficient\(index)"), .rescaling,
          rescaling(coefficient, 0), to: [value], shape: value.shape, value.arrangement))
    }
    // Keras combines two values or more.
    guard operands.count > 1 else {
      let isScaled = operands[0].source != values[0].source
      if !isScaled { remarks.add(.splits, node.name) }
      return finish(node, operands[0], isNonNegative: isNonNegative && !isScaled)
    }
    let isSigned = layer.coefficients.contains { $0 < 0 }
    let result = append(
      node, type, to: operands, shape: values[0].shape, values[0].arrangement)
    finish(node, result, isNonNegative: isNonNegative && !isSigned)
  }

  mutating func add(_ layer: Layer.Concatenation, _ node: Node) throws(FormatError) {
    try require(layer.axis > 0, node, "Keras has no layer that joins batches")
    var values: [DraftValue] = []
    for value in inputs(node) {
      // Joined images are no flattened image.
      values.append(value.kerasAxis(layer.axis) == nil ? plain(value, for: node) : value)
    }
    values = alike(values, for: node)
    let isNonNegative = values.allSatisfy(\.isNonNegative)
    guard values.count > 1 else {
      remarks.add(.splits, node.name)
      return finish(node, values[0], isNonNegative: isNonNegative)
    }
    let axis = values[0].kerasAxis(layer.axis)!  // no value is flattened any more
    let result = append(
      node, .concatenate, [.init("axis", .integer(axis))], to: values,
      shape: shapes[node.outputs[0]]!, values[0].arrangement)
    finish(node, result, isNonNegative: isNonNegative)
  }
}
