internal import Executor
public import ModelGraph
public import TensorCore

/// What rounding to float32 may do to each value of a network, measured.
///
/// Bounds that are propagated through a whole network end up thousands of times too wide, and a
/// fixed tolerance is too tight for one network and too loose for the next. So the oracle runs
/// eight times with noise of rounding size after every layer, and what comes out is the scale.
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

  /// By value.
  public let spreads: [String: Spread]

  /// Measures a network.
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
    let oracle = try Oracle(network, inputShapes: inputs.mapValues(\.shape))
    try Network.requireMemory(
      for: oracle.shapes.filter { values?.contains($0.key) ?? true }.values, bytesPerElement: 8)
    let total = 1 + RoundingScale.runCount
    progress(0, total)
    var exact: [String: [Double]] = [:]
    try oracle.run(inputs) { name, value in
      if values?.contains(name) ?? true { exact[name] = value.elements }
    }
    var sums: [String: Spread] = [:]
    for run in 0..<RoundingScale.runCount {
      progress(1 + run, total)
      let noise = Perturbation(seed: UInt64(run))
      try oracle.run(inputs, perturbation: noise) { name, value in
        guard let expected = exact[name] else { return }
        let deviation = RoundingDeviation(found: value.elements, expected: expected)
        let sum = sums[name] ?? Spread(maximum: 0, rootMeanSquare: 0)
        sums[name] = Spread(
          maximum: sum.maximum + deviation.maximum * deviation.maximum,
          rootMeanSquare: sum.rootMeanSquare + deviation.rootMeanSquare * deviation.rootMeanSquare)
      }
    }
    progress(total, total)
    spreads = sums.mapValues {
      Spread(
        maximum: ($0.maximum / Double(RoundingScale.runCount)).squareRoot(),
        rootMeanSquare: ($0.rootMeanSquare / Double(RoundingScale.runCount)).squareRoot())
    }
  }
}
