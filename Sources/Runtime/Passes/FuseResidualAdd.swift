internal import Kernels
internal import ModelGraph

/// Adds the shortcut to a convolution's result while that is in cache.
///
/// A sum of two values with coefficients 1, one of them made by a convolution for this sum alone,
/// becomes part of the convolution. Where both are, the later one takes the sum.
enum FuseResidualAdd {
  static func apply(to draft: PlanDraft) -> PlanDraft {
    draft.merging { source, next in
      guard case .convolution = source.layer, case .elementwise(let sum) = next.layer,
        sum.operation == .sum, sum.coefficients.allSatisfy({ $0 == 1 }), next.inputs.count == 2,
        draft.shapes[next.inputs[0]] == draft.shapes[next.inputs[1]], !source.addsLastInput,
        source.activation == .none
      else { return nil }
      var result = source
      result.inputs += next.inputs.filter { $0 != source.outputs[0] }
      result.addsLastInput = true
      return result
    }
  }
}
