internal import ModelGraph

/// Turns layers that move nothing into views: dropout, split, flatten, reshape.
///
/// Readers of a pass-through read its source, so that later passes see the layers that compute next
/// to each other. Readers of a flattened or reshaped value keep reading it, because its shape
/// matters to them. The value stays observable: it is the memory of its source.
enum RemovePassThrough {
  static func apply(to draft: PlanDraft) -> PlanDraft {
    var result = draft
    result.operations = []
    var renamed: [String: String] = [:]
    for var operation in draft.operations {
      operation.inputs = operation.inputs.map { renamed[$0] ?? $0 }
      switch operation.layer {
      case .passThrough:
        renamed[operation.outputs[0]] = operation.inputs[0]
        result.makeView(operation.outputs[0], of: operation.inputs[0])
      case .flatten, .reshape:
        result.makeView(operation.outputs[0], of: operation.inputs[0])
      default:
        result.operations.append(operation)
      }
    }
    return result
  }
}
