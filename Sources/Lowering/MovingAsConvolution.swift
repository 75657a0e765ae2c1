public import Files
public import ModelGraph
internal import TensorCore

/// Writes layers that only move elements of images as convolutions with ones and zeros: padding, a
/// cut at the sides, a pooling over single elements. Exact for finite numbers.
public struct MovingAsConvolution: LoweringPass {
  /// The name of the format, for errors.
  public var format: String
  /// As many elements as a kernel may have.
  public var limit: Int

  /// A pass for a format whose kernels have at most `limit` elements.
  public init(format: String, limit: Int) {
    self.format = format
    self.limit = limit
  }

  /// A convolution for a layer that moves.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    let convolution: Layer.Convolution
    switch node.layer {
    case .zeroPadding(let layer):
      guard layer.value == 0 else {
        throw rewriting.fault(node, "\(format) pads with zeros, found \(layer.value)")
      }
      if layer.cutsOff {
        convolution = try crop(layer, node, rewriting)
        rewriting.note(.cropAsConvolution, node.name)
      } else {
        convolution = try padding(layer, node, rewriting)
        rewriting.note(.paddingAsConvolution, node.name)
      }
    case .pooling(let layer)
    where layer.kernel == Extent(1) && layer.padding.top == 0 && layer.padding.left == 0
      && layer.dilation == Extent(1) && readsInside(layer, node, rewriting):
      convolution = Layer.Convolution(
        kernel: try depthwise([1, 1], node, rewriting) { _ in 1 }, stride: layer.stride,
        groups: channels(of: node, rewriting))
      rewriting.note(.subsamplingAsConvolution, node.name)
    default: return [node]
    }
    rewriting.setOrigin(of: .kernel, in: node.name, from: nil)
    var node = node
    node.layer = .convolution(convolution)
    return [node]
  }

  private func channels(of node: Node, _ rewriting: Rewriting) -> Int {
    rewriting.shape(of: node.inputs[0])[1]
  }

  /// Whether a convolution, which rounds down, has as many windows, and rounding up would not do.
  private func readsInside(
    _ layer: Layer.Pooling, _ node: Node, _ rewriting: Rewriting
  ) -> Bool {
    let (input, output) = (
      rewriting.shape(of: node.inputs[0]), rewriting.shape(of: node.outputs[0])
    )
    let axes = [(2, layer.stride.height), (3, layer.stride.width)]
    let roundsUp = axes.allSatisfy { axis, stride in
      (input[axis] - 1 + stride - 1) / stride + 1 == output[axis]
    }
    let roundsDown = axes.allSatisfy { axis, stride in
      (input[axis] - 1) / stride + 1 == output[axis]
    }
    return roundsDown && !roundsUp
  }

  /// The identity, with rows of zeros for new channels.
  private func padding(
    _ layer: Layer.ZeroPadding, _ node: Node, _ rewriting: Rewriting
  ) throws(FormatError) -> Layer.Convolution {
    let channels = channels(of: node, rewriting)
    let outputs = layer.channelsBefore + channels + layer.channelsAfter
    let isDepthwise = outputs == channels
    let depth = isDepthwise ? 1 : channels
    // The spread of dilation 1 makes any padding symmetric.
    let symmetric = SymmetricPadding(layer.spatial, dilation: Extent(1))!
    let shape = try symmetric.shape(
      of: Shape([outputs, depth, 1, 1]), limit: limit, in: format, for: node, rewriting)
    let plane = shape[2] * shape[3]
    let center = symmetric.zeros.top * shape[3] + symmetric.zeros.left
    let kernel = try rewriting.constant(shape, for: node) { index in
      let (output, input) = (index / plane / depth, index / plane % depth)
      let isCopied = isDepthwise || output - layer.channelsBefore == input
      return isCopied && index % plane == center ? 1 : 0
    }
    return Layer.Convolution(
      kernel: kernel, padding: symmetric.padding, groups: isDepthwise ? channels : 1)
  }

  /// Windows that see one element: none are left where others were cut off.
  private func crop(
    _ layer: Layer.ZeroPadding, _ node: Node, _ rewriting: Rewriting
  ) throws(FormatError) -> Layer.Convolution {
    let cut = layer.spatial
    guard
      max(cut.top, cut.left, cut.bottom, cut.right, layer.channelsBefore, layer.channelsAfter)
        <= 0
    else {
      throw rewriting.fault(
        node,
        "expected zeros around an image or a part of it, found both, which \(format) has no layer "
          + "for")
    }
    let extents = [1 - cut.top - cut.bottom, 1 - cut.left - cut.right]
    let center = -cut.top * extents[1] - cut.left
    return Layer.Convolution(
      kernel: try depthwise(extents, node, rewriting) { $0 == center ? 1 : 0 },
      groups: channels(of: node, rewriting))
  }

  /// The same kernel for each channel, each element made from its index in the plane.
  private func depthwise(
    _ extents: [Int], _ node: Node, _ rewriting: Rewriting, _ element: (Int) -> Float
  ) throws(FormatError) -> Tensor {
    let all = [channels(of: node, rewriting), 1] + extents
    guard let shape = Shape(checking: all), shape.elementCount <= limit else {
      throw rewriting.fault(node, "expected a kernel that \(format) can hold, found \(all)")
    }
    let plane = extents[0] * extents[1]
    return try rewriting.constant(shape, for: node) { element($0 % plane) }
  }
}
