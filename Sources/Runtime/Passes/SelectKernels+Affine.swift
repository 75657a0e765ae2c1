internal import Kernels
internal import ModelGraph
internal import TensorCore

/// Scales, biases and unfolded batch normalizations.
extension SelectKernels {
  /// Factors or addends.
  enum Operand {
    case constant(Tensor)
    /// An input of the operation.
    case input(Int)

    /// A constant, or the input where there is none.
    init(_ constant: Tensor?, _ input: Int) {
      self = constant.map { .constant($0) } ?? .input(input)
    }

    func shape(_ values: Values) -> Shape {
      switch self {
      case .constant(let tensor): tensor.shape
      case .input(let index): values.inputs[index]
      }
    }
  }

  /// `y = activation(x · scale + shift)`, the operands broadcast over the axes before and after
  /// theirs; by channel, over blocks, where they are one number for each channel.
  func affine(
    _ values: Values, _ axis: Int, scale: Operand?, shift: Operand?, _ activation: Activation
  ) -> [Candidate] {
    let shape = values.input
    guard let operand = (scale ?? shift)?.shape(values) else { return [] }
    let isScalar = operand.elementCount == 1
    func constant(_ operand: Operand) -> Affine.Operand {
      switch operand {
      case .constant(let tensor): .constant(FloatArray(tensor))
      case .input(let index): .input(index)
      }
    }
    // One element broadcasts over everything, whatever the axis says.
    let rows = values.plain(
      Affine(
        scale: scale.map(constant), shift: shift.map(constant),
        outer: isScalar ? 1 : shape.elementCount(before: axis), count: operand.elementCount,
        inner: isScalar ? shape.elementCount : shape.elementCount(from: axis + operand.rank),
        activation: activation))
    guard shape.rank >= 2,
      let lanes = byChannel(scale, axis, values), let shifts = byChannel(shift, axis, values),
      activation.negativeSlope.isFinite
    else { return [rows] }
    return [
      rows,
      values.blocked(
        ChannelAffineKernel(
          function: .affine(scale: lanes.operand, shift: shifts.operand, activation),
          batch: shape[0], blocks: Blocked.blocks(shape[1]), pixels: shape.elementCount(from: 2))),
    ]
  }

  /// An operand as numbers for each channel; nil where it is something else.
  private func byChannel(
    _ operand: Operand?, _ axis: Int, _ values: Values
  ) -> (operand: ChannelAffineKernel.Operand?, Void)? {
    let shape = values.input
    switch operand {
    case nil: return (nil, ())
    case .constant(let tensor):
      let count = tensor.shape.elementCount
      guard count == 1 || (axis == 1 && count == shape[1]) else { return nil }
      let numbers =
        count == 1 ? [Float](repeating: tensor.floats[0], count: shape[1]) : tensor.floats
      return (.constant(numbers.filledUp), ())
    case .input(let index):
      let other = values.inputs[index]
      // [batch, channels], or with extents of 1 behind them.
      guard axis == 0, other.rank >= 2, other[0] == shape[0], other[1] == shape[1],
        other.elementCount(from: 2) == 1
      else { return nil }
      return (.input(index), ())
    }
  }
}
