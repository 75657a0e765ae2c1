public import TensorCore

/// What one layer costs for inputs of a given shape.
public struct LayerCost: Sendable {
  /// The shapes of the layer's outputs.
  public var outputShapes: [Shape]
  /// Weights that training learns: running statistics do not count.
  public var parameterCount: Int
  /// Weights that are stored: running statistics count.
  public var storedCount: Int
  /// Multiply-accumulates of convolutions and matrix products; 0 for every other layer.
  public var multiplyAccumulates: Int
  /// Floating-point operations: two for a multiply-accumulate, one for every other.
  public var operationCount: Int
  /// Bytes of the layer's outputs in float32.
  public var activationByteCount: Int
}

/// The product, or the largest number where there is none: a definition of a hundred bytes may ask for
/// any extents, and counting them is no reason to end.
func saturating(_ first: Int, _ second: Int) -> Int {
  let (product, overflow) = first.multipliedReportingOverflow(by: second)
  return overflow ? .max : product
}

extension Sequence<Int> {
  /// The sum of counts, or the largest number where there is none.
  public var saturatingSum: Int {
    reduce(0) { total, count in
      let (sum, overflow) = total.addingReportingOverflow(count)
      return overflow ? .max : sum
    }
  }
}

extension [Shape] {
  /// The elements of all.
  var elementCount: Int { lazy.map(\.elementCount).saturatingSum }
}

extension Network {
  /// The cost of each layer, in the order of `nodes`.
  ///
  /// A weight that layers share counts at its first layer only.
  /// - Throws: `NetworkError` where the layers do not fit the inputs.
  public func costs(for inputShapes: [String: Shape] = [:]) throws(NetworkError) -> [LayerCost] {
    let shapes = try shapes(for: inputShapes)
    let owned = Set(weights.map(\.name))
    return nodes.map { node in
      let outputs = node.outputs.map { shapes[$0]! }
      let weights = node.layer.weights.filter { owned.contains("\(node.name)/\($0.role.rawValue)") }
      let counts = weights.map { (role: $0.role, count: $0.tensor.shape.elementCount) }
      let inputs = node.inputs.map { shapes[$0]! }
      return LayerCost(
        outputShapes: outputs,
        parameterCount: counts.filter { $0.role.isLearned }.reduce(0) { $0 + $1.count },
        storedCount: counts.reduce(0) { $0 + $1.count },
        multiplyAccumulates: node.layer.multiplyAccumulates(output: outputs[0]),
        operationCount: node.layer.operationCount(inputs: inputs, outputs: outputs),
        activationByteCount: saturating(4, outputs.elementCount))
    }
  }
}

extension Layer.WeightRole {
  /// Whether gradient descent learns it.
  public var isLearned: Bool {
    switch self {
    case .kernel, .bias, .scale, .slope, .gamma, .beta: true
    case .mean, .variance, .factor: false
    }
  }
}

extension Layer {
  /// Multiply-accumulates of a convolution or a matrix product; 0 of every other layer.
  func multiplyAccumulates(output: Shape) -> Int {
    switch self {
    case .convolution(let layer):
      saturating(output.elementCount, layer.kernel.shape.elementCount(from: 1))
    case .fullyConnected(let layer):
      saturating(output.elementCount, layer.kernel.shape[1])
    default: 0
    }
  }
}
