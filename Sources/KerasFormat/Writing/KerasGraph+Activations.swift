internal import ModelGraph

// Activations within the layers of Keras that compute.
extension KerasGraph {
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
    case .activation(let function): function.kerasName
    // Keras' function works on the last axis.
    case .softmax(let layer) where arrangement.last == layer.axis && !layer.isLogarithmic:
      "softmax"
    default: nil
    }
  }

  /// Takes a value for what a layer and the activation within it make.
  mutating func finish(
    _ node: Node, _ value: DraftValue, with activation: (name: String, node: Node)?
  ) {
    guard let activation else { return finish(node, value) }
    fused.insert(activation.node.name)
    finish(activation.node, value)
  }
}

extension Layer.Activation {
  /// What every Keras calls the function; nil where it has none, or not in every version.
  var kerasName: String? {
    switch self {
    case .relu(let layer):
      switch (layer.negativeSlope, layer.maximum) {
      case (0, nil): "relu"
      case (0, 6): "relu6"
      default: nil
      }
    case .elu(let layer): layer.alpha == 1 ? "elu" : nil
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .selu(Self.seluAlpha, Self.seluGamma): "selu"
    case .silu: "swish"
    case .gelu: "gelu"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .exponential: "exponential"
    case .clip, .selu, .celu, .hardSigmoid, .hardSwish, .geluTanh, .mish, .absolute, .logarithm,
      .errorFunction, .power:
      nil
    }
  }

  /// The constants of SELU in the paper and in every framework (arXiv:1706.02515, appendix A).
  static let seluAlpha = 1.6732632423543772848170429916717
  static let seluGamma = 1.0507009873554804934193349852946
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
