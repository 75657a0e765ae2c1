public import TensorCore

extension Network {
  /// The shape of every value.
  ///
  /// - Parameter inputShapes: shapes for inputs by name, instead of those of the definition: any
  ///   batch and any image size that the layers accept.
  /// - Throws: `NetworkError` naming the first layer that does not fit its input, or whose output
  ///   has more than 2³¹ − 1 elements: that is a fault of the file, not a plan to use the memory.
  public func shapes(
    for inputShapes: [String: Shape] = [:]
  ) throws(NetworkError) -> [String: Shape] {
    for name in inputShapes.keys.sorted() where !inputs.contains(where: { $0.name == name }) {
      throw NetworkError("the network has no input named \(name)")
    }
    var shapes = [String: Shape](minimumCapacity: nodes.count)
    for node in nodes {
      let inputs = node.inputs.map { shapes[$0]! }  // made by an earlier node: checked in init
      var outputs = try node.outputShapes(for: inputs)
      if case .input = node.layer, let shape = inputShapes[node.name] { outputs = [shape] }
      for (value, shape) in zip(node.outputs, outputs) {
        guard shape.elementCount <= Int32.max else {
          throw NetworkError(
            layer: node.name, "an output of \(shape), expected at most 2147483647 elements")
        }
        shapes[value] = shape
      }
    }
    return shapes
  }

  /// The network with its fully connected layers turned into convolutions, so that it slides over
  /// images larger than it was trained on.
  ///
  /// A fully connected layer over `[channels, height, width]` is a convolution whose kernel is
  /// that large; on the trained size both give the same numbers.
  /// - Throws: `NetworkError` where the network does not fit its own input shape.
  public func fullyConvolutional() throws(NetworkError) -> Network {
    var shapes: [String: Shape] = [:]  // of the converted network, at the trained size
    var converted: [Node] = []
    for node in nodes {
      var node = node
      let inputs = node.inputs.map { shapes[$0]! }  // made by an earlier node: checked in init
      if let image = inputs.first, image.rank == 4 {
        if case .fullyConnected(let layer) = node.layer, layer.axis == 1 {
          _ = try node.outputShapes(for: inputs)
          let kernel = layer.kernel.reshaped(
            to: [layer.kernel.shape[0], image[1], image[2], image[3]])
          node.layer = .convolution(Layer.Convolution(kernel: kernel, bias: layer.bias))
        } else if case .flatten(let layer) = node.layer, layer.axis == 1,
          layer.endAxis == -1 || layer.endAxis == 3
        {
          node.layer = .passThrough(Layer.PassThrough(kind: .split))
        }
      }
      for (value, shape) in zip(node.outputs, try node.outputShapes(for: inputs)) {
        shapes[value] = shape
      }
      converted.append(node)
    }
    return try Network(name: name, nodes: converted)
  }
}
