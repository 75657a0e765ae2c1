public import ModelGraph
internal import Reference
public import Runtime
public import TensorCore

/// What runs a network.
public enum Engine: Sendable {
  /// The optimized executor, float32.
  case executor(ExecutionOptions)
  /// The float64 oracle.
  case oracle

  /// The optimized executor, adding term by term on every processor alike: what is proved with it
  /// holds elsewhere.
  public static func fast(threadCount: Int) -> Engine {
    .executor(ExecutionOptions(threadCount: threadCount, isStrict: true))
  }

  /// How finely it rounds, in units of float32's rounding.
  var roundoff: Double {
    switch self {
    case .executor: 1
    case .oracle: 0x1p-29
    }
  }

  /// Prepares a network for inputs of given shapes.
  ///
  /// - Parameters:
  ///   - inputShapes: by name, of any batch the network accepts.
  ///   - values: the values to observe; every output if nil.
  /// - Returns: what runs it, any number of times.
  /// - Throws: `NetworkError` where the inputs do not fit, and where there is no memory for them.
  public func prepare(
    _ network: Network, inputShapes: [String: Shape], observing values: Set<String>? = nil
  ) throws(NetworkError) -> PreparedNetwork {
    let wanted = values ?? Set(network.outputs)
    switch self {
    case .oracle:
      return PreparedNetwork(
        runner: .oracle(try Oracle(network, inputShapes: inputShapes)), wanted: wanted)
    case .executor(let options):
      let session = try Session(
        network, options: options, inputShapes: inputShapes, observing: .named(wanted))
      return PreparedNetwork(runner: .session(session), wanted: wanted)
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
    try prepare(network, inputShapes: inputs.mapValues(\.shape), observing: values)
      .run(inputs, observe: observe)
  }
}

/// A network that an engine is ready to run.
public struct PreparedNetwork {
  fileprivate enum Runner {
    case session(Session)
    case oracle(Oracle)
  }

  fileprivate let runner: Runner
  /// The values that are observed.
  fileprivate let wanted: Set<String>

  /// Runs the network.
  ///
  /// - Parameters:
  ///   - inputs: by name, of the shapes it was prepared for.
  ///   - observe: gets each observed value in topological order, in float32 or float64 as computed.
  /// - Returns: the time of the run in seconds.
  /// - Throws: `NetworkError` where the inputs do not fit.
  @discardableResult
  public func run(
    _ inputs: [String: Tensor], observe: (_ name: String, _ value: Tensor) -> Void
  ) throws(NetworkError) -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    switch runner {
    case .oracle(let oracle):
      try oracle.run(inputs) { name, value in
        if wanted.contains(name) { observe(name, Tensor(value.shape, value.elements)) }
      }
    case .session(let session):
      try session.run(inputs) { value in
        if wanted.contains(value.name) {
          observe(value.name, Tensor(value.shape, Array(value.elements)))
        }
      }
    }
    return (clock.now - start).seconds
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
