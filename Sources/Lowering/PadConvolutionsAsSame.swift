public import Files
public import ModelGraph
internal import TensorCore

/// Parts strides from convolutions that a format computes at stride 1 only: every nth row and column
/// is taken by a maximum over single elements.
public struct SeparateStrides: LoweringPass {
  /// Whether the format has no such convolution, of that many channels.
  public var lacks: @Sendable (Layer.Convolution, _ isDepthwise: Bool) -> Bool

  /// A pass.
  public init(where lacks: @escaping @Sendable (Layer.Convolution, Bool) -> Bool) {
    self.lacks = lacks
  }

  /// The convolution at stride 1, and the choice.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .convolution(var layer) = node.layer else { return [node] }
    let isDepthwise = layer.groups > 1 && layer.groups == rewriting.shape(of: node.inputs[0])[1]
    guard layer.stride != Extent(1), lacks(layer, isDepthwise) else { return [node] }
    let choice = Layer.Pooling(kind: .maximum, kernel: Extent(1), stride: layer.stride)
    layer.stride = Extent(1)
    rewriting.note(.separateStride, node.name)
    var dense = node
    dense.layer = .convolution(layer)
    dense.outputs = [rewriting.newName("\(node.name)_dense", for: node)]
    let name = rewriting.newName("\(node.name)_stride", for: node)
    return [
      dense, Node(name, .pooling(choice), inputs: dense.outputs, outputs: node.outputs),
    ]
  }
}

/// Parts padding from convolutions that is neither none nor what `same` of TensorFlow and Keras adds.
public struct PadConvolutionsAsSame: LoweringPass {
  /// What a layer that pads is named after: the convolution.
  public var baseName: @Sendable (Node) -> String

  /// A pass.
  public init(baseName: @escaping @Sendable (Node) -> String = { $0.name }) {
    self.baseName = baseName
  }

  /// The padding and the convolution without.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .convolution(var layer) = node.layer, layer.padding != .none,
      !layer.axes(over: rewriting.shape(of: node.inputs[0])).allSatisfy(\.isSame)
    else { return [node] }
    let base = baseName(node)
    let name = rewriting.newName("\(base)_pad", for: node)
    let padding = Layer.ZeroPadding(spatial: layer.padding)
    layer.padding = .none
    rewriting.note(.separatePadding, base)
    var bare = node
    (bare.layer, bare.inputs) = (.convolution(layer), [name])
    return [Node(name, .zeroPadding(padding), inputs: node.inputs), bare]
  }
}
