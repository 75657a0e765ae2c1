public import ModelGraph
internal import Reference
public import Runtime
public import TensorCore

/// Each layer of the executor judged alone: the oracle computes it from the executor's own inputs,
/// which are exact then, so that the distance is this layer's rounding and nothing else.
///
/// With `d` the longest chain of additions of the kernel and `u = 2⁻²⁴`, every output must lie
/// within `(2·√d + 3) · u · (Σ|w||x| + |b|)`, and never outside the rigorous `(d + 3) · u` (the
/// sum, the product, and the rounding of two stored coefficients); the rms of the ratio must not
/// exceed `0.4·√d`, or 1 where that is less (of 256 different errors or more). A layer that only moves or selects elements must give
/// the very bits. The square root is what independent roundings give (Higham and Mary 2019).
/// `WinogradMagnitude` tells what stands in place of `Σ|w||x|` where Winograd's algorithm ran.
public struct LayerVerification: Sendable {
  /// One output of one layer.
  public struct Result: Sendable {
    /// The value.
    public var value: String
    /// The layer's type.
    public var typeName: String
    /// The longest chain of additions of the kernel that ran; 0 for none.
    public var additionChain: Int
    /// Outputs of a tile along each side where Winograd's algorithm ran.
    public var winogradTile: Int?
    /// The largest `|error| / (u · magnitude)`.
    public var maximumRatio: Double
    /// The root of the mean square of that ratio.
    public var rootMeanSquareRatio: Double

    /// Whether the layer only moves or selects elements.
    public var isExact: Bool

    /// What the largest ratio may be.
    public var bound: Double {
      if isExact { return 0 }
      let d = Double(additionChain)
      // The rigorous one is of sums taken term by term.
      return winogradTile == nil ? min(2 * d.squareRoot() + 3, d + 3) : 2 * d.squareRoot() + 3
    }
    /// How many different ratios the elements have, counted to 256: equal inputs give equal errors.
    public var distinctCount: Int

    /// What the rms of the ratio may be; that of a few errors is no mean and may be the bound.
    public var rootMeanSquareBound: Double {
      if isExact { return 0 }
      return distinctCount < LayerVerification.leastDistinct
        ? bound : max(0.4 * Double(additionChain).squareRoot(), 1)
    }
    /// Whether both stay within their bounds.
    public var agrees: Bool {
      maximumRatio <= bound && rootMeanSquareRatio <= rootMeanSquareBound
    }
  }

  /// So many errors have a mean that is within 5 % of what it would be over more.
  private static let leastDistinct = 256

  /// Every value but the inputs, in topological order.
  public var results: [Result]
  /// The first value outside its bounds.
  public var firstDiverging: Result? { results.first { !$0.agrees } }
  /// Whether every layer stays within its bounds.
  public var passes: Bool { firstDiverging == nil && !results.isEmpty }

  /// Runs a network with every value observed, and each of its layers by the oracle.
  ///
  /// - Parameters:
  ///   - options: how the executor runs.
  ///   - progress: called with how many layers of how many are judged.
  /// - Throws: `NetworkError` where the inputs do not fit, or there is no memory for all values.
  public init(
    of network: Network, inputs: [String: Tensor],
    options: ExecutionOptions = ExecutionOptions(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(NetworkError) {
    let plan = try ExecutionPlan(
      for: network, inputShapes: inputs.mapValues(\.shape), observing: .all, options: options)
    // All values in float64, and as floats in the arena.
    try Network.requireMemory(for: plan.shapes.values, bytesPerElement: 12)
    var values: [String: OracleValue] = [:]
    let context = try ExecutionContext(plan)
    try context.run(inputs) { value in
      values[value.name] = OracleValue(
        shape: value.shape, elements: value.elements.map(Double.init))
    }
    results = []
    for (index, node) in network.nodes.enumerated() {
      progress(index, network.nodes.count)
      if case .input = node.layer { continue }
      let x = node.inputs.map { values[$0]! }  // every value was observed
      let expected = try Oracle.evaluate(node, x)
      var magnitudes = try Oracle.magnitudes(node, x).map(\.elements)
      let tile = plan.winogradTile(of: node.outputs[0])
      if let tile, case .convolution(let layer) = node.layer {
        let shape = expected[0].shape
        magnitudes = [WinogradMagnitude.values(of: layer, tile: tile, x[0], output: shape)]
      }
      for (index, name) in node.outputs.enumerated() {
        let ratios = LayerVerification.ratios(
          values[name]!.elements, expected[index].elements, magnitudes[index])
        results.append(
          Result(
            value: name, typeName: node.layer.typeName,
            additionChain: plan.additionChain(of: name) ?? 0, winogradTile: tile,
            maximumRatio: ratios.maximum,
            rootMeanSquareRatio: ratios.rootMeanSquare, isExact: Oracle.isExact(node.layer),
            distinctCount: ratios.distinct))
      }
    }
  }

  private static func ratios(
    _ found: [Double], _ expected: [Double], _ magnitudes: [Double]
  ) -> (maximum: Double, rootMeanSquare: Double, distinct: Int) {
    var (largest, energy) = (0.0, 0.0)
    var distinct: Set<Double> = []
    for index in found.indices {
      let error = abs(found[index] - expected[index])
      // Below the normal range float32 rounds to a fixed step instead of a relative one.
      let unit = max(Perturbation.unitRoundoff * magnitudes[index], 0x1p-149)
      let ratio = error == 0 ? 0 : error / unit
      largest = max(largest, ratio.isNaN ? .infinity : ratio)
      energy += ratio * ratio
      if distinct.count < leastDistinct { distinct.insert(ratio) }
    }
    return (largest, (energy / Double(max(found.count, 1))).squareRoot(), distinct.count)
  }
}
