public import ModelGraph
public import TensorCore

/// Where two models part: their weights bit by bit, their values on the same inputs.
public struct ModelComparison: Sendable {
  /// A weight that is not the same in both.
  public struct WeightDifference: Sendable, Equatable {
    /// The weight's name.
    public var name: String
    /// What differs: presence, type, shape or bits.
    public var reason: String
  }

  /// One value of both.
  public struct ValueComparison: Sendable {
    /// The value's name.
    public var value: String
    /// How far the second model's is from the first's.
    public var deviation: Deviation
    /// What the largest deviation may be: six times the scale of rounding, both sides rounding.
    public var bound: Double
    /// Whether it stays within its bound.
    public var agrees: Bool { bound.isFinite && deviation.maximum <= bound }
  }

  /// Weights of one name that are bit-equal.
  public var equalWeightCount: Int
  /// The others.
  public var weightDifferences: [WeightDifference]
  /// The values both models have, in the first model's order.
  public var values: [ValueComparison]

  /// The first value that is further off than rounding explains.
  public var firstDiverging: ValueComparison? { values.first { !$0.agrees } }
  /// Whether the outputs agree.
  public var passes: Bool { firstDiverging == nil && !values.isEmpty }

  /// Runs both on the same inputs, those of `first`, and compares the last outputs and all values
  /// of one name and shape.
  ///
  /// - Throws: `NetworkError` where the inputs do not fit, the last outputs differ in shape, or
  ///   there is no memory for the values.
  public init(
    _ first: Network, _ second: Network, inputs: [String: Tensor], engine: Engine
  ) throws(NetworkError) {
    let scale = try RoundingScale(of: first, inputs: inputs)
    let firstShapes = try first.shapes(for: inputs.mapValues(\.shape))
    // Models of other formats may name their only input or output otherwise.
    let renamed =
      first.inputs.count == 1 && second.inputs.count == 1
      ? [second.inputs[0].name: inputs[first.inputs[0].name]!] : inputs
    try Network.requireMemory(for: firstShapes.values, bytesPerElement: 8)  // floats of both
    let secondShapes = try second.shapes(for: renamed.mapValues(\.shape))
    var pairs: [String: String] = [:]  // value of `first`: value of `second`
    let computed = first.nodes.filter { !$0.inputs.isEmpty }.flatMap(\.outputs)
    for value in computed where secondShapes[value] == firstShapes[value] {
      pairs[value] = value
    }
    // Whatever they are called, the last outputs are what the models are for.
    guard let a = first.outputs.last, let b = second.outputs.last,
      let (expectedShape, foundShape) = firstShapes[a].flatMap({ x in
        secondShapes[b].map { (x, $0) }
      }),
      expectedShape.elementCount == foundShape.elementCount
    else {
      throw NetworkError("the models' last outputs have different shapes")
    }
    pairs[a] = b
    var expected: [String: Tensor] = [:]
    try engine.run(first, inputs: inputs, observing: Set(pairs.keys)) { expected[$0] = $1 }
    var found: [String: Tensor] = [:]
    try engine.run(second, inputs: renamed, observing: Set(pairs.values)) { found[$0] = $1 }
    values = first.nodes.flatMap(\.outputs).compactMap { name in
      guard let pair = pairs[name], let a = expected[name], let b = found[pair] else { return nil }
      let deviation = Deviation(found: b.doubles, expected: a.doubles)
      let bound =
        RoundingScale.gate * 2.0.squareRoot() * engine.roundoff * scale.spreads[name]!.maximum
      return ValueComparison(value: name, deviation: deviation, bound: bound)
    }
    (equalWeightCount, weightDifferences) = ModelComparison.weights(first, second)
  }

  private static func weights(
    _ first: Network, _ second: Network
  ) -> (equal: Int, differences: [WeightDifference]) {
    let others = Dictionary(second.weights.map { ($0.name, $0.tensor) }) { first, _ in first }
    var equal = 0
    var differences: [WeightDifference] = []
    for (name, tensor) in first.weights {
      guard let other = others[name] else {
        differences.append(WeightDifference(name: name, reason: "only in the first model"))
        continue
      }
      if tensor.isBitEqual(to: other) {
        equal += 1
      } else if tensor.shape != other.shape || tensor.elementType != other.elementType {
        differences.append(
          WeightDifference(
            name: name,
            reason: "\(tensor.elementType) \(tensor.shape) and \(other.elementType) \(other.shape)")
        )
      } else {
        let deviation = Deviation(found: other.doubles, expected: tensor.doubles)
        differences.append(
          WeightDifference(name: name, reason: "differ by at most \(deviation.maximum)"))
      }
    }
    let known = Set(first.weights.map(\.name))
    for (name, _) in second.weights where !known.contains(name) {
      differences.append(WeightDifference(name: name, reason: "only in the second model"))
    }
    return (equal, differences)
  }
}
