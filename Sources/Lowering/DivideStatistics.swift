public import Files
public import ModelGraph
internal import TensorCore

/// Divides the running sums of batch normalizations by their factor, where a format has statistics only.
public struct DivideStatistics: LoweringPass {
  /// A pass.
  public init() {}

  /// The normalization with a factor of 1.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard case .batchNormalization(var layer) = node.layer,
      let factor = layer.factor?.doubles.first, factor != 1
    else { return [node] }
    // No batch was ever seen: both statistics are 0.
    let division = Ledger.Transform.divide(by: factor == 0 ? .infinity : factor)
    layer.mean = try rewriting.apply(division, to: layer.mean, for: node)
    layer.variance = try rewriting.apply(division, to: layer.variance, for: node)
    layer.factor = Tensor([1], [1] as [Float])
    for role in [Layer.WeightRole.mean, .variance] {
      rewriting.setOrigin(of: role, in: node.name, from: (role, node.name), [division])
    }
    rewriting.setOrigin(of: .factor, in: node.name, from: nil)
    rewriting.note(.dividedStatistics, node.name)
    var node = node
    node.layer = .batchNormalization(layer)
    return [node]
  }
}
