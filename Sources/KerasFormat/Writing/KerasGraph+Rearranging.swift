internal import Files
internal import JSON
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Layers that move elements or only rename axes.
extension KerasGraph {
  mutating func add(_ layer: Layer.Flatten, _ node: Node) throws(FormatError) {
    let input = value(node.inputs[0])
    let output = shape(of: node.outputs[0])
    // A global pooling that was written without its two axes of 1.
    if input.shape == output {
      if !network.isMade(node.name) { remarks.add(.splits, node.name) }
      return finish(node, input)
    }
    try require(layer.axis > 0, node, "Keras has no layer that merges the batch with other axes")
    guard output.rank == 2, input.arrangement == .image, !input.isInOrder else {
      return reshape(input, to: output, node)
    }
    let result = flatten(
      input, named: node, "", to: output,
      .flattened(channels: input.shape[1], height: input.shape[2], width: input.shape[3]))
    finish(node, result)
  }

  mutating func add(_ layer: Layer.Reshape, _ node: Node) throws(FormatError) {
    let input = value(node.inputs[0])
    let output = shape(of: node.outputs[0])
    try require(
      output.rank > 0 && output[0] == input.shape[0], node,
      "Keras has no layer that changes the batch, found \(input.shape) to \(output)")
    if case .flattened(let channels, let height, let width) = input.arrangement,
      output.dimensions.dropFirst() == [channels, height, width]
    {
      let image = image(of: input, (channels, height, width), named: node, "")
      return finish(node, image)
    }
    reshape(input, to: output, node)
  }

  /// The same elements in the same order under another shape.
  private mutating func reshape(_ input: DraftValue, to output: Shape, _ node: Node) {
    let twin = DraftValue(
      source: input.source, shape: output, arrangement: DraftValue.standard(output.rank))
    var input = input
    if node.name.isMadeForLines, input.shape.rank == 3, output.rank == 4, !input.hasOrder(of: twin)
    {
      // Axes that are exchanged before a line are so while the line has three.
      input = arranged(input, .axes([0, 2, 1]), for: node.name)
    }
    if output.rank > 2, !input.isInOrder, input.hasOrder(of: twin) {
      let extents = Array(twin.kerasShape.dimensions.dropFirst())
      let result = append(
        node, .reshape, [.init("target_shape", .integers(extents))], to: [input], shape: output,
        twin.arrangement)
      return finish(node, result)
    }
    let source = input.isInOrder ? input : plain(input, for: node)
    guard output.rank != 2 else {
      let result = flatten(source, named: node, "", to: output, .plain(2))
      return finish(node, result)
    }
    var result = DraftValue(
      source: source.source, shape: output, arrangement: DraftValue.standard(output.rank))
    if !result.isInOrder { result.arrangement = .plain(output.rank) }
    let extents = Array(result.kerasShape.dimensions.dropFirst())
    result = append(
      node, .reshape, [.init("target_shape", .integers(extents))], to: [source], shape: output,
      result.arrangement)
    finish(node, result)
  }

  /// Nothing is done: the same elements in Keras are other axes from here on.
  mutating func add(_ layer: Layer.Permutation, _ node: Node) throws(FormatError) {
    var input = value(node.inputs[0])
    try require(layer.axes.first == 0, node, "Keras has no layer that moves the batch")
    if case .flattened = input.arrangement { input = plain(input, for: node) }
    guard case .axes(let axes) = input.arrangement else { return }
    let shape = Shape(layer.axes.map { input.shape[$0] })
    let order = axes.map { layer.axes.firstIndex(of: $0)! }  // each axis once
    var result = DraftValue(source: input.source, shape: shape, arrangement: .axes(order))
    result.permutation = input.permutation
    finish(node, takeName(of: node, result))
  }

  /// Keeps the name of a layer that exchanged axes for the one that does so in Keras.
  private mutating func takeName(of node: Node, _ value: DraftValue) -> DraftValue {
    var value = value
    let source = value.source.layer
    if layers[source].node == "\(node.name)/rows", readers[node.inputs[0]]?.count == 1 {
      // A reshape layer of Keras, as read: the axes were exchanged for the canonical image.
      layers[source].name = name(of: node)
      layers[source].node = node.name
    } else if !node.name.isMadeForLines || value.permutation == nil {
      value.permutation = node
    }
    return value
  }

  /// Zeros around an image, a cut at its sides, or zeros for channels: one of them, after lowering.
  mutating func add(_ layer: Layer.ZeroPadding, _ node: Node) throws(FormatError) {
    try require(layer.value == 0, node, "Keras pads with zeros, found \(layer.value)")
    let shape = shape(of: node.outputs[0])
    guard layer.channelsBefore + layer.channelsAfter == 0 else {
      // ZeroPadding2D pads the second and the third axis, whatever they are: channels and rows.
      let source = plain(value(node.inputs[0]), for: node)
      let padding = Padding(top: layer.channelsBefore, bottom: layer.channelsAfter)
      remarks.add(.channelPadding, node.name)
      return finish(
        node,
        append(
          node, .zeroPadding, Self.settings(of: padding), to: [source], shape: shape, .plain(4)))
    }
    let image = image(value(node.inputs[0]), for: node)
    let settings =
      layer.cutsOff
      ? Self.settings(of: layer.spatial.negated, "cropping") : Self.settings(of: layer.spatial)
    finish(
      node,
      append(
        node, layer.cutsOff ? .cropping : .zeroPadding, settings, to: [image], shape: shape, .image)
    )
  }

  private static func settings(
    of padding: Padding, _ name: String = "padding"
  ) -> [JSON.Member] {
    [
      .init(
        name,
        .array([
          .integers([padding.top, padding.bottom]), .integers([padding.left, padding.right]),
        ])),
      .init("data_format", .string("channels_last")),
    ]
  }
}

extension Padding {
  /// What is cut off, as numbers above zero.
  fileprivate var negated: Padding {
    Padding(top: -top, left: -left, bottom: -bottom, right: -right)
  }
}
