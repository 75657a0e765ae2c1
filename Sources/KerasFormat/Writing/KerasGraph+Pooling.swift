internal import Files
internal import JSON
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Poolings. Keras pads them not at all or by `same`, and after lowering they are padded so.
extension KerasGraph {
  mutating func add(_ layer: Layer.Pooling, _ node: Node) throws(FormatError) {
    let image = image(value(node.inputs[0]), for: node)
    let isSame = layer.padding != .none
    if isSame, layer.stride != Extent(1) { remarks.add(.fixedSizes, network.source(of: node.name)) }
    let result = append(
      node, layer.kind == .maximum ? .maximumPooling : .averagePooling,
      [
        .init("pool_size", .integers([layer.kernel.height, layer.kernel.width])),
        .init("strides", .integers([layer.stride.height, layer.stride.width])),
        .init("padding", .string(isSame ? "same" : "valid")),
        .init("data_format", .string("channels_last")),
      ], to: [image], shape: shape(of: node.outputs[0]), .image)
    finish(node, result)
  }

  mutating func add(_ layer: Layer.GlobalPooling, _ node: Node) throws(FormatError) {
    let image = image(value(node.inputs[0]), for: node)
    let output = node.outputs[0]
    // Without its axes of 1 where nobody would miss them.
    let isFlattened =
      readers[output].map { $0.allSatisfy { $0.flattensAll && !isOperand($0) } } ?? false
    let shape = shape(of: output)
    let result = append(
      node, layer.kind == .maximum ? .globalMaximumPooling : .globalAveragePooling,
      [.init("data_format", .string("channels_last"))]
        // Keras before TensorFlow 2.6 does not know it.
        + (isFlattened ? [] : [.init("keepdims", .bool(true))]), to: [image],
      shape: isFlattened ? [shape[0], shape[1]] : shape,
      isFlattened ? .plain(2) : .image)
    finish(node, result)
  }

  /// Whether what a node makes is repeated over an image, which needs the axes of 1 again.
  private func isOperand(_ node: Node) -> Bool {
    readers[node.outputs[0], default: []].contains { reader in
      if network.isMade(node.name) { return isOperand(reader) }
      return switch reader.layer {
      case .scale(let layer): layer.scale == nil
      case .bias(let layer): layer.bias == nil
      default: false
      }
    }
  }
}

extension Node {
  /// Whether it reads all axes but the batch as one.
  fileprivate var flattensAll: Bool {
    switch layer {
    case .flatten(let layer): layer.axis == 1 && [-1, 3].contains(layer.endAxis)
    case .fullyConnected(let layer): layer.axis == 1
    default: false
    }
  }
}
