internal import Kernels
public import ModelGraph
public import TensorCore

/// A value shown while a network runs.
public struct ObservedValue {
  /// Its name in the network.
  public let name: String
  /// Its shape.
  public let shape: Shape
  /// How its elements lie: row-major, unless the session shows values in place.
  public let layout: Layout
  /// Its elements, with what fills blocks up; valid during the call only.
  public let elements: UnsafeBufferPointer<Float>
  fileprivate let pool: ThreadPool

  /// Calls `body` once for each task on the threads of the run, which wait meanwhile; returns when
  /// all are done.
  ///
  /// - Parameter body: gets the task and the worker that runs it, below the number of threads; no two
  ///   calls at one time have the same worker.
  public func share(taskCount: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    pool.run(taskCount: taskCount, body)
  }
}

/// Runs a plan: owns the memory and the threads, so that a run allocates nothing large.
///
/// One caller at a time: it is not Sendable. Several contexts may run one plan at once.
public final class ExecutionContext {
  /// What it runs.
  public let plan: ExecutionPlan
  /// The number of threads, the caller's included.
  public var threadCount: Int { pool.threadCount }

  private let pool: ThreadPool
  private let arena: Arena
  private let weights: Arena
  private let workers: [Worker]
  private let stepValues: [StepValues]

  /// A context for a plan.
  ///
  /// - Throws: `NetworkError` where the system gives no memory or no threads, or has no OpenBLAS that
  ///   the plan asks for.
  public init(_ plan: ExecutionPlan) throws(NetworkError) {
    let threadCount = plan.options.threadCount
    let scratch = (plan.scratchByteCount + 63) / 64 * 64
    let (scratchTotal, overflow) = scratch.multipliedReportingOverflow(by: threadCount)
    let (byteCount, sumOverflow) = plan.arenaByteCount.addingReportingOverflow(scratchTotal)
    let missing = plan.weights.isMissing ? plan.weightByteCount : 0
    // The system promises more than it has: what it promises is asked for second.
    guard !overflow, !sumOverflow, byteCount <= Memory.available,
      missing <= Memory.available - byteCount, let arena = Arena(byteCount: byteCount)
    else {
      throw NetworkError(
        "needs \(plan.arenaByteCount) bytes of memory, \(missing) for weights and \(scratch) for "
          + "each of \(threadCount) threads, \(Memory.available) are available", kind: .outOfMemory)
    }
    guard let pool = ThreadPool(threadCount: threadCount) else {
      throw NetworkError(
        "needs \(threadCount) threads, which the system does not give", kind: .outOfMemory)
    }
    let product = try MatrixProduct(for: plan, threadCount: threadCount)
    let weights = try ThreadPool.withDefaultEnvironment { () throws(NetworkError) in
      try plan.weights.packed(plan.steps, with: Packer(kernels: plan.kernels, pool: pool))
    }
    self.plan = plan
    self.pool = pool
    self.arena = arena
    self.weights = weights
    workers = (0..<threadCount).map { worker in
      Worker(
        table: plan.table, kernels: plan.kernels, product: product,
        scratch: arena.floats(
          at: plan.arenaByteCount + worker * scratch, count: plan.scratchByteCount / 4))
    }
    func memory(_ value: PlanValue) -> UnsafeMutableBufferPointer<Float> {
      arena.floats(at: plan.offsets[value]!, count: value.type.storageCount)  // each has a place
    }
    stepValues = zip(plan.steps, plan.weights.offsets).map { step, offset in
      StepValues(
        inputs: step.inputs.map { UnsafeBufferPointer(memory($0)) },
        outputs: step.outputs.map(memory),
        weights: UnsafeBufferPointer(weights.floats(at: offset, count: step.kernel.weightCount)))
    }
  }

  /// Runs the network and shows each observed value as soon as it is computed.
  ///
  /// - Parameters:
  ///   - inputs: the inputs by name, of the shapes of the plan; any element type.
  ///   - observe: called in topological order for each observed value, outputs included.
  /// - Throws: `NetworkError` for an input that is missing, unknown or of another shape.
  public func run(
    _ inputs: [String: Tensor], observe: (ObservedValue) -> Void
  ) throws(NetworkError) {
    try run(inputs, observe: observe) { _, compute in compute() }
  }

  /// Runs the network.
  ///
  /// - Parameter inputs: the inputs by name, of the shapes of the plan; any element type.
  /// - Returns: the outputs of the network by name, float32.
  /// - Throws: `NetworkError` for an input that is missing, unknown or of another shape.
  public func run(_ inputs: [String: Tensor]) throws(NetworkError) -> [String: Tensor] {
    let outputs = Set(plan.outputs)
    var results: [String: Tensor] = [:]
    try run(inputs) { value in
      guard outputs.contains(value.name) else { return }
      results[value.name] = Tensor(value.shape) { _ = $0.update(fromContentsOf: value.elements) }
    }
    return results
  }

  /// Runs the network and takes the time of each step.
  ///
  /// - Returns: one duration for each step of the plan.
  /// - Throws: `NetworkError` for an input that is missing, unknown or of another shape.
  public func stepDurations(_ inputs: [String: Tensor]) throws(NetworkError) -> [Duration] {
    var durations: [Duration] = []
    let clock = ContinuousClock()
    try run(inputs, observe: { _ in }) { _, compute in durations.append(clock.measure(compute)) }
    return durations
  }

  private func run(
    _ inputs: [String: Tensor], observe: (ObservedValue) -> Void,
    perform: (Step, () -> Void) -> Void
  ) throws(NetworkError) {
    try check(inputs)
    ThreadPool.withDefaultEnvironment {
      for (input, value) in zip(plan.inputs, plan.inputValues) {
        let memory = arena.floats(at: plan.offsets[value]!, count: value.type.storageCount)
        inputs[input.name]!.withFloats { _ = memory.update(fromContentsOf: $0) }  // checked above
      }
      show(plan.observedValues[0], to: observe)
      for (index, step) in plan.steps.enumerated() {
        let values = stepValues[index]
        perform(step) {
          pool.run(taskCount: step.taskCount) { task, worker in
            step.kernel.run(task: task, values, workers[worker])
          }
        }
        show(plan.observedValues[index + 1], to: observe)
      }
    }
  }

  private func show(_ names: [String], to observe: (ObservedValue) -> Void) {
    for name in names {
      let shape = plan.shapes[name]!  // observed values have shapes and places
      let place = plan.places[name]!
      let memory = arena.floats(at: plan.offsets[place]!, count: place.type.storageCount)
      observe(
        ObservedValue(
          name: name, shape: shape, layout: place.type.layout,
          elements: UnsafeBufferPointer(memory), pool: pool))
    }
  }

  private func check(_ inputs: [String: Tensor]) throws(NetworkError) {
    for (name, shape) in plan.inputs {
      guard let tensor = inputs[name] else {
        throw NetworkError("expected an input named \(name), found none")
      }
      guard tensor.shape == shape else {
        throw NetworkError(layer: name, "expected an input of \(shape), found \(tensor.shape)")
      }
    }
    let known = Set(plan.inputs.map(\.name))
    if let unknown = inputs.keys.filter({ !known.contains($0) }).min() {
      throw NetworkError("the network has no input named \(unknown)")
    }
  }
}
