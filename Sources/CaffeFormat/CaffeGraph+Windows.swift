internal import Files
internal import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

/// Padding as Caffe has it, the same on opposite sides, with rows and columns of zeros in the
/// kernel that make up for the difference.
///
/// A kernel with `n` rows of zeros above begins `n · dilation` rows earlier and sees the same: with
/// so much more padding there, its windows are as many as before and give the same numbers. Below
/// likewise.
struct SymmetricPadding {
  /// Rows above and below, columns to the left and to the right.
  let pad: Extent
  /// Rows and columns of zeros around the kernel.
  let zeros: Padding

  /// Padding made symmetric; nil if a difference is no multiple of the dilation.
  init?(_ padding: Padding, dilation: Extent) {
    let rows = padding.bottom - padding.top
    let columns = padding.right - padding.left
    guard rows % dilation.height == 0, columns % dilation.width == 0 else { return nil }
    pad = Extent(
      height: max(padding.top, padding.bottom), width: max(padding.left, padding.right))
    zeros = Padding(
      top: max(rows, 0) / dilation.height, left: max(columns, 0) / dilation.width,
      bottom: max(-rows, 0) / dilation.height, right: max(-columns, 0) / dilation.width)
  }
}

extension CaffeGraph {
  mutating func draft(_ layer: Layer.Convolution, _ node: Node) throws(FormatError) -> LayerDraft {
    let padding = try symmetric(layer, node)
    var kernel = try blob(layer.kernel, .kernel, node, as: layer.kernel.shape)
    if padding.zeros != .none { try enlarge(&kernel, by: padding.zeros, node) }
    var draft = convolution(
      node, kernel, pad: padding.pad, stride: layer.stride, dilation: layer.dilation,
      groups: layer.groups, hasBias: layer.bias != nil)
    if let bias = layer.bias {
      draft.blobs.append(try blob(bias, .bias, node, as: [layer.kernel.shape[0]]))
    }
    return draft
  }

  /// A convolution that copies its input: the identity, with rows of zeros for new channels.
  mutating func draft(_ layer: Layer.ZeroPadding, _ node: Node) throws(FormatError) -> LayerDraft {
    let channels = shapes[node.inputs[0]]![1]  // every value has a shape; this one is an image
    let outputs = layer.channelsBefore + channels + layer.channelsAfter
    let isDepthwise = outputs == channels
    let depth = isDepthwise ? 1 : channels
    guard !layer.cutsOff else { return try cropping(layer, node, channels) }
    // The spread of dilation 1 makes any padding symmetric.
    let padding = SymmetricPadding(layer.spatial, dilation: Extent(1))!
    let zeros = padding.zeros
    let shape = try enlargedShape(of: Shape([outputs, depth, 1, 1]), by: zeros, node)
    let plane = shape[2] * shape[3]
    let center = zeros.top * shape[3] + zeros.left
    let kernel = try blob(shape, node) { index in
      let (output, input) = (index / plane / depth, index / plane % depth)
      let isCopied = isDepthwise || output - layer.channelsBefore == input
      return isCopied && index % plane == center ? 1 : 0
    }
    remarks.add(.padding, node.name)
    return convolution(
      node, kernel, pad: padding.pad, stride: Extent(1), dilation: Extent(1),
      groups: isDepthwise ? channels : 1, hasBias: false)
  }

  /// A depthwise convolution whose windows see one element: none are left where others were cut off.
  private mutating func cropping(
    _ layer: Layer.ZeroPadding, _ node: Node, _ channels: Int
  ) throws(FormatError) -> LayerDraft {
    let cut = layer.spatial
    guard
      max(cut.top, cut.left, cut.bottom, cut.right, layer.channelsBefore, layer.channelsAfter)
        <= 0
    else {
      throw FormatError(
        at: .object(node.name),
        "expected zeros around an image or a part of it, found both, which Caffe has no layer for")
    }
    let around = Padding(
      top: -cut.top, left: -cut.left, bottom: -cut.bottom, right: -cut.right)
    let window = try enlargedShape(of: [channels, 1, 1, 1], by: around, node)
    let plane = window[2] * window[3]
    let kernel = try blob(window, node) { index in
      index % plane == around.top * window[3] + around.left ? 1 : 0
    }
    remarks.add(.cropping, node.name)
    return convolution(
      node, kernel, pad: Extent(0), stride: Extent(1), dilation: Extent(1), groups: channels,
      hasBias: false)
  }

