import ArgumentParser
import ResNetKit
import ToolSupport

@main
struct ResnetBench: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-bench",
    abstract: "Time a model on the fast executor, beside what this machine can do at most.",
    usage: """
      resnet-bench MODEL [<options>]
      resnet-bench <subcommand> ...
      """,
    discussion: """
      Examples:
        resnet-bench net.resnet --threads 2
        resnet-bench layers net.resnet --svg roofline.svg
        resnet-bench machine
        resnet-bench kernels
        resnet-bench compare net.resnet --b "--strict"
        resnet-bench run --help                    all options

      What the machine can do is measured between the runs, by arithmetic in registers and by \
      reading from each cache and from memory. GFLOP/s counts two operations for each \
      multiply-accumulate of direct convolution and is taken at the shortest time.

      Exit codes: 0 done, 1 compared and slower than the threshold, 64 usage, 65 bad model, 66 no \
      input, 69 OpenBLAS is not installed, 70 internal error, 73 output cannot be created, 74 \
      reading or writing failed, 75 out of memory, 77 refused to protect a file, 128 + N ended by \
      signal N.
      """,
    version: toolkitVersion,
    subcommands: [
      TimeModel.self, TimeLayers.self, TimeKernels.self, MeasureMachine.self, CompareModels.self,
      Lockstep.self,
    ],
    defaultSubcommand: TimeModel.self)
}

/// How long to measure.
struct LengthArguments: ParsableArguments {
  @Option(
    help: "Runs that count, after those that warm up; as many as fit into --seconds if left out.")
  var rounds: Int?

  @Option(help: "How long to measure; at least 5 runs.")
  var seconds = 3.0

  func validate() throws {
    guard rounds.map({ (1...100_000).contains($0) }) ?? true else {
      throw ValidationError("--rounds: expected 1 to 100000, found \(rounds ?? 0)")
    }
    guard (0...3600).contains(seconds) else {
      throw ValidationError("--seconds: expected 0 to 3600, found \(seconds)")
    }
  }

  var length: ModelBenchmark.Length { .init(runs: rounds, seconds: seconds) }
}
