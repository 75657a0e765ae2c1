import ArgumentParser
import ResNetKit
import ToolSupport

struct CompareModels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Time two models, options or builds by turns, and say whether they differ.",
    usage: "resnet-bench compare A [B] [--a \"OPTIONS\"] [--b \"OPTIONS\"] [<options>]",
    discussion: """
      Each side runs in a process of its own, in lockstep mode, round by round; what slows the \
      machine for seconds slows both sides of a round. The ratio is the time of B to that of A: \
      the median over rounds with its 95 % interval (bootstrap), and that of the shortest times.

      Examples:
        resnet-bench compare net.resnet --b "--strict" --both "--threads 2"
        resnet-bench compare net18.resnet net34.resnet
        resnet-bench compare net.resnet --a-tool old/resnet-bench --threshold 1.02
      """)

  @Argument(
    help: "One model for both sides, or one for each; the files of one joined by commas.",
    completion: .file())
  var models: [String]

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Options of lockstep for side A.", valueName: "options"))
  var a = ""

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Options of lockstep for side B.", valueName: "options"))
  var b = ""

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Options of lockstep for both sides.", valueName: "options"))
  var both = ""

  @Option(
    help: ArgumentHelp("The resnet-bench of side A; this one if left out.", valueName: "file"),
    completion: .file())
  var aTool: String?

  @Option(
    help: ArgumentHelp("The resnet-bench of side B; this one if left out.", valueName: "file"),
    completion: .file())
  var bTool: String?

  @Option(help: "Rounds.")
  var rounds = 25

  @Option(help: "Runs of each side in a round; what takes 20 ms if left out, at least 3.")
  var iterations: Int?

  @Option(help: "Exit with 1 if B takes more than this times A, the whole interval above it.")
  var threshold: Double?

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    guard (1...2).contains(models.count) else {
      throw ValidationError("expected one model or two, found \(models.count)")
    }
    guard (1...100_000).contains(rounds) else {
      throw ValidationError("--rounds: expected 1 to 100000, found \(rounds)")
    }
    guard iterations.map({ (1...100_000).contains($0) }) ?? true else {
      throw ValidationError("--iterations: expected 1 to 100000, found \(iterations ?? 0)")
    }
    guard threshold.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--threshold: expected a ratio above 0")
    }
  }

  func run() throws {
    let machine = Machine.current()
    Progress.say("starting both sides")
    let words = [self.words("A"), self.words("B")]
    let tools = [aTool ?? "/proc/self/exe", bTool ?? "/proc/self/exe"]
    let sides = [
      try LockstepChild("A", command: [tools[0]] + words[0]),
      try LockstepChild("B", command: [tools[1]] + words[1]),
    ]
    let count = try iterations ?? fittingIterations(sides)
    let progress = ProgressCount(.things("rounds"))
    var times: [[[Double]]] = [[], []]  // side, round, run
    for round in 0..<rounds {
      progress.report(round, of: rounds)
      // Who is first changes: it finds the caches as the other left them.
      for side in round % 2 == 0 ? [0, 1] : [1, 0] {
        times[side].append(try sides[side].run(count))
      }
    }
    Progress.clear()
    let report = ComparisonReport(
      commands: zip([aTool, bTool], words).map { tool, words in
        ([tool ?? "resnet-bench"] + words).joined(separator: " ")
      }, times: times,
      difference: Self.relativeDifference(sides[0].output, sides[1].output),
      threshold: threshold)
    print(json ? report.json(machine).prettyText() : report.text(machine))
    if report.isSlower { throw Unequal() }
  }

  private func words(_ side: String) -> [String] {
    let isFirst = side == "A"
    let own = (isFirst ? a : b).split(separator: " ").map(String.init)
    return ["lockstep", isFirst ? models[0] : models[models.count - 1]]
      + both.split(separator: " ").map(String.init) + own
  }

  /// As many runs as take 20 ms, so that the clock and waking up do not matter.
  private func fittingIterations(_ sides: [LockstepChild]) throws -> Int {
    var shortest = Double.infinity
    for side in sides { shortest = min(shortest, try side.run(3).min() ?? 1) }
    return max(3, Int((20 / shortest).rounded(.up)))
  }

  /// `‖a − b‖ / ‖a‖`; nil where the outputs are not alike in number.
  private static func relativeDifference(_ a: [Double], _ b: [Double]) -> Double? {
    guard a.count == b.count, !a.isEmpty else { return nil }
    let norm = a.reduce(0) { $0 + $1 * $1 }
    let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return difference == 0 ? 0 : (difference / norm).squareRoot()
  }
}

