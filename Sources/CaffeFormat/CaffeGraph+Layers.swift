internal import Files
internal import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

extension CaffeGraph {
  /// The layer that computes what a node does.
  ///
  /// - Throws: `FormatError` naming the layer, where Caffe has none that computes this.
  mutating func draft(of node: Node) throws(FormatError) -> LayerDraft {
    switch node.layer {
    case .batchNormalization(let layer): try draft(layer, node)
    case .scale(let layer): try draft(layer, node)
    case .bias(let layer): try draft(layer, node)
    case .activation(let function): try draft(function, node)
    case .prelu(let layer): try draft(layer, node)
    case .pooling(let layer): try draft(layer, node)
    case .globalPooling(let layer): draft(layer, node)
    case .elementwise(let layer): try draft(layer, node)
    case .concatenation(let layer): draft(layer, node)
    case .slice(let layer): draft(layer, node)
    case .crop: throw fault(node, "Caffe has no layer that takes part of the elements of an axis")
    case .fullyConnected(let layer): try draft(layer, node)
    case .flatten(let layer): draft(layer, node)
    case .reshape(let layer): draft(layer, node)
    case .permutation: throw fault(node, "Caffe has no layer that exchanges axes")
    case .softmax(let layer): try draft(layer, node)
    case .localResponseNormalization(let layer): try draft(layer, node)
    case .passThrough(let layer): draft(layer, node)
    case .convolution(let layer): try draft(layer, node)
    case .input, .zeroPadding: preconditionFailure("no layer that computes, after lowering")
    }
  }

  private mutating func draft(
    _ function: Layer.Activation, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    switch function {
    case .relu(let layer): return try draft(layer, node)
    case .elu(let layer): return try draft(layer, node)
    case .sigmoid: return LayerDraft(node.name, "Sigmoid")
    case .tanh: return LayerDraft(node.name, "TanH")
    case .power(let layer): return try draft(layer, node)
    default:
      throw fault(node, "Caffe has no layer that computes this function: \(function.name)")
    }
  }

  private mutating func draft(
    _ layer: Layer.ReLU, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    let slope = try float(layer.negativeSlope, "slope", node)
    guard let cap = layer.maximum else {
      var draft = LayerDraft(node.name, "ReLU", "relu_param")
      draft.parameters.addUnlessDefault("negative_slope", slope)
      return draft
    }
    try require(
      layer.negativeSlope == 0, node,
      "Caffe has no rectifier with both a slope and a cap, found \(layer.negativeSlope) and \(cap)")
    try require(cap > 0, node, "expected a cap above 0, found \(cap)")
    var draft = LayerDraft(node.name, "Clip", "clip_param")
    draft.parameters.add("min", Float(0))
    draft.parameters.add("max", try float(cap, "cap", node))
    remarks.add(.caps, node.name)
    return draft
  }

  private mutating func draft(
    _ layer: Layer.ELU, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "ELU", "elu_param")
    draft.parameters.addUnlessDefault("alpha", try float(layer.alpha, "alpha", node))
    return draft
  }

  private mutating func draft(
    _ layer: Layer.Power, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "Power", "power_param")
    draft.parameters.addUnlessDefault("power", try float(layer.power, "power", node))
    draft.parameters.addUnlessDefault("scale", try float(layer.scale, "scale", node))
    draft.parameters.addUnlessDefault("shift", try float(layer.shift, "shift", node))
    return draft
  }

  private mutating func draft(
    _ layer: Layer.Elementwise, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    try require(
      node.inputs.count > 1, node, "Caffe's Eltwise takes 2 inputs or more, found 1")
    let shapes = node.inputs.map(shape)
    try require(
      shapes.allSatisfy { $0 == shapes[0] }, node,
      "expected inputs of one shape for Caffe, found \(shapes)")
    var draft = LayerDraft(node.name, "Eltwise", "eltwise_param")
    switch layer.operation {
    case .sum:
      for coefficient in layer.coefficients {
        draft.parameters.add("coeff", try float(coefficient, "coefficient", node))
      }
    case .product: draft.parameters.add("operation", named: "PROD")
    case .maximum: draft.parameters.add("operation", named: "MAX")
    case .minimum: try require(false, node, "Caffe's Eltwise has no minimum")
    }
    return draft
  }

  private func draft(_ layer: Layer.Concatenation, _ node: Node) -> LayerDraft {
    var draft = LayerDraft(node.name, "Concat", "concat_param")
    draft.parameters.addUnlessDefault("axis", layer.axis)
    return draft
  }

  private func draft(_ layer: Layer.Slice, _ node: Node) -> LayerDraft {
    var draft = LayerDraft(node.name, "Slice", "slice_param")
    for point in layer.points ?? [] { draft.parameters.add("slice_point", point) }
    draft.parameters.addUnlessDefault("axis", layer.axis)
    return draft
  }

  private func draft(_ layer: Layer.Flatten, _ node: Node) -> LayerDraft {
    var draft = LayerDraft(node.name, "Flatten", "flatten_param")
    let isToLast = layer.endAxis == shape(of: node.inputs[0]).rank - 1
    draft.parameters.addUnlessDefault("axis", layer.axis)
    draft.parameters.addUnlessDefault("end_axis", isToLast ? -1 : layer.endAxis)
    return draft
  }

  private func draft(_ layer: Layer.Reshape, _ node: Node) -> LayerDraft {
    var draft = LayerDraft(node.name, "Reshape", "reshape_param")
    draft.parameters.add("shape", extents: layer.extents)
    draft.parameters.addUnlessDefault("axis", layer.axis)
    draft.parameters.addUnlessDefault("num_axes", layer.axisCount ?? -1)
    return draft
  }

  private func draft(
    _ layer: Layer.Softmax, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    try require(!layer.isLogarithmic, node, "Caffe has no log softmax")
    var draft = LayerDraft(node.name, "Softmax", "softmax_param")
    draft.parameters.addUnlessDefault("axis", layer.axis)
    return draft
  }

  private mutating func draft(
    _ layer: Layer.LocalResponseNormalization, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "LRN", "lrn_param")
    draft.parameters.add("local_size", layer.size)
    draft.parameters.add("alpha", try float(layer.alpha, "alpha", node))
    draft.parameters.add("beta", try float(layer.beta, "beta", node))
    switch layer.region {
    case .acrossChannels:
      draft.parameters.addUnlessDefault("k", try float(layer.k, "k", node))
    case .withinChannel:
      draft.parameters.add("norm_region", named: "WITHIN_CHANNEL")
    }
    return draft
  }

  private mutating func draft(_ layer: Layer.PassThrough, _ node: Node) -> LayerDraft {
    switch layer.kind {
    case .dropout:
      var draft = LayerDraft(node.name, "Dropout", "dropout_param")
      // Caffe's own rate is another one than that of a layer that names none.
      guard let rate = layer.rate else {
        remarks.add(.dropouts, node.name)
        return draft
      }
      guard Float(rate) > 0, Float(rate) < 1 else {
        remarks.add(.dropoutRates, "\(node.name) (\(rate))")
        return LayerDraft(node.name, "Power")
      }
      draft.parameters.addUnlessDefault("dropout_ratio", Float(rate))
      return draft
    case .augmentation, .split:
      remarks.add(.identities, node.name)
      return LayerDraft(node.name, "Power")
    }
  }
}
