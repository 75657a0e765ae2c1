public import Files
public import ModelGraph
internal import TensorCore

/// Writes a scale or bias of channels as a depthwise convolution of 1 × 1.
public struct ScaleAsConvolution: LoweringPass {
  /// The name of the format, for errors.
  public var format: String

  /// A pass.
  public init(format: String) { self.format = format }

  /// The convolution; rows of numbers are images of one pixel for it.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard let shape = node.inputs.first.map(rewriting.shape),
      let affine = node.layer.channelAffine(of: shape.rank > 1 ? shape[1] : 0)
    else { return [node] }
    let channels = shape[1]
    guard [2, 4].contains(shape.rank) else {
      throw rewriting.fault(
        node, "\(format) has no layer that multiplies the channels of \(shape) by constants")
    }
    let kernel: Shape = [channels, 1, 1, 1]
    let ones = affine.factor == nil ? try rewriting.constant(kernel, for: node) { _ in 1 } : nil
    let layer = Layer.Convolution(
      kernel: affine.factor?.reshaped(to: kernel) ?? ones!,  // one of both
      bias: affine.addend?.reshaped(to: [channels]), groups: channels)
    if let factor = affine.factor {
      rewriting.setOrigin(
        of: .kernel, in: node.name, from: (.scale, node.name),
        [.reshape(from: factor.shape, to: kernel)])
    } else {
      rewriting.setOrigin(of: .kernel, in: node.name, from: nil)
    }
    if let addend = affine.addend, addend.shape != [channels] {
      rewriting.setOrigin(
        of: .bias, in: node.name, from: (.bias, node.name),
        [.reshape(from: addend.shape, to: [channels])])
    }
    rewriting.note(.scaleAsConvolution, node.name)
    var convolution = node
    convolution.layer = .convolution(layer)
    guard shape.rank == 2 else { return [convolution] }

    let image = rewriting.newName("\(node.name)_image", for: node)
    let flat = rewriting.newName("\(node.name)_flatten", for: node)
    convolution.inputs = [image]
    convolution.outputs = [rewriting.newName("\(node.name)_scaled", for: node)]
    return [
      Node(
        image, .reshape(Layer.Reshape(extents: [0, channels, 1, 1])), inputs: node.inputs),
      convolution,
      Node(
        flat, .flatten(Layer.Flatten(axis: 1, endAxis: -1)), inputs: convolution.outputs,
        outputs: node.outputs),
    ]
  }
}
