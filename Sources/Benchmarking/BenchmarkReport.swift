public import Runtime

/// What a benchmark of a network measured.
public struct BenchmarkReport: Sendable {
  /// One step of the plan.
  public struct StepReport: Sendable {
    /// The layer that names the step.
    public let name: String
    /// Its kernel.
    public let kernelName: String
    /// Its multiply-accumulates; 0 for a step that only moves or adds.
    public let multiplyAccumulates: Int
    /// The bytes that it must read and write at least.
    public let byteCount: Int
    /// How long it took; nil where the whole was timed.
    public let timing: Timing?
    /// How long it takes at least.
    public let limit: Roofline.Limit

    /// Floating-point operations for each byte.
    public var intensity: Double {
      byteCount > 0 ? 2 * Double(multiplyAccumulates) / Double(byteCount) : 0
    }
  }

  /// How the network ran.
  public let options: ExecutionOptions
  /// How many images each run had.
  public let imageCount: Int
  /// How long a run took; where steps were timed, their sum.
  public let timing: Timing
  /// The runs before those that count.
  public let warmUpCount: Int
  /// What the machine gave at most between the runs.
  public let roofline: Roofline
  /// The steps of the plan in order.
  public let steps: [StepReport]

  /// The multiply-accumulates of a run, as direct convolution has them.
  public var multiplyAccumulates: Int { steps.reduce(0) { $0 + $1.multiplyAccumulates } }
  /// Billions of floating-point operations per second of the shortest run. An algorithm that needs
  /// fewer than direct convolution gets more than the processor does.
  public var gigaflops: Double { timing.gigaflops(multiplyAccumulates: multiplyAccumulates) }
  /// The part of the arithmetic that the machine does at most.
  public var shareOfArithmetic: Double { gigaflops / roofline.gigaflops }
  /// How long a run takes at least, step by step, in milliseconds.
  public var limitMilliseconds: Double { steps.reduce(0) { $0 + $1.limit.milliseconds } }
  /// The least time as a part of the shortest one.
  public var shareOfRoofline: Double { limitMilliseconds / timing.minimum }
  /// Images per second at the median time.
  public var imagesPerSecond: Double { 1000 * Double(imageCount) / timing.median }
}
