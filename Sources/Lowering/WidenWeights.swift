public import Files
public import ModelGraph
internal import TensorCore

/// Makes float32 of weights in half precision, which is exact, for a format without half precision.
///
/// They are made when they are written, one at a time; a tensor that layers share stays shared.
public struct WidenWeights: LoweringPass {
  /// A pass.
  public init() {}

  /// The layer with float32 weights.
  public func rewrite(
    _ node: Node, in rewriting: inout Rewriting
  ) throws(FormatError) -> [Node] {
    guard node.layer.weights.contains(where: { $0.tensor.elementType.byteCount == 2 }) else {
      return [node]
    }
    var fault: FormatError?
    let original = node
    var node = node
    node.layer = node.layer.mapWeights { role, tensor in
      guard tensor.elementType.byteCount == 2 else { return tensor }
      let transform = Ledger.Transform.widen(from: tensor.elementType)
      let weight = rewriting.origin(of: role, in: original.name).weight ?? original.name
      rewriting.note(.widenedWeight, "\(weight) (\(tensor.elementType))")
      rewriting.setOrigin(of: role, in: original.name, from: (role, original.name), [transform])
      do throws(FormatError) {
        return try rewriting.apply(transform, to: tensor, for: original)
      } catch {
        fault = error
        return tensor
      }
    }
    if let fault { throw fault }
    return [node]
  }
}
