internal import Files
internal import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

// Layers that multiply or add by channel, and the matrix product.
extension CaffeGraph {
  /// A BatchNorm layer; gamma and beta are in a Scale layer behind it.
  mutating func draft(
    _ layer: Layer.BatchNormalization, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    let channels = Shape([layer.mean.shape.elementCount])
    var draft = LayerDraft(node.name, "BatchNorm", "batch_norm_param")
    // What Caffe takes for granted in phase TEST, but its users and readers are used to see.
    draft.parameters.add("use_global_stats", true)
    draft.parameters.addUnlessDefault("eps", try float(layer.epsilon, "epsilon", node))
    draft.blobs = [
      try blob(layer.mean, .mean, node, as: channels),
      try blob(layer.variance, .variance, node, as: channels),
    ]
    if let factor = layer.factor {
      draft.blobs.append(try blob(factor, .factor, node, as: [1]))
    } else {
      draft.blobs.append(try blob(1, node))
    }
    return draft
  }

  mutating func draft(_ layer: Layer.Scale, _ node: Node) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "Scale", "scale_param")
    let operand = try addAxes(layer.axis, layer.scale?.shape, node, to: &draft)
    draft.parameters.addUnlessDefault("bias_term", layer.bias != nil)
    if let scale = layer.scale {
      draft.blobs.append(try blob(scale, .scale, node, as: operand))
    }
    if let bias = layer.bias { draft.blobs.append(try blob(bias, .bias, node, as: operand)) }
    return draft
  }

  mutating func draft(_ layer: Layer.Bias, _ node: Node) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "Bias", "bias_param")
    let operand = try addAxes(layer.axis, layer.bias?.shape, node, to: &draft)
    if let bias = layer.bias { draft.blobs = [try blob(bias, .bias, node, as: operand)] }
    return draft
  }

  /// Says which axes of the first input an operand lines up with.
  ///
  /// - Parameter constant: the operand's shape; nil for the second input.
  /// - Returns: the operand's shape in Caffe, which has single numbers without axes only.
  private func addAxes(
    _ axis: Int, _ constant: Shape?, _ node: Node, to draft: inout LayerDraft
  ) throws(FormatError) -> Shape {
    let input = shape(of: node.inputs[0])
    let operand = constant ?? shape(of: node.inputs[1])  // two inputs without a constant
    let end = axis + operand.rank
    let fits = end <= input.rank && Array(input.dimensions[axis..<end]) == operand.dimensions
    guard constant != nil else {
      try require(
        fits || operand.rank == 0, node,
        "Caffe broadcasts no second input of shape \(operand) over \(input)")
      if operand.rank > 0 { draft.parameters.addUnlessDefault("axis", axis) }
      return operand
    }
    guard fits, operand.rank > 0 else {
      // It fits all the same: it is one number.
      draft.parameters.add("num_axes", 0)
      return []
    }
    draft.parameters.addUnlessDefault("axis", axis)
    draft.parameters.addUnlessDefault("num_axes", operand.rank)
    return operand
  }

  mutating func draft(_ layer: Layer.PReLU, _ node: Node) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "PReLU", "prelu_param")
    let channels = shape(of: node.inputs[0])[1]  // as shape inference has checked
    let isShared = layer.slope.shape.elementCount != channels
    draft.parameters.addUnlessDefault("channel_shared", isShared)
    draft.blobs = [try blob(layer.slope, .slope, node, as: isShared ? [] : [channels])]
    return draft
  }

  mutating func draft(
    _ layer: Layer.FullyConnected, _ node: Node
  ) throws(FormatError) -> LayerDraft {
    var draft = LayerDraft(node.name, "InnerProduct", "inner_product_param")
    let outputs = layer.kernel.shape[0]
    draft.parameters.add("num_output", outputs)
    draft.parameters.addUnlessDefault("bias_term", layer.bias != nil)
    draft.parameters.addUnlessDefault("axis", layer.axis)
    draft.blobs = [try blob(layer.kernel, .kernel, node, as: layer.kernel.shape)]
    if let bias = layer.bias { draft.blobs.append(try blob(bias, .bias, node, as: [outputs])) }
    return draft
  }
}
