internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Layers that work on each element, or on several values.
extension KerasGraph {
  /// Adds a layer that makes each element of its input into another one.
  private mutating func addUnary(
    _ node: Node, _ type: LayerDraft.Class, _ settings: [JSON.Member]
  ) {
    let input = value(node.inputs[0])
    finish(node, append(node, type, settings, to: [input], shape: input.shape, input.arrangement))
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
    addUnary(node, .activation, [.init("activation", .string(name))])
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
      ])
  }

  private mutating func add(_ layer: Layer.ELU, _ node: Node) throws(FormatError) {
    try require(layer.alpha.isFinite, node, "expected a finite alpha, found \(layer.alpha)")
    addUnary(node, .elu, [.init("alpha", .double(layer.alpha))])
  }

  private mutating func add(_ layer: Layer.Power, _ node: Node) throws(FormatError) {
    try require(
      layer.power == 1 && layer.scale.isFinite && layer.shift.isFinite, node,
      "Keras has no layer that computes powers, found (\(layer.shift) + \(layer.scale) x) ^ "
        + "\(layer.power)")
    addUnary(node, .rescaling, rescaling(layer.scale, layer.shift))
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
      node, .softmax, [.init("axis", .integer(axis == input.shape.rank - 1 ? -1 : axis))])
  }

  mutating func add(_ layer: Layer.PassThrough, _ node: Node) throws(FormatError) {
    let input = value(node.inputs[0])
    switch layer.kind {
    case .split:
      remarks.add(.splits, node.name)
      finish(node, input)
    case .augmentation, .dropout:
      if let (className, settings) = layer.kerasDefinition {
        let image = arranged(input, DraftValue.standard(input.shape.rank), for: node.name)
        let result = append(
          node, .training, settings, to: [image], shape: image.shape, image.arrangement)
        layers[result.source.layer].definedClass = className
        finish(node, result)
      } else if layer.kind == .augmentation {
        remarks.add(.splits, node.name)
        finish(node, input)
      } else {
        if layer.rate == nil { remarks.add(.dropouts, node.name) }
        addUnary(node, .dropout, [.init("rate", .double(layer.rate ?? 0.5))])
      }
    }
  }

  mutating func add(_ layer: Layer.Elementwise, _ node: Node) throws(FormatError) {
    let shapes = node.inputs.map(shape)
    try require(
      shapes.allSatisfy { $0 == shapes[0] }, node,
      "expected inputs of one shape for Keras, found \(shapes)")
    let values = alike(inputs(node), for: node)
    // Keras combines two values or more.
    guard values.count > 1 else {
      remarks.add(.splits, node.name)
      return finish(node, values[0])
    }
    let type: LayerDraft.Class =
      switch layer.operation {
      case .sum: .add
      case .product: .multiply
      case .maximum: .maximum
      case .minimum: .minimum
      }
    let result = append(node, type, to: values, shape: values[0].shape, values[0].arrangement)
    finish(node, result)
  }

  mutating func add(_ layer: Layer.Concatenation, _ node: Node) throws(FormatError) {
    try require(layer.axis > 0, node, "Keras has no layer that joins batches")
    var values: [DraftValue] = []
    for value in inputs(node) {
      // Joined images are no flattened image.
      values.append(value.kerasAxis(layer.axis) == nil ? plain(value, for: node) : value)
    }
    values = alike(values, for: node)
    guard values.count > 1 else {
      remarks.add(.splits, node.name)
      return finish(node, values[0])
    }
    let axis = values[0].kerasAxis(layer.axis)!  // no value is flattened any more
    let result = append(
      node, .concatenate, [.init("axis", .integer(axis))], to: values,
      shape: shape(of: node.outputs[0]), values[0].arrangement)
    finish(node, result)
  }
}
