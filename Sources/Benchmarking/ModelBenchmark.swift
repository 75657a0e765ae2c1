public import ModelGraph
public import Runtime
public import TensorCore

/// Times a network against the product of matrices that its kernels are made of.
public struct ModelBenchmark {
  private let context: ExecutionContext
  private let inputs: [String: Tensor]

  /// A benchmark of a plan.
  ///
  /// - Parameters:
  ///   - inputs: the inputs by name; nil for numbers of 0…1, the same in each run.
  ///   - threadCount: how many threads compute the network; the matrix product has one.
  /// - Throws: `NetworkError` where the system gives no memory or no threads.
  public init(
    _ plan: ExecutionPlan, inputs: [String: Tensor]? = nil, threadCount: Int = 1
  ) throws(NetworkError) {
    try Network.requireMemory(for: plan.inputs.map(\.shape), bytesPerElement: 4)
    context = try ExecutionContext(plan, threadCount: threadCount)
    self.inputs =
      inputs
      ?? Dictionary(
        uniqueKeysWithValues: plan.inputs.map { name, shape in
          let tensor = Tensor(shape) { elements in
            for i in elements.indices { elements[i] = Float(i &* 37 % 1009) / 1009 }
          }
          return (name, tensor)
        })
  }

  /// Runs the network and the matrix product by turns.
  ///
  /// Taking turns matters: the speed of a shared machine drifts within seconds.
  /// - Parameters:
  ///   - rounds: how often each is measured; at least once.
  ///   - warmUpRounds: runs before, which are not measured.
  ///   - product: the matrix product; nil for the usual one.
  /// - Throws: `NetworkError` for inputs that do not fit the plan, and where the system gives no
  ///   memory for the product.
  public func run(
    rounds: Int = 20, warmUpRounds: Int = 2, product: MatrixProductBenchmark? = nil
  ) throws(NetworkError) -> BenchmarkReport {
    precondition(rounds > 0, "\(rounds) rounds")
    let matrices: MatrixProductBenchmark
    if let product { matrices = product } else { matrices = try MatrixProductBenchmark() }
    let clock = ContinuousClock()
    var networkDurations: [Duration] = []
    var productDurations: [Duration] = []
    var stepDurations = [[Duration]](repeating: [], count: context.plan.steps.count)
    for round in 0..<warmUpRounds + rounds {
      let start = clock.now
      try context.run(inputs) { _ in }
      let network = clock.now - start
      let steps = try context.stepDurations(inputs)
      // The first product after a network finds cold caches: the best of three is the machine's.
      let products = (0..<3).map { _ in matrices.measure() }
      guard round >= warmUpRounds else { continue }
      networkDurations.append(network)
      productDurations += products
      for (index, duration) in steps.enumerated() { stepDurations[index].append(duration) }
    }
    return BenchmarkReport(
      threadCount: context.threadCount, network: Timing(networkDurations),
      multiplyAccumulates: context.plan.steps.reduce(0) { $0 + $1.multiplyAccumulates },
      product: Timing(productDurations),
      productMultiplyAccumulates: matrices.multiplyAccumulates,
      steps: zip(context.plan.steps, stepDurations).map { step, durations in
        .init(
          name: step.name, kernelName: step.kernelName,
          multiplyAccumulates: step.multiplyAccumulates, timing: Timing(durations))
      })
  }
}

/// What a benchmark measured.
public struct BenchmarkReport: Sendable {
  /// One step of the plan.
  public struct StepTiming: Sendable {
    /// The layer that names the step.
    public let name: String
    /// Its kernel.
    public let kernelName: String
    /// Its multiply-accumulates; 0 for a step that only moves or adds.
    public let multiplyAccumulates: Int
    /// How long it took.
    public let timing: Timing

    /// Billions of floating-point operations per second.
    public var gigaflops: Double { timing.gigaflops(multiplyAccumulates: multiplyAccumulates) }
  }

  /// How many threads computed the network.
  public let threadCount: Int
  /// How long the network took.
  public let network: Timing
  /// The multiply-accumulates of its convolutions and matrix products.
  public let multiplyAccumulates: Int
  /// How long the matrix product took on one thread.
  public let product: Timing
  /// The multiply-accumulates of the matrix product.
  public let productMultiplyAccumulates: Int
  /// The steps of the plan in order.
  public let steps: [StepTiming]

  /// Billions of floating-point operations per second of the network.
  public var gigaflops: Double { network.gigaflops(multiplyAccumulates: multiplyAccumulates) }

  /// Billions of floating-point operations per second of the matrix product on one thread.
  public var productGigaflops: Double {
    product.gigaflops(multiplyAccumulates: productMultiplyAccumulates)
  }

  /// The speed of the network as a part of that of the matrix product on as many threads, if they
  /// scaled perfectly.
  public var efficiency: Double { gigaflops / (productGigaflops * Double(threadCount)) }
}