/// What a comparison measured.
struct ComparisonReport {
  let commands: [String]
  let timings: [Timing]
  let ratio: PairedRatio
  let rounds: Int
  let iterations: Int
  /// The relative difference of the outputs; nil where they cannot be compared.
  let difference: Double?
  let threshold: Double?

  init(commands: [String], times: [[[Double]]], difference: Double?, threshold: Double?) {
    self.commands = commands
    timings = times.map { Timing(milliseconds: $0.flatMap { $0 }) }
    let middles = times.map { $0.map { Timing(milliseconds: $0).median } }
    ratio = PairedRatio(first: middles[0], second: middles[1])
    rounds = times[0].count
    iterations = times[0].first?.count ?? 0
    self.difference = difference
    self.threshold = threshold
  }

  /// Whether B is slower than allowed.
  var isSlower: Bool { threshold.map { ratio.exceeds($0) } ?? false }

  private var minimaRatio: Double { timings[1].minimum / timings[0].minimum }

  private var warnings: [String] {
    var warnings: [String] = []
    if timings.contains(where: \.isNoisy) {
      warnings.append("the machine was busy or changed its speed; only the ratio means something")
    }
    if !ratio.interval.contains(minimaRatio) {
      warnings.append("minima and medians disagree about the ratio: measure more rounds")
    }
    if let difference, difference > 1e-3 {
      warnings.append(
        "the outputs differ by \(difference.short): the sides do not compute the same")
    }
    return warnings
  }

  func text(_ machine: Machine) -> String {
    var table = TextTable([
      ("", .leading), ("min ms", .trailing), ("median ms", .trailing), ("p90 ms", .trailing),
      ("command", .leading),
    ])
    for (index, timing) in timings.enumerated() {
      table.add([
        index == 0 ? "A" : "B", timing.minimum.fixed(3), timing.median.fixed(3),
        timing.percentile(90).fixed(3), commands[index],
      ])
    }
    let interval =
      "\(ratio.interval.lowerBound.fixed(3))…\(ratio.interval.upperBound.fixed(3))"
    var lines = [
      table.description, "",
      "B takes \(ratio.median.fixed(3)) times A: median of \(rounds) rounds of \(iterations), 95 % "
        + "within \(interval); by the minima \(minimaRatio.fixed(3))",
      "outputs: " + (difference.map { "relative L2 \($0.short)" } ?? "of different sizes"),
      "machine: \(machine.title)",
    ]
    if let threshold {
      lines.append("\(isSlower ? "slower" : "not slower") than the threshold \(threshold)")
    }
    lines += warnings.map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  func json(_ machine: Machine) -> JSON {
    .members([
      "sides": .array(
        zip(commands, timings).map { command, timing in
          .members([
            "command": .string(command), "minimumMilliseconds": JSON(number: timing.minimum),
            "medianMilliseconds": JSON(number: timing.median),
            "p90Milliseconds": JSON(number: timing.percentile(90)),
          ])
        }),
      "rounds": .count(rounds), "iterations": .count(iterations),
      "ratio": JSON(number: ratio.median), "ratioLow": JSON(number: ratio.interval.lowerBound),
      "ratioHigh": JSON(number: ratio.interval.upperBound),
      "ratioOfMinima": JSON(number: minimaRatio),
      "outputDifference": difference.map { JSON(number: $0) },
      "threshold": threshold.map { JSON(number: $0) }, "slower": .bool(isSlower),
      "machine": machine.json, "warnings": .strings(warnings),
    ])
  }
}
