public import ModelGraph
internal import TensorCore

/// A network whose last output gives scores for classes, without the softmax at its end: that is
/// taken in float64, of each look or of their mean.
public struct ClassifyingNetwork: Sendable {
  /// The network up to its softmax.
  public let network: Network
  /// The value that holds the scores.
  public let output: String
  /// Whether a softmax is to be taken.
  public let endsInSoftmax: Bool
  /// How many classes there are.
  public let classCount: Int

  /// The scores of a network.
  ///
  /// A network that ends in a sigmoid, as for two classes or for several at a time, keeps it.
  /// - Throws: `NetworkError` for a network whose last output is no list of scores.
  public init(_ network: Network) throws(NetworkError) {
    let shapes = try network.shapes()
    guard let last = network.outputs.last, let shape = shapes[last],
      let index = network.nodes.firstIndex(where: { $0.outputs.contains(last) })
    else { throw NetworkError("the network has no output") }
    guard shape.rank >= 2, shape.elementCount == shape[0] * shape[1], shape[1] > 0 else {
      throw NetworkError("the output \(last) is \(shape), expected a score for each class")
    }
    classCount = shape[1]
    let node = network.nodes[index]
    switch node.layer {
    case .softmax(let softmax)
    where softmax.axis == 1 || softmax.axis == shape.rank - 1 && shape.rank == 2:
      // Of a network that is nothing but a softmax there would be nothing to run.
      var nodes = network.nodes
      nodes[index].layer = .passThrough(.init(kind: .split))
      self.network = try Network(name: network.name, nodes: nodes)
      endsInSoftmax = true
    case .activation(.sigmoid):
      self.network = network
      endsInSoftmax = false
    default:  // scores of any scale: what training took the softmax of
      self.network = network
      endsInSoftmax = true
    }
    output = last
  }
}
