internal import Kernels
public import ModelGraph
public import Runtime
internal import TensorCore

/// Times the kernels for one layer beside each other, by turns.
public struct KernelBenchmark {
  /// One way to compute the layer.
  public struct Variant: Sendable {
    /// What it is called: `avx2`, `strict`, `scalar`, `openblas`.
    public let name: String
    /// How it runs.
    public let options: ExecutionOptions
    /// In how many of the rounds it runs; a slow one needs few.
    let rounds: Int?
  }

  /// What a plan chose for a variant, and how long it took.
  public struct Measurement: Sendable {
    /// The variant.
    public let variant: Variant
    /// Its kernel, or kernels.
    public let kernelName: String
    /// The multiply-accumulates of the layer.
    public let multiplyAccumulates: Int
    /// How long the layer took.
    public let timing: Timing
  }

  /// The ways to compute a layer on so many threads: the usual one of an instruction set, the strict
  /// one, the scalar twins, and OpenBLAS.
  public static func variants(
    _ options: ExecutionOptions, withOpenBLAS: Bool
  ) -> [Variant] {
    var (strict, scalar, library) = (options, options, options)
    strict.isStrict = true
    scalar.instructionSet = .scalar
    library.gemm = .openBLAS
    let usual = options.gemm == .builtIn ? options.instructionSet.rawValue : options.gemm.rawValue
    var variants = [Variant(name: usual, options: options, rounds: nil)]
    var others = [Variant(name: "strict", options: strict, rounds: nil)]
    others.append(Variant(name: "scalar", options: scalar, rounds: 2))
    if withOpenBLAS { others.append(Variant(name: "openblas", options: library, rounds: nil)) }
    for variant in others where !variants.contains(where: { $0.options == variant.options }) {
      variants.append(variant)
    }
    return variants
  }

  /// Whether OpenBLAS can be opened; it is opened then.
  public static var hasOpenBLAS: Bool { (try? MatrixProduct()) != nil }

  /// Times a layer.
  ///
  /// - Returns: one measurement for each variant.
  /// - Throws: `NetworkError` where the system gives no memory or no threads.
  public static func measure(
    _ layer: KernelCase, _ variants: [Variant], rounds: Int
  ) throws(NetworkError) -> [Measurement] {
    let inputs = try BenchmarkInput.normal(BenchmarkInput.shapes(of: layer.network))
    var sessions: [Session] = []
    for variant in variants {
      sessions.append(try Session(layer.network, options: variant.options))
    }
    let steps = sessions.map { Self.steps(of: $0.plan) }
    var durations = [[Duration]](repeating: [], count: variants.count)
    for round in -1..<rounds {
      for (index, variant) in variants.enumerated() where round < variant.rounds ?? .max {
        let all = try sessions[index].stepDurations(inputs)
        guard round >= 0 else { continue }  // the first warms up
        durations[index].append(all[steps[index]].reduce(.zero, +))
      }
    }
    return variants.indices.map { index in
      let steps = sessions[index].plan.steps[steps[index]]
      return Measurement(
        variant: variants[index],
        kernelName: steps.map(\.kernelName).joined(separator: " + "),
        multiplyAccumulates: steps.reduce(0) { $0 + $1.multiplyAccumulates },
        timing: Timing(durations[index]))
    }
  }

  /// The steps of the layer: OpenBLAS wants an image unfolded first. What turns the result into the
  /// layout of outputs is not among them.
  private static func steps(of plan: ExecutionPlan) -> Range<Int> {
    let own = plan.steps.indices.filter { plan.steps[$0].name == KernelCase.layerName }
    let first = own.first ?? 0
    let last = own.last { plan.steps[$0].multiplyAccumulates > 0 } ?? first
    return first..<last + 1
  }
}
