public import ModelGraph
internal import Reference
internal import Runtime
public import TensorCore

/// What rounding may do to each value of a network, measured.
///
/// Bounds that are propagated through a whole network end up thousands of times too wide, and a
/// fixed tolerance is too tight for one network and too loose for the next. So the oracle runs
/// eight times with noise of rounding size after every layer, and what comes out is the scale.
///
/// How large the noise is depends on who computed the golden value. One in float64 is exact, and
/// the scale is that of float32 with every sum taken term by term. One in float32 may come from the
/// worst algorithm in use: where a convolution of 3×3 lies above it, that is Winograd's
/// F(6×6, 3×3), many times less exact (`WinogradRounding`). One in half precision comes from
/// weights and values that were rounded to it.
public struct RoundingScale: Sendable {
  /// The runs whose deviations are pooled.
  public static let runCount = 8
  /// A deviation above this multiple of the scale is no rounding.
  public static let gate = 6.0

  /// Of one value over the runs.
  public struct Spread: Sendable {
    /// The rms over the runs of the largest deviation.
    public var maximum: Double
    /// The rms over the runs and elements of the deviation.
    public var rootMeanSquare: Double
  }

  /// By value, for float32 that sums term by term.
  public var spreads: [String: Spread] { measured[.direct] ?? [:] }

  /// By the arithmetic of the noise and by value.
  private let measured: [Perturbation.Arithmetic: [String: Spread]]
  /// The values that Winograd's transform makes less exact.
  private let belowWinograd: Set<String>

  /// Measures a network for values in float32 that sums term by term.
  ///
  /// - Parameters:
  ///   - inputs: by name. What rounding does differs from image to image, so all that will be
  ///     compared should be here.
  ///   - values: the values whose spread is wanted; all if nil.
  ///   - progress: told before the first run and after each how many of all are done.
  /// - Throws: `NetworkError` where the inputs do not fit, or there is no memory for the values.
  public init(
    of network: Network, inputs: [String: Tensor], values: Set<String>? = nil,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(NetworkError) {
    let all = values ?? Set(network.nodes.flatMap(\.outputs))
    try self.init(of: network, inputs: inputs, wanted: [.direct: all], progress: progress)
  }

  /// Measures a network for the goldens of a fixture, each by the arithmetic it may come from.
  ///
  /// One kind of golden costs one set of runs; only where float64 and float32 goldens, or half
  /// precision, lie below the same convolutions are there more.
  /// - Parameter progress: told before the first run and after each how many of all are done.
  /// - Throws: `NetworkError` where the inputs do not fit, or there is no memory for the values.
  public init(
    of network: Network, for fixture: Fixture,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(NetworkError) {
    let below = network.valuesBelowWinograd
    var wanted: [Perturbation.Arithmetic: Set<String>] = [:]
    for golden in fixture.goldens {
      let arithmetic = RoundingScale.arithmetic(
        golden.tensor.elementType, isBelowWinograd: below.contains(golden.value))
      wanted[arithmetic, default: []].insert(golden.value)
    }
    // Where no such convolution lies above a value, its noise is the same bits in both.
    if let wide = wanted[.winograd], let direct = wanted[.direct], direct.isDisjoint(with: below) {
      wanted[.winograd] = wide.union(direct)
      wanted[.direct] = nil
    }
    try self.init(of: network, inputs: fixture.inputs, wanted: wanted, progress: progress)
  }

  private init(
    of network: Network, inputs: [String: Tensor], wanted: [Perturbation.Arithmetic: Set<String>],
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws(NetworkError) {
    let oracle = try Oracle(network, inputShapes: inputs.mapValues(\.shape))
    let values = wanted.values.reduce(into: Set()) { $0.formUnion($1) }
    try Network.requireMemory(
      for: oracle.shapes.filter { values.contains($0.key) }.values, bytesPerElement: 8)
    var done = 0
    let total = 1 + wanted.count * RoundingScale.runCount
    progress(done, total)
    var exact: [String: [Double]] = [:]
    try oracle.run(inputs) { name, value in
      if values.contains(name) { exact[name] = value.elements }
    }
    var measured: [Perturbation.Arithmetic: [String: Spread]] = [:]
    for (arithmetic, values) in wanted {
      var sums: [String: Spread] = [:]
      for seed in 0..<UInt64(RoundingScale.runCount) {
        done += 1
        progress(done, total)
        let noise = Perturbation(seed: seed, arithmetic: arithmetic)
        try oracle.run(inputs, perturbation: noise) { name, value in
          guard values.contains(name), let expected = exact[name] else { return }
          let deviation = RoundingDeviation(found: value.elements, expected: expected)
          let sum = sums[name] ?? Spread(maximum: 0, rootMeanSquare: 0)
          sums[name] = Spread(
            maximum: sum.maximum + deviation.maximum * deviation.maximum,
            rootMeanSquare: sum.rootMeanSquare
              + deviation.rootMeanSquare * deviation.rootMeanSquare)
        }
      }
      measured[arithmetic] = sums.mapValues {
        Spread(
          maximum: ($0.maximum / Double(RoundingScale.runCount)).squareRoot(),
          rootMeanSquare: ($0.rootMeanSquare / Double(RoundingScale.runCount)).squareRoot())
      }
    }
    progress(total, total)
    belowWinograd = network.valuesBelowWinograd
    if measured[.direct] == nil {
      measured[.direct] = measured[.winograd]?.filter { [belowWinograd] in
        !belowWinograd.contains($0.key)
      }
    }
    self.measured = measured
  }

  /// The spread of a value where the golden has this type; of float32 that sums term by term where
  /// nothing else was measured.
  func spread(of value: String, golden: ElementType) -> Spread {
    let arithmetic = RoundingScale.arithmetic(
      golden, isBelowWinograd: belowWinograd.contains(value))
    return measured[arithmetic]?[value] ?? spreads[value]
      ?? Spread(maximum: 0, rootMeanSquare: 0)
  }

  private static func arithmetic(
    _ golden: ElementType, isBelowWinograd: Bool
  ) -> Perturbation.Arithmetic {
    switch golden {
    case .float64: .direct
    case .float32: isBelowWinograd ? .winograd : .direct
    case .float16, .bfloat16: .half(golden)
    }
  }
}
