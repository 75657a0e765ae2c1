public import ModelGraph
public import TensorCore

/// A network ready to run: its plan and memory are kept from one run to the next.
///
/// Inputs of other shapes, a larger batch for example, are planned for when they come. One caller at
/// a time: it is not Sendable.
public final class Session {
  /// What runs.
  public let network: Network
  /// How it runs.
  public let options: ExecutionOptions
  private let observing: ObservedValues
  private var context: ExecutionContext

  /// A session for a model, planned for the shapes of its definition.
  ///
  /// - Throws: `NetworkError` where a layer does not fit its input, and where the system gives no
  ///   memory or no threads, or has no OpenBLAS that was
  ///   asked for.
  public convenience init(_ model: Model, threads: Int = 1) throws(NetworkError) {
    try self.init(model.network, options: ExecutionOptions(threadCount: threads))
  }

  /// A session for a network, planned for the shapes of its definition.
  ///
  /// - Throws: `NetworkError` where a layer does not fit its input, and where the system gives no
  ///   memory or no threads.
  public convenience init(_ network: Network, threads: Int) throws(NetworkError) {
    try self.init(network, options: ExecutionOptions(threadCount: threads))
  }

  /// A session for a network.
  ///
  /// - Parameters:
  ///   - options: how it runs.
  ///   - inputShapes: shapes of inputs by name, instead of those of the definition.
  ///   - observing: the values that `run(_:observe:)` will show; the more, the less is merged.
  /// - Throws: `NetworkError` where a layer does not fit its input, and where the system gives no
  ///   memory or no threads, or has no OpenBLAS that was
  ///   asked for.
  public init(
    _ network: Network, options: ExecutionOptions = ExecutionOptions(),
    inputShapes: [String: Shape] = [:], observing: ObservedValues = .outputs
  ) throws(NetworkError) {
    self.network = network
    self.observing = observing
    self.options = options
    let plan = try ExecutionPlan(
      for: network, inputShapes: inputShapes, observing: observing, options: options)
    context = try ExecutionContext(plan)
  }

  /// What is done for inputs of the shapes of the last run.
  public var plan: ExecutionPlan { context.plan }

  /// Runs the network.
  ///
  /// - Parameter inputs: one tensor for each input by its name, of any batch and image size that the
  ///   layers accept and of any element type.
  /// - Returns: the outputs of the network by name, float32.
  /// - Throws: `NetworkError` for an input that is missing or unknown or does not fit.
  public func run(_ inputs: [String: Tensor]) throws(NetworkError) -> [String: Tensor] {
    try fit(inputs)
    return try context.run(inputs)
  }

  /// Runs the network and shows each observed value as soon as it is computed.
  ///
  /// - Parameters:
  ///   - inputs: as for `run(_:)`.
  ///   - observe: called in topological order for each observed value, outputs included.
  /// - Throws: `NetworkError` for an input that is missing or unknown or does not fit.
  public func run(
    _ inputs: [String: Tensor], observe: (ObservedValue) -> Void
  ) throws(NetworkError) {
    try fit(inputs)
    try context.run(inputs, observe: observe)
  }

  /// Runs the network and takes the time of each step.
  ///
  /// - Returns: one duration for each step of the plan.
  /// - Throws: `NetworkError` for an input that is missing or unknown or does not fit.
  public func stepDurations(_ inputs: [String: Tensor]) throws(NetworkError) -> [Duration] {
    try fit(inputs)
    return try context.stepDurations(inputs)
  }

  /// Plans anew where inputs have other shapes than those of the last run.
  private func fit(_ inputs: [String: Tensor]) throws(NetworkError) {
    // What is missing or unknown is told by the run.
    guard plan.inputs.allSatisfy({ inputs[$0.name] != nil }) else { return }
    guard plan.inputs.contains(where: { inputs[$0.name]?.shape != $0.shape }) else { return }
    let plan = try ExecutionPlan(
      for: network, inputShapes: inputs.mapValues(\.shape), observing: observing,
      options: options, sharingWith: plan)
    context = try ExecutionContext(plan)
  }
}
