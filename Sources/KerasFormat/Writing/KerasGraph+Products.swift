internal import Files
internal import JSON
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// The matrix product.
extension KerasGraph {
  mutating func add(_ layer: Layer.FullyConnected, _ node: Node) throws(FormatError) {
    try require(layer.axis > 0, node, "Keras has no layer that flattens the batch")
    let output = shape(of: node.outputs[0])
    var input = value(node.inputs[0])
    let kernel = layer.kernel.shape
    var transforms = KerasLayout.storedMatrix(kernel, image: nil)
    if case .axes = input.arrangement { input = plain(input, for: node) }
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
}
