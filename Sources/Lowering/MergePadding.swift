public import Files
public import ModelGraph
internal import TensorCore

/// Moves zero padding into the convolution behind it, where that is its only reader.
public struct MergePadding: LoweringPass {
  /// Whether the format has a convolution with such padding.
  public var accepts: @Sendable (Layer.Convolution) -> Bool

  /// A pass.
  public init(where accepts: @escaping @Sendable (Layer.Convolution) -> Bool) {
    self.accepts = accepts
  }

  /// Nothing for the padding; the convolution with more of it.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    if let reader = onlyReader(of: node, rewriting), merged(node, into: reader) != nil {
      rewriting.note(.mergedPadding, "\(node.name) to \(reader.name)")
      rewriting.replace(node.outputs[0], by: node.inputs[0])
      return []
    }
    guard case .convolution = node.layer else { return [node] }
    let padding = rewriting.maker(of: node.inputs[0])
    guard onlyReader(of: padding, rewriting)?.name == node.name,
      let layer = merged(padding, into: node)
    else { return [node] }
    var node = node
    node.layer = .convolution(layer)
    return [node]
  }

  private func onlyReader(of node: Node, _ rewriting: Rewriting) -> Node? {
    let readers = node.outputs.first.map { rewriting.readers(of: $0) } ?? []
    return readers.count == 1 ? readers[0] : nil
  }

  private func merged(_ node: Node, into reader: Node) -> Layer.Convolution? {
    guard case .zeroPadding(let padding) = node.layer, case .convolution(var layer) = reader.layer,
      padding.channelsBefore == 0, padding.channelsAfter == 0, padding.value == 0, !padding.cutsOff
    else { return nil }
    layer.padding = layer.padding + padding.spatial
    return accepts(layer) ? layer : nil
  }
}

/// Cuts zeros at the end of rows and columns that the only reader, a pooling that rounds down, leaves.
///
/// A pooling that rounds up has as many windows over what is left.
public struct CutUnreadPadding: LoweringPass {
  /// A pass.
  public init() {}

  /// The padding without what no window reads.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .zeroPadding(var padding) = node.layer, !padding.cutsOff else { return [node] }
    let value = node.outputs[0]
    let readers = rewriting.readers(of: value)
    guard readers.count == 1, case .pooling(let pooling) = readers[0].layer,
      pooling.padding == .none
    else { return [node] }
    let (input, output) = (
      rewriting.shape(of: value), rewriting.shape(of: readers[0].outputs[0])
    )
    let unreadRows = input[2] - (output[2] - 1) * pooling.stride.height - pooling.kernel.height
    let unreadColumns = input[3] - (output[3] - 1) * pooling.stride.width - pooling.kernel.width
    let whole = padding.spatial
    padding.spatial.bottom -= max(0, min(unreadRows, whole.bottom))
    padding.spatial.right -= max(0, min(unreadColumns, whole.right))
    guard padding.spatial != whole else { return [node] }
    rewriting.note(.cutUnreadPadding, "\(node.name) before \(readers[0].name)")
    var node = node
    node.layer = .zeroPadding(padding)
    return [node]
  }
}

extension Padding {
  /// Padding of padding.
  package static func + (left: Padding, right: Padding) -> Padding {
    Padding(
      top: left.top + right.top, left: left.left + right.left,
      bottom: left.bottom + right.bottom, right: left.right + right.right)
  }
}
