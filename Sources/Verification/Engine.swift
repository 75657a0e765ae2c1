internal import Executor
public import ModelGraph
internal import Reference
public import TensorCore

/// What runs a network.
public enum Engine: Sendable {
  /// The optimized executor, float32.
  case fast(threadCount: Int)
  /// The float64 oracle.
  case oracle

  /// How finely it rounds, in units of float32's rounding.
  var roundoff: Double {
    switch self {
    case .fast: 1
    case .oracle: 0x1p-29
    }
  }

  /// Runs a network once.
  ///
  /// - Parameters:
  ///   - inputs: by name, of any batch the network accepts.
  ///   - values: the values to observe; every output if nil.
  ///   - observe: gets each of them in topological order, in float32 or float64 as computed.
  /// - Returns: the time of the run in seconds, without planning.
  /// - Throws: `NetworkError` where the inputs do not fit.
  @discardableResult
  public func run(
    _ network: Network, inputs: [String: Tensor], observing values: Set<String>? = nil,
    observe: (_ name: String, _ value: Tensor) -> Void
  ) throws(NetworkError) -> Double {
    let wanted = values ?? Set(network.outputs)
    let clock = ContinuousClock()
    switch self {
    case .oracle:
      let oracle = try Oracle(network, inputShapes: inputs.mapValues(\.shape))
      let start = clock.now
      try oracle.run(inputs) { name, value in
        if wanted.contains(name) { observe(name, Tensor(value.shape, value.elements)) }
      }
      return (clock.now - start).seconds
    case .fast(let threadCount):
      let plan = try ExecutionPlan(
        for: network, inputShapes: inputs.mapValues(\.shape), observing: .named(wanted))
      let executor = try Executor(plan, threadCount: threadCount)
      let start = clock.now
      try executor.run(inputs) { value in
        if wanted.contains(value.name) {
          observe(value.name, Tensor(value.shape, Array(value.elements)))
        }
      }
      return (clock.now - start).seconds
    }
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
