internal import ModelGraph
internal import TensorCore

/// Folds runs of batch normalizations, constant scales and biases into the convolution or fully
/// connected layer that feeds them; a run that nothing feeds becomes one scale layer.
///
/// With `y = x · s + t` for each channel the kernel becomes `s · W` and the bias `s · b + t`. The
/// run is composed in Double, and the kernel multiplied when it is packed, so that it is rounded
/// once. A run ends at a value that
/// is read twice or observed. A fold that gives infinity or NaN is not made: the product would put
/// them into other elements than the layers do.
enum FoldBatchNormalization {
  static func apply(to draft: PlanDraft) -> PlanDraft {
    var draft = draft
    for index in draft.operations.indices {
      if let affine = affine(draft.operations[index], in: draft) {
        draft.operations[index].layer = affine.layer
      }
    }
    let runs = draft.merging { source, next in
      guard let first = affine(source, in: draft), let second = affine(next, in: draft) else {
        return nil
      }
      return merged(source, with: first.followed(by: second)) { $0.layer }
    }
    return runs.merging { source, next in
      guard let affine = affine(next, in: runs) else { return nil }
      let bias: Tensor?
      switch source.layer {
      case .convolution(let layer): bias = layer.bias
      case .fullyConnected(let layer) where layer.axis == 1: bias = layer.bias
      default: return nil
      }
      var result = source
      result.folded =
        source.folded?.followed(by: affine)
        ?? ChannelAffine(factors: affine.factors, addends: affine.scaling(bias: bias))
      return result.folded?.isFinite == true ? result : nil
    }
  }

  private static func affine(_ operation: Operation, in draft: PlanDraft) -> ChannelAffine? {
    guard let input = operation.inputs.first, let shape = draft.shapes[input] else { return nil }
    return ChannelAffine(operation.layer, of: shape)
  }

  private static func merged(
    _ source: Operation, with affine: ChannelAffine, layer: (ChannelAffine) -> Layer
  ) -> Operation? {
    guard affine.isFinite else { return nil }
    var result = source
    result.layer = layer(affine)
    return result
  }
}
