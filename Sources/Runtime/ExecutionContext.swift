#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Kernels
public import ModelGraph
public import TensorCore

/// A value shown while a network runs.
public struct ObservedValue {
  /// Its name in the network.
  public let name: String
  /// Its shape.
  public let shape: Shape
  /// Its elements, row-major; valid during the call only.
  public let elements: UnsafeBufferPointer<Float>
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
  private let workers: [Worker]
  private let stepValues: [StepValues]

  /// A context for a plan.
  ///
  /// - Parameter threadCount: how many threads compute; the results have the same bits for any.
  /// - Throws: `NetworkError` where the system gives no memory or no threads, or has no OpenBLAS.
  public init(_ plan: ExecutionPlan, threadCount: Int = 1) throws(NetworkError) {
    let scratch = (plan.scratchByteCount + 63) / 64 * 64
    let (scratchTotal, overflow) = scratch.multipliedReportingOverflow(by: threadCount)
    let (byteCount, sumOverflow) = plan.arenaByteCount.addingReportingOverflow(scratchTotal)
    // The system promises more than it has: what it promises is asked for second.
    guard !overflow, !sumOverflow, byteCount <= Memory.available,
      let arena = Arena(byteCount: byteCount)
    else {
      throw NetworkError(
        "needs \(plan.arenaByteCount) bytes of memory and \(scratch) for each of "
          + "\(threadCount) threads, \(Memory.available) are available", kind: .outOfMemory)
    }
    guard let pool = ThreadPool(threadCount: threadCount) else {
      throw NetworkError(
        "needs \(threadCount) threads, which the system does not give", kind: .outOfMemory)
    }
    let product = try MatrixProduct(for: plan, threadCount: threadCount)
    self.plan = plan
    self.pool = pool
    self.arena = arena
    workers = (0..<threadCount).map { worker in
      Worker(
        table: plan.table, product: product,
        scratch: arena.floats(
          at: plan.arenaByteCount + worker * scratch, count: plan.scratchByteCount / 4))
    }
    func memory(_ value: String, _ shape: Shape) -> UnsafeMutableBufferPointer<Float> {
      arena.floats(at: plan.offsets[value]!, count: shape.elementCount)  // each value has a place
    }
    stepValues = plan.steps.map { step in
      StepValues(
        inputs: zip(step.inputs, step.inputShapes).map { UnsafeBufferPointer(memory($0, $1)) },
        outputs: zip(step.outputs, step.outputShapes).map(memory))
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
        let memory = arena.floats(at: plan.offsets[value]!, count: input.shape.elementCount)
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
      let memory = arena.floats(at: plan.offsets[name]!, count: shape.elementCount)
      observe(ObservedValue(name: name, shape: shape, elements: UnsafeBufferPointer(memory)))
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

/// Memory for the values of a network and the working memory of the threads.
private final class Arena {
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int

  /// Memory aligned to 2 MiB; nil where the system has not so much.
  init?(byteCount: Int) {
    var memory: UnsafeMutableRawPointer?
    // Aligned so that the kernel can back it by huge pages: columns stride over many small ones.
    guard posix_memalign(&memory, 1 << 21, max(byteCount, 1)) == 0, let memory else { return nil }
    #if os(Linux)
      madvise(memory, byteCount, MADV_HUGEPAGE)
    #endif
    base = memory
    self.byteCount = byteCount
  }

  deinit { free(base) }

  /// `count` floats from `offset` bytes on; checked against the end.
  func floats(at offset: Int, count: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition(offset >= 0 && offset % 4 == 0 && count <= (byteCount - offset) / 4)
    // SAFETY: inside the memory as just checked; it holds nothing but floats.
    let start = (base + offset).assumingMemoryBound(to: Float.self)
    return UnsafeMutableBufferPointer(start: start, count: count)
  }
}
