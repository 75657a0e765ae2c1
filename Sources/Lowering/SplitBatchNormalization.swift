public import Files
public import ModelGraph
internal import TensorCore

/// Parts a batch normalization with gamma or beta into one without and a scale, as Caffe has them.
///
/// `(x − mean) / sqrt(variance + epsilon)`, then `· gamma + beta`: the same operations in the same
/// order.
public struct SplitBatchNormalization: LoweringPass {
  /// A pass.
  public init() {}

  /// The normalization and its scale, which keeps the name.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .batchNormalization(var layer) = node.layer, layer.gamma != nil || layer.beta != nil
    else { return [node] }
    let name = rewriting.newName("\(node.name)_normalized", for: node)
    for role in [Layer.WeightRole.mean, .variance, .factor] {
      rewriting.setOrigin(of: role, in: name, from: (role, node.name))
    }
    let channels = layer.mean.shape.elementCount
    // A normalization takes a number for each channel in any shape, a scale does not.
    func vector(_ tensor: Tensor) -> (Tensor, [Ledger.Transform]) {
      guard tensor.shape != [channels] else { return (tensor, []) }
      return (
        tensor.reshaped(to: [channels]), [.reshape(from: tensor.shape, to: [channels])]
      )
    }
    var scale = Layer.Scale(scale: nil)
    if let gamma = layer.gamma {
      let (tensor, transforms) = vector(gamma)
      scale.scale = tensor
      rewriting.setOrigin(of: .scale, in: node.name, from: (.gamma, node.name), transforms)
    } else {
      scale.scale = try rewriting.constant([channels], for: node) { _ in 1 }
      rewriting.setOrigin(of: .scale, in: node.name, from: nil)
    }
    if let beta = layer.beta {
      let (tensor, transforms) = vector(beta)
      scale.bias = tensor
      rewriting.setOrigin(of: .bias, in: node.name, from: (.beta, node.name), transforms)
    }
    (layer.gamma, layer.beta) = (nil, nil)
    rewriting.note(.splitNormalization, "\(name) and \(node.name)")
    var normalization = Node(name, .batchNormalization(layer), inputs: node.inputs)
    normalization.policy = node.policy
    var last = node
    (last.layer, last.inputs) = (.scale(scale), [name])
    return [normalization, last]
  }
}
