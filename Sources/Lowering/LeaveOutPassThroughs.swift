public import Files
public import ModelGraph

/// Leaves out layers that only matter in training and hand on their input.
public struct LeaveOutPassThroughs: LoweringPass {
  /// The kinds that the format has no layer for.
  public var kinds: Set<Layer.PassThrough.Kind>

  /// A pass that leaves out some kinds.
  public init(_ kinds: Set<Layer.PassThrough.Kind>) { self.kinds = kinds }

  /// None for one of the kinds, unless it makes an output, whose name must not vanish.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .passThrough(let layer) = node.layer, kinds.contains(layer.kind),
      !rewriting.isOutput(node.outputs[0])
    else { return [node] }
    rewriting.replace(node.outputs[0], by: node.inputs[0])
    rewriting.note(.leftOutPassThrough, node.name)
    return []
  }
}

/// Leaves out inputs that no layer reads.
public struct LeaveOutUnreadInputs: LoweringPass {
  /// A pass.
  public init() {}

  /// None for an input that nobody reads.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .input = node.layer, rewriting.readers(of: node.outputs[0]).isEmpty else {
      return [node]
    }
    rewriting.note(.leftOutInput, node.name)
    return []
  }
}
