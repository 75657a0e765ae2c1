internal import Kernels
public import ModelGraph
public import Runtime
public import TensorCore

/// Times a session beside what the machine gives at most.
///
/// Both by turns: the speed of a shared machine drifts within seconds.
public struct ModelBenchmark {
  /// How often a network runs.
  public struct Length: Sendable {
    /// How many runs count; nil for as many as fit into `seconds`, at least `fewestRuns`.
    public var runs: Int?
    /// How long to measure where no number is given.
    public var seconds: Double

    /// So many runs, or so many seconds.
    public init(runs: Int? = nil, seconds: Double = 3) {
      self.runs = runs
      self.seconds = seconds
    }

    static let fewestRuns = 5

    func isReached(runs count: Int, after elapsed: Duration) -> Bool {
      if let runs { return count >= runs }
      return count >= Self.fewestRuns && elapsed >= .seconds(seconds)
    }
  }

  private let session: Session
  private let inputs: [String: Tensor]
  private let probe: MachineProbe
  private let clock = ContinuousClock()

  /// A benchmark of a session.
  ///
  /// - Throws: `NetworkError` where the system gives no memory or no threads for the probes.
  public init(_ session: Session, inputs: [String: Tensor]) throws(NetworkError) {
    self.session = session
    self.inputs = inputs
    probe = try MachineProbe(threadCount: session.options.threadCount)
  }

  /// Runs the network, the machine's limits between the runs.
  ///
  /// - Parameter timesSteps: whether each step is timed instead of the whole.
  /// - Throws: `NetworkError` for inputs that do not fit.
  public func measure(
    _ length: Length = Length(), timesSteps: Bool = false
  ) throws(NetworkError) -> BenchmarkReport {
    let warmUps = try warmUp()
    var limits = LimitSamples(probe, session.options.instructionSet)
    var runs: [Duration] = []
    var steps = [[Duration]](repeating: [], count: session.plan.steps.count)
    let start = clock.now
    while !length.isReached(runs: runs.count, after: clock.now - start) {
      limits.measure()
      _ = try time()  // the probes have filled the caches
      let turn = clock.now
      repeat {
        if timesSteps {
          let durations = try session.stepDurations(inputs)
          for (index, duration) in durations.enumerated() { steps[index].append(duration) }
          runs.append(durations.reduce(.zero, +))
        } else {
          runs.append(try time())
        }
      } while clock.now - turn < .milliseconds(50) && runs.count < length.runs ?? .max
    }
    return report(runs, steps: timesSteps ? steps : nil, limits.roofline, warmUps)
  }

  private func time() throws(NetworkError) -> Duration {
    let start = clock.now
    _ = try session.run(inputs)
    return clock.now - start
  }

  /// Runs until runs do not get faster: three groups in a row without a new shortest time.
  private func warmUp() throws(NetworkError) -> Int {
    let start = clock.now
    var (count, groupsWithout) = (0, 0)
    var best = Duration.seconds(1_000_000)
    while groupsWithout < 3, clock.now - start < .seconds(2) {
      var group = Duration.seconds(1_000_000)
      for _ in 0..<3 {
        group = min(group, try time())
        count += 1
      }
      groupsWithout = group < best * 0.98 ? 0 : groupsWithout + 1
      best = min(best, group)
    }
    return count
  }

  private func report(
    _ runs: [Duration], steps: [[Duration]]?, _ roofline: Roofline, _ warmUps: Int
  ) -> BenchmarkReport {
    let plan = session.plan
    let reports = plan.steps.enumerated().map { index, step in
      BenchmarkReport.StepReport(
        name: step.name, kernelName: step.kernelName,
        multiplyAccumulates: step.multiplyAccumulates, byteCount: step.byteCount,
        timing: steps.map { Timing($0[index]) }, limit: roofline.limit(of: step, in: plan))
    }
    let images = plan.inputs.first.map { $0.shape.rank > 0 ? $0.shape[0] : 1 } ?? 1
    return BenchmarkReport(
      options: session.options, imageCount: images,
      timing: Timing(runs), warmUpCount: warmUps, roofline: roofline, steps: reports)
  }
}

/// What the machine gave, moment by moment.
private struct LimitSamples {
  private let probe: MachineProbe
  private let instructionSet: InstructionSet
  private var gigaflops = 0.0
  private var gigabytes: [Double]

  init(_ probe: MachineProbe, _ instructionSet: InstructionSet) {
    self.probe = probe
    self.instructionSet = instructionSet
    gigabytes = probe.places.map { _ in 0 }
    for _ in 0..<3 { measure() }
  }

  /// The most counts, as of times the shortest.
  mutating func measure() {
    gigaflops = max(gigaflops, probe.gigaflops(instructionSet))
    for (index, place) in probe.places.enumerated() {
      gigabytes[index] = max(gigabytes[index], probe.gigabytes(from: place, instructionSet))
    }
  }

  var roofline: Roofline {
    Roofline(
      gigaflops: gigaflops,
      sources: zip(probe.places, gigabytes).map { .init(place: $0, gigabytes: $1) })
  }
}
