internal import Files
internal import JSON
internal import Lowering
internal import ModelGraph
internal import TensorCore

/// A rectifier with a slope for each element, which the canonical model has as several layers:
/// `max(x, 0) − slope · max(−x, 0)`.
struct ElementSlopes {
  /// The value that is rectified.
  var input: String
  /// The slopes, of the shape of a sample, and the layer that has them.
  var slopes: Tensor
  var owner: Node
  /// The layers before the difference.
  var parts: [String]

  /// The rectifier that ends in a node; nil if it is none.
  ///
  /// - Parameters:
  ///   - makers: the node that makes each value.
  ///   - isReadOnce: whether one node reads a value, and once.
  init?(endingIn node: Node, makers: [String: Node], isReadOnce: (String) -> Bool) {
    guard case .elementwise(let difference) = node.layer, difference.operation == .sum,
      difference.coefficients == [1, -1], let right = makers[node.inputs[0]],
      let owner = makers[node.inputs[1]], right.layer.rectifier?.isPlain == true,
      case .scale(let scale) = owner.layer, let slopes = scale.scale, scale.bias == nil,
      scale.axis == 1, let left = makers[owner.inputs[0]],
      left.layer.rectifier?.isPlain == true, let mirror = makers[left.inputs[0]],
      case .activation(let reflection) = mirror.layer, let power = reflection.affine,
      power.scale == -1, power.shift == 0, mirror.inputs == right.inputs
    else { return nil }
    let inner = [right, owner, left, mirror]
    guard inner.allSatisfy({ isReadOnce($0.outputs[0]) }) else { return nil }
    self.slopes = slopes
    self.owner = owner
    input = mirror.inputs[0]
    parts = inner.map(\.name)
  }
}

extension ElementSlopes {
  /// What Keras has as one layer with a slope for each element, by the name of the last layer.
  static func all(in network: LoweredNetwork) -> [String: ElementSlopes] {
    let readers = network.readers
    var makers: [String: Node] = [:]
    var all: [String: ElementSlopes] = [:]
    for node in network.nodes {
      let found = ElementSlopes(endingIn: node, makers: makers) { readers[$0]?.count == 1 }
      if let found, found.slopes.shape.rank + 1 == network.shapes[found.input]?.rank {
        all[node.name] = found
      }
      for value in node.outputs { makers[value] = node }
    }
    return all
  }
}

extension KerasGraph {
  mutating func add(_ rectifier: ElementSlopes, _ node: Node) throws(FormatError) {
    let input = withAxes(value(rectifier.input), for: node)
    // Every value has axes now; those behind the batch are the slopes'.
    let order = (1..<input.shape.rank).map { axis in
      (1..<input.shape.rank).first { input.kerasAxis($0) == axis }! - 1
    }
    let alpha = try weight(
      "alpha", rectifier.slopes, .scale, rectifier.owner,
      order == order.sorted() ? [] : [.permute(order)])
    try addRectifier(alpha, sharedAxes: [], input, node)
  }

  /// A slope for each channel, whose axis is the last one, or one slope for all.
  mutating func add(_ layer: Layer.PReLU, _ node: Node) throws(FormatError) {
    var input = withAxes(value(node.inputs[0]), for: node)
    let (rank, count) = (input.shape.rank, layer.slope.shape.elementCount)
    if count > 1 { input = arranged(input, .axes([0] + (2..<rank) + [1]), for: node.name) }
    let shape = Shape([Int](repeating: 1, count: rank - 2) + [count])
    let alpha = try weight(
      "alpha", layer.slope, .slope, node, [.reshape(from: layer.slope.shape, to: shape)])
    let sharedAxes = Array(1..<(count > 1 ? rank - 1 : rank))
    try addRectifier(alpha, sharedAxes: sharedAxes, input, node)
  }

  private mutating func withAxes(_ value: DraftValue, for node: Node) -> DraftValue {
    switch value.arrangement {
    case .axes: value
    case .flattened: plain(value, for: node)
    }
  }

  private mutating func addRectifier(
    _ alpha: WeightDraft, sharedAxes: [Int], _ input: DraftValue, _ node: Node
  ) throws(FormatError) {
    let result = append(
      node, .prelu, [.init("shared_axes", sharedAxes.isEmpty ? .null : .integers(sharedAxes))],
      weights: [alpha], to: [input], shape: input.shape, input.arrangement)
    finish(node, result)
  }
}
