internal import Alignment
public import ModelGraph
public import TensorCore

/// Where two models part: their weights, and their values on the same inputs.
///
/// Values and weights are compared where the graph says that they are the same thing, whatever
/// their names; `Alignment` says how.
public struct ModelComparison: Sendable {
  /// One value of both.
  public struct ValueComparison: Sendable {
    /// The value's name in the first model.
    public var value: String
    /// Its name in the second.
    public var second: String
    /// How far the second model's is from the first's.
    public var deviation: Deviation
    /// What the largest deviation may be: six times the scale of rounding, both sides rounding.
    public var bound: Double
    /// Whether it stays within its bound.
    public var agrees: Bool { bound.isFinite && deviation.maximum <= bound }
  }

  /// A value that has another shape in the second model, so that its elements cannot be compared.
  public struct ShapeDifference: Sendable {
    /// The value's name in the first model.
    public var value: String
    /// Its name in the second.
    public var second: String
    /// Both shapes.
    public var shapes: (first: Shape, second: Shape)
  }

  /// The weights of layers that are the same.
  public var weights: WeightComparison
  /// The values both models have, in the first model's order.
  public var values: [ValueComparison]
  /// Values that should be the same and have other shapes.
  public var shapeDifferences: [ShapeDifference]
  /// Values of the first model that the second does not have.
  public var onlyInFirst: [String]
  /// Values of the second model that the first does not have.
  public var onlyInSecond: [String]
  /// Whether every output of one has a counterpart in the other, and the last ones could be compared.
  public var comparesOutputs: Bool

  /// The first value that is further off than rounding explains.
  public var firstDiverging: ValueComparison? { values.first { !$0.agrees } }
  /// Whether all that was compared agrees, the outputs among it.
  public var passes: Bool {
    firstDiverging == nil && !values.isEmpty && comparesOutputs && weights.differences.isEmpty
  }

  /// Runs both on the same inputs, those of `first`, and compares.
  ///
  /// - Parameter progress: told how many of the float64 runs that measure rounding are done.
  /// - Throws: `NetworkError` where the inputs do not fit, where the models have no value in common,
  ///   or where there is no memory for the values.
  public init(
    _ first: Network, _ second: Network, inputs: [String: Tensor], engine: Engine,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(NetworkError) {
    let alignment = Alignment(first, second)
    let others = try ModelComparison.inputs(of: second, like: inputs, alignment)
    let firstShapes = try first.shapes(for: inputs.mapValues(\.shape))
    let secondShapes = try second.shapes(for: others.mapValues(\.shape))
    var pairs: [Alignment.Pair] = []
    shapeDifferences = []
    for pair in alignment.values {
      let shapes = (firstShapes[pair.first]!, secondShapes[pair.second]!)  // of every value
      if shapes.0.elementCount == shapes.1.elementCount {
        pairs.append(pair)
      } else {
        shapeDifferences.append(
          ShapeDifference(value: pair.first, second: pair.second, shapes: shapes))
      }
    }
    guard !pairs.isEmpty else {
      throw NetworkError("the models have no value in common that could be compared")
    }
    try Network.requireMemory(  // floats of both
      for: pairs.map { firstShapes[$0.first]! }, bytesPerElement: 8)
    let scale = try RoundingScale(
      of: first, inputs: inputs, values: Set(pairs.map(\.first)), progress: progress)
    var expected: [String: Tensor] = [:]
    try engine.run(first, inputs: inputs, observing: Set(pairs.map(\.first))) {
      expected[$0] = $1
    }
    var found: [String: Tensor] = [:]
    try engine.run(second, inputs: others, observing: Set(pairs.map(\.second))) {
      found[$0] = $1
    }
    values = pairs.compactMap { pair in
      guard let a = expected[pair.first], let b = found[pair.second] else { return nil }
      let reference = a.doubles
      let bound =
        RoundingScale.gate * 2.0.squareRoot() * engine.roundoff
        * scale.spreads[pair.first]!.maximum
      return ValueComparison(
        value: pair.first, second: pair.second,
        deviation: Deviation(found: b.doubles, expected: reference), bound: bound)
    }
    onlyInFirst = alignment.onlyInFirst
    onlyInSecond = alignment.onlyInSecond
    let compared = Set(pairs.map(\.first))
    comparesOutputs =
      alignment.outputs.count == first.outputs.count
      && alignment.outputs.count == second.outputs.count
      && alignment.outputs.allSatisfy { pair in
        compared.contains(pair.first) || alignment.inputs.contains { $0.first == pair.first }
      }
    weights = WeightComparison(alignment.weights)
  }

  /// The inputs of the second model: those of the first under their names there.
  private static func inputs(
    of second: Network, like inputs: [String: Tensor], _ alignment: Alignment
  ) throws(NetworkError) -> [String: Tensor] {
    let shapes = Dictionary(second.inputs.map { ($0.name, $0.shape) }) { first, _ in first }
    var renamed: [String: Tensor] = [:]
    for pair in alignment.inputs {
      guard let tensor = inputs[pair.first], let shape = shapes[pair.second] else { continue }
      // The same elements in another number of axes.
      renamed[pair.second] =
        tensor.shape.rank != shape.rank && tensor.shape.elementCount == shape.elementCount
        ? tensor.reshaped(to: shape) : tensor
    }
    return renamed
  }
}
