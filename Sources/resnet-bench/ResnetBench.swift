import ArgumentParser
import ResNetKit
import ToolSupport

@main
struct ResnetBench: Tool {
  static let configuration = CommandConfiguration(
    commandName: "resnet-bench",
    abstract: "Time a model on the fast executor.",
    version: toolkitVersion, subcommands: [RunModel.self, Lockstep.self],
    defaultSubcommand: RunModel.self)
}

struct RunModel: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "run", abstract: "Time a model.")

  @OptionGroup var model: ModelArguments

  @OptionGroup var threading: ThreadArguments

  @Option(help: "Rounds that count; two more warm up.")
  var rounds = 20

  @Flag(help: "Print the time of each step of the plan.")
  var steps = false

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    guard (1...100_000).contains(rounds) else {
      throw ValidationError("--rounds: expected 1 to 100000, found \(rounds)")
    }
  }

  func run() throws {
    let model = try ModelArguments.read(model.open(), options: reading.options)
    Progress.say("timing \(rounds) rounds")
    let plan = try ExecutionPlan(for: model.network)
    let report = try ModelBenchmark(plan, threadCount: threading.threads).run(rounds: rounds)
    Progress.clear()
    print(json ? report.json(plan).prettyText() : report.text(plan, listsSteps: steps))
  }
}

extension BenchmarkReport {
  func text(_ plan: ExecutionPlan, listsSteps: Bool) -> String {
    var lines: [String] = []
    if listsSteps {
      var table = TextTable([
        ("step", .leading), ("kernel", .leading), ("ms", .trailing), ("GFLOP/s", .trailing),
      ])
      for step in self.steps {
        table.add([
          step.name, step.kernelName, step.timing.minimum.fixed(3),
          step.multiplyAccumulates == 0 ? "" : step.gigaflops.fixed(1),
        ])
      }
      lines += [table.description, ""]
    }
    lines.append(
      "network: \(network.minimum.fixed(2)) ms minimum, \(network.median.fixed(2)) ms median, "
        + "\(threadCount) thread\(threadCount == 1 ? "" : "s"), \(gigaflops.fixed(1)) GFLOP/s")
    lines.append("sgemm 1024³, 1 thread: \(productGigaflops.fixed(1)) GFLOP/s")
    lines.append("share: \((100 * efficiency).fixed(1)) %")
    lines.append(
      "memory of values: \((Double(plan.arenaByteCount) / 1e6).fixed(1)) MB, "
        + "working memory of a thread: \((Double(plan.scratchByteCount) / 1e6).fixed(1)) MB")
    return lines.joined(separator: "\n")
  }

  func json(_ plan: ExecutionPlan) -> JSON {
    .members([
      "threads": .count(threadCount),
      "minimumMilliseconds": JSON(number: network.minimum),
      "medianMilliseconds": JSON(number: network.median),
      "gigaflops": JSON(number: gigaflops),
      "sgemmGigaflops": JSON(number: productGigaflops),
      "share": JSON(number: efficiency),
      "arenaBytes": .count(plan.arenaByteCount),
      "steps": .array(
        steps.map { step in
          .members([
            "name": .string(step.name), "kernel": .string(step.kernelName),
            "milliseconds": JSON(number: step.timing.minimum),
            "multiplyAccumulates": .count(step.multiplyAccumulates),
          ])
        }),
    ])
  }
}