  /// Every nth row and column, from the first on: a convolution, which rounds down.
  mutating func subsampling(by stride: Extent, _ node: Node) throws(FormatError) -> LayerDraft {
    let channels = shapes[node.inputs[0]]![1]  // every value has a shape; this one is an image
    let kernel = try blob([channels, 1, 1, 1], node) { _ in 1 }
    remarks.add(.subsampling, node.name)
    return convolution(
      node, kernel, pad: Extent(0), stride: stride, dilation: Extent(1), groups: channels,
      hasBias: false)
  }

  /// Surrounds a kernel with zeros.
  private mutating func enlarge(
    _ kernel: inout BlobDraft, by zeros: Padding, _ node: Node
  ) throws(FormatError) {
    let shape = kernel.tensor.shape
    let enlarged = try enlargedShape(of: shape, by: zeros, node)
    // At most 2^31 elements; what the kernel takes without the zeros is counted already.
    let byteCount = enlarged.elementCount * kernel.storedType.byteCount
    try take(byteCount - kernel.byteCount, node)
    try requireMemory(byteCount, node)
    let transform = Ledger.Transform.surroundWithZeros(zeros)
    kernel.tensor = transform.applied(to: kernel.tensor)!  // it fits, as was just checked
    kernel.transforms.append(transform)
    remarks.add(
      .enlargedKernels,
      "\(node.name) from \(shape[2]) × \(shape[3]) to \(enlarged[2]) × \(enlarged[3])")
  }

  private func symmetric(
    _ layer: Layer.Convolution, _ node: Node
  ) throws(FormatError) -> SymmetricPadding {
    let (padding, dilation) = (layer.padding, layer.dilation)
    guard let symmetric = SymmetricPadding(padding, dilation: dilation) else {
      throw FormatError(
        at: .object(node.name),
        "Caffe pads opposite sides alike, and a kernel of dilation \(dilation.height) × "
          + "\(dilation.width) cannot make up for padding of \(padding.top) above, "
          + "\(padding.bottom) below, \(padding.left) left and \(padding.right) right")
    }
    return symmetric
  }

  private func enlargedShape(
    of kernel: Shape, by zeros: Padding, _ node: Node
  ) throws(FormatError) -> Shape {
    let extents = [
      kernel[0], kernel[1], kernel[2] + zeros.top + zeros.bottom,
      kernel[3] + zeros.left + zeros.right,
    ]
    guard let shape = Shape(checking: extents), shape.elementCount <= CaffeGraph.sizeLimit else {
      throw FormatError(
        at: .object(node.name), "expected a kernel that Caffe can hold, found \(extents)")
    }
    return shape
  }

  private func convolution(
    _ node: Node, _ kernel: BlobDraft, pad: Extent, stride: Extent, dilation: Extent, groups: Int,
    hasBias: Bool
  ) -> LayerDraft {
    var draft = LayerDraft(node.name, "Convolution", "convolution_param")
    let shape = kernel.tensor.shape
    draft.parameters.add("num_output", shape[0])
    draft.parameters.addUnlessDefault("bias_term", hasBias)
    draft.parameters.add(
      Extent(height: shape[2], width: shape[3]), "kernel_size", "kernel_h", "kernel_w")
    if pad != Extent(0) { draft.parameters.add(pad, "pad", "pad_h", "pad_w") }
    if stride != Extent(1) { draft.parameters.add(stride, "stride", "stride_h", "stride_w") }
    if dilation != Extent(1) { draft.parameters.add(dilation, "dilation", "dilation", "dilation") }
    draft.parameters.addUnlessDefault("group", groups)
    draft.blobs = [kernel]
    return draft
  }
}

extension MessageBuilder {
  /// Adds height and width, in one field where they are equal.
  mutating func add(_ extent: Extent, _ both: String, _ height: String, _ width: String) {
    guard extent.height != extent.width else { return add(both, extent.height) }
    add(height, extent.height)
    add(width, extent.width)
  }
}
