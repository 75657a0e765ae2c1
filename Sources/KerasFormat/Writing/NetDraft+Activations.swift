internal import ModelGraph

// Activations within the layers of Keras that compute.
extension NetDraft {
  /// An activation that was part of a layer when Keras wrote it: its value has the layer's name.
  ///
  /// It is part of the layer again, since the order in which Keras keeps weights depends on the
  /// number of layers to the output.
  func activation(
    within node: Node, _ arrangement: DraftValue.Arrangement
  ) -> (name: String, node: Node)? {
    guard node.outputs[0] != node.name, let readers = readers[node.outputs[0]],
      readers.count == 1, readers[0].outputs == [node.name]
    else { return nil }
    return name(of: readers[0].layer, arrangement).map { ($0, readers[0]) }
  }

  private func name(of layer: Layer, _ arrangement: DraftValue.Arrangement) -> String? {
    switch layer {
    case .relu(let layer) where layer.negativeSlope == 0:
      switch layer.maximum {
      case nil: "relu"
      case 6: "relu6"
      case _: nil
      }
    case .elu(let layer) where layer.alpha == 1: "elu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    // Keras' function works on the last axis.
    case .softmax(let layer) where arrangement.last == layer.axis: "softmax"
    case .input, .convolution, .batchNormalization, .scale, .bias, .relu, .prelu, .elu, .power,
      .pooling, .globalPooling, .elementwise, .concatenation, .slice, .zeroPadding,
      .fullyConnected, .flatten, .reshape, .permutation, .softmax, .localResponseNormalization,
      .passThrough:
      nil
    }
  }

  /// Takes a value for what a layer and the activation within it make.
  mutating func finish(
    _ node: Node, _ value: DraftValue, with activation: (name: String, node: Node)?
  ) {
    guard let activation else { return finish(node, value) }
    fused.insert(activation.node.name)
    let nonNegative = ["relu", "relu6", "sigmoid", "softmax"]
    finish(activation.node, value, isNonNegative: nonNegative.contains(activation.name))
  }
}

extension DraftValue.Arrangement {
  /// The canonical axis that is the last one in Keras; nil where it is several.
  fileprivate var last: Int? {
    switch self {
    case .axes(let axes): axes.last
    case .flattened: nil
    }
  }
}
