public import Files
public import ModelGraph
internal import TensorCore

/// Makes Caffe's pair one layer: the scale or bias of channels behind a batch normalization without
/// gamma and beta becomes these.
public struct FoldScales: LoweringPass {
  /// A pass.
  public init() {}

  /// Nothing for the normalization; in place of the scale the whole, under the first name.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    if foldableScale(behind: node, rewriting) != nil {
      return []
    }
    guard let input = node.inputs.first else { return [node] }
    let normalization = rewriting.maker(of: input)
    guard case .batchNormalization(var layer) = normalization.layer,
      let affine = foldableScale(behind: normalization, rewriting)
    else { return [node] }
    (layer.gamma, layer.beta) = (affine.factor, affine.addend)
    rewriting.setOrigin(of: .gamma, in: normalization.name, from: (.scale, node.name))
    rewriting.setOrigin(of: .beta, in: normalization.name, from: (.bias, node.name))
    rewriting.note(.foldedScale, "\(node.name) into \(normalization.name)")
    var whole = normalization
    (whole.layer, whole.outputs) = (.batchNormalization(layer), node.outputs)
    return [whole]
  }

  /// What the only reader of a bare normalization multiplies and adds to channels.
  private func foldableScale(
    behind node: Node, _ rewriting: Rewriting
  ) -> Layer.ChannelAffine? {
    guard case .batchNormalization(let layer) = node.layer, layer.gamma == nil, layer.beta == nil
    else { return nil }
    let readers = rewriting.readers(of: node.outputs[0])
    guard readers.count == 1 else { return nil }
    return readers[0].layer.channelAffine(of: layer.mean.shape.elementCount)
  }
}

extension Layer {
  /// A factor and an addend for each channel.
  struct ChannelAffine {
    var factor: Tensor?
    var addend: Tensor?
  }

  /// What a scale or bias layer does to channels, by constants; nil for any other layer.
  func channelAffine(of channels: Int) -> ChannelAffine? {
    func isVector(_ tensor: Tensor, _ axis: Int) -> Bool {
      let shape = tensor.shape
      return axis == 1 && shape.rank > 0 && shape[0] == channels && shape.elementCount == channels
    }
    switch self {
    case .scale(let layer):
      guard let scale = layer.scale, isVector(scale, layer.axis) else { return nil }
      return ChannelAffine(factor: scale, addend: layer.bias)
    case .bias(let layer):
      guard let bias = layer.bias, isVector(bias, layer.axis) else { return nil }
      return ChannelAffine(factor: nil, addend: bias)
    default: return nil
    }
  }
}
