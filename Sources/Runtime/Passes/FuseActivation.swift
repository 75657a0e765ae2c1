internal import Kernels
internal import ModelGraph

/// Rectifies elements where they are computed instead of in a pass of its own over memory.
enum FuseActivation {
  static func apply(to draft: PlanDraft) -> PlanDraft {
    draft.merging { source, next in
      guard case .relu(let relu) = next.layer, source.activation == .none else { return nil }
      switch source.layer {
      case .convolution, .fullyConnected, .scale, .bias, .elementwise:
        var result = source
        result.activation = Activation(relu)
        return result
      case .input, .batchNormalization, .relu, .prelu, .elu, .sigmoid, .tanh, .power, .pooling,
        .globalPooling, .concatenation, .slice, .zeroPadding, .flatten, .reshape, .permutation,
        .softmax,
        .localResponseNormalization, .passThrough:
        return nil
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
