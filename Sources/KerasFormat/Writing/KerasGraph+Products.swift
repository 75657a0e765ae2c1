internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// The matrix product.
extension KerasGraph {
  mutating func add(_ layer: Layer.FullyConnected, _ node: Node) throws(FormatError) {
    try require(layer.axis > 0, node, "Keras has no layer that flattens the batch")
    let output = shapes[node.outputs[0]]!  // every value has a shape
    var input = value(node.inputs[0])
    let kernel = layer.kernel.shape
    var transforms = KerasLayout.storedMatrix(kernel, image: nil)
    if layer.axis < input.shape.rank - 1 {
      input = flattened(input, from: layer.axis, node)
    } else if case .axes = input.arrangement {
      input = plain(input, for: node)
    }
    if case .flattened(let channels, let height, let width) = input.arrangement {
      transforms = KerasLayout.storedMatrix(kernel, image: (height, width, channels))
      remarks.add(.reorderedMatrices, node.name)
    }
    var weights = [try weight("kernel", layer.kernel, .kernel, node, transforms)]
    if let bias = layer.bias { weights.append(try vector("bias", bias, .bias, node)) }
    let activation = activation(within: node, .plain(output.rank))
    let result = append(
      node, .dense,
      [
        .init("units", .integer(kernel[0])),
        .init("activation", .string(activation?.name ?? "linear")),
        .init("use_bias", .bool(layer.bias != nil)),
      ], weights: weights, to: [input], shape: output, .plain(output.rank))
    finish(node, result, with: activation)
  }

  /// The axes from one on merged into the last.
  private mutating func flattened(
    _ input: DraftValue, from axis: Int, _ node: Node
  ) -> DraftValue {
    let name = "\(name(of: node))_flatten"
    let merged = input.shape.elementCount(from: axis)
    let shape = Shape(input.shape.dimensions[..<axis] + [merged])
    if axis == 1, input.arrangement == .image, !input.isInOrder {
      return flatten(
        input, named: nil, name, to: shape,
        .flattened(channels: input.shape[1], height: input.shape[2], width: input.shape[3]))
    }
    let source = input.isInOrder ? input : plain(input, for: node)
    if axis == 1 {
      return flatten(source, named: nil, name, to: shape, .plain(2))
    }
    return append(
      unusedName(name), .reshape,
      [.init("target_shape", .integers(Array(shape.dimensions.dropFirst())))],
      to: [source], shape: shape, .plain(shape.rank))
  }
}
