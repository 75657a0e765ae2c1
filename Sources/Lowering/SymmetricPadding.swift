public import Files
public import ModelGraph
internal import TensorCore

/// Padding that is the same on opposite sides, with rows and columns of zeros in the kernel that make
/// up for the difference.
///
/// A kernel with `n` rows of zeros above begins `n · dilation` rows earlier and sees the same: with
/// so much more padding there, its windows are as many as before and give the same numbers. Below
/// likewise.
public struct SymmetricPadding: Sendable {
  /// Rows above and below, columns to the left and to the right.
  public let pad: Extent
  /// Rows and columns of zeros around the kernel.
  public let zeros: Padding

  /// Padding made symmetric; nil if a difference is no multiple of the dilation.
  public init?(_ padding: Padding, dilation: Extent) {
    let rows = padding.bottom - padding.top
    let columns = padding.right - padding.left
    guard rows % dilation.height == 0, columns % dilation.width == 0 else { return nil }
    pad = Extent(
      height: max(padding.top, padding.bottom), width: max(padding.left, padding.right))
    zeros = Padding(
      top: max(rows, 0) / dilation.height, left: max(columns, 0) / dilation.width,
      bottom: max(-rows, 0) / dilation.height, right: max(-columns, 0) / dilation.width)
  }

  /// The padding on four sides.
  var padding: Padding { Padding(vertical: pad.height, horizontal: pad.width) }

  /// The shape of kernels with the zeros around them.
  ///
  /// - Throws: `FormatError` naming the layer if the format cannot hold so many elements.
  func shape(
    of kernel: Shape, limit: Int, in format: String, for node: Node, _ rewriting: Rewriting
  ) throws(FormatError) -> Shape {
    let extents = [
      kernel[0], kernel[1], kernel[2] + zeros.top + zeros.bottom,
      kernel[3] + zeros.left + zeros.right,
    ]
    guard let shape = Shape(checking: extents), shape.elementCount <= limit else {
      throw rewriting.fault(node, "expected a kernel that \(format) can hold, found \(extents)")
    }
    return shape
  }
}

/// Gives convolutions the same padding on opposite sides, and kernels zeros that make up for it.
///
/// Exact for finite numbers: what is added is `0 · x`.
public struct EnlargeKernels: LoweringPass {
  /// The name of the format, for errors.
  public var format: String
  /// As many elements as a kernel may have.
  public var limit: Int

  /// A pass for a format whose kernels have at most `limit` elements.
  public init(format: String, limit: Int) {
    self.format = format
    self.limit = limit
  }

  /// The convolution with symmetric padding.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .convolution(var layer) = node.layer else { return [node] }
    let (padding, dilation) = (layer.padding, layer.dilation)
    guard let symmetric = SymmetricPadding(padding, dilation: dilation) else {
      throw rewriting.fault(
        node,
        "\(format) pads opposite sides alike, and a kernel of dilation \(dilation.height) × "
          + "\(dilation.width) cannot make up for padding of \(padding.top) above, "
          + "\(padding.bottom) below, \(padding.left) left and \(padding.right) right")
    }
    guard symmetric.zeros != .none else { return [node] }
    let before = layer.kernel.shape
    let after = try symmetric.shape(of: before, limit: limit, in: format, for: node, rewriting)
    // The limit keeps the product small.
    try rewriting.requireMemory(
      after.elementCount * layer.kernel.elementType.byteCount, for: node)
    let transform = Ledger.Transform.surroundWithZeros(symmetric.zeros)
    layer.kernel = transform.applied(to: layer.kernel)!  // it fits, as was just checked
    layer.padding = symmetric.padding
    rewriting.setOrigin(of: .kernel, in: node.name, from: (.kernel, node.name), [transform])
    rewriting.note(
      .enlargedKernel,
      "\(node.name) from \(before[2]) × \(before[3]) to \(after[2]) × \(after[3])")
    var node = node
    node.layer = .convolution(layer)
    return [node]
  }
}
