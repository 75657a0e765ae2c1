internal import Kernels
internal import ModelGraph

/// Rectifies elements where they are computed instead of in a pass of its own over memory.
enum FuseActivation {
  static func apply(to draft: PlanDraft) -> PlanDraft {
    draft.merging { source, next in
      guard let relu = next.layer.rectifier, source.activation == .none else { return nil }
      switch source.layer {
      case .convolution, .fullyConnected, .scale, .bias, .elementwise:
        var result = source
        result.activation = Activation(relu)
        return result
      default: return nil
      }
    }
  }
}

extension Activation {
  init(_ layer: Layer.ReLU) {
    self.init(
      negativeSlope: Float(layer.negativeSlope),
      maximum: layer.maximum.map { Float($0) } ?? .infinity)
  }
}
