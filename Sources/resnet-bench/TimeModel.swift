import ArgumentParser
import ResNetKit
import ToolSupport

struct TimeModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Time a model: latency, throughput, share of the machine's limit, memory, loading.",
    usage: "resnet-bench run MODEL [--threads N] [--batch N] [<options>]",
    discussion: """
      Runs until runs do not get faster, then measures; the input is normal noise. The limit of \
      arithmetic is what fused multiply-adds in registers reach on as many threads; the roofline \
      adds up, step by step, the longer of the times for its arithmetic and for reading and \
      writing its bytes.
      """)

  @OptionGroup var subject: SubjectArguments

  @OptionGroup var length: LengthArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    let machine = Machine.current()
    let subject = try self.subject.prepare()
    Progress.say("timing \(subject.session.network.name)")
    let report = try ModelBenchmark(subject.session, inputs: subject.inputs)
      .measure(length.length)
    Progress.clear()
    if json {
      print(report.json(subject, machine).prettyText())
    } else {
      print(report.text(subject, machine))
    }
  }
}

extension BenchmarkReport {
  fileprivate func text(_ subject: Subject, _ machine: Machine) -> String {
    func seconds(_ duration: Duration) -> String { "\((duration / .seconds(1)).short) s" }
    let plan = subject.plan
    let loading = subject.readingTime + subject.planningTime
    let scratch = plan.scratchByteCount * options.threadCount
    var lines = [
      subject.title,
      "latency     \(timing.minimum.short) ms minimum, \(timing.median.short) median, "
        + "\(timing.percentile(90).short) p90, \(timing.percentile(99).short) p99 "
        + "(\(timing.sorted.count) runs after \(warmUpCount))",
      "throughput  \(imagesPerSecond.short) images/s at the median",
      "speed       \(gigaflops.short) GFLOP/s, \((100 * shareOfArithmetic).fixed(1)) % of the "
        + "\(roofline.gigaflops.short) that arithmetic in registers reaches here",
      "roofline    \(limitMilliseconds.short) ms, \((100 * shareOfRoofline).fixed(1)) % of the "
        + "minimum; " + roofline.sources.map(\.title).joined(separator: ", "),
      "memory      \(plan.weightByteCount.megabytes) weights, \(plan.arenaByteCount.megabytes) "
        + "values, \(scratch.megabytes) working memory, \(subject.peakByteCount.megabytes) "
        + "at most in the process",
      "first run   \(seconds(loading + subject.firstRunTime)): \(seconds(subject.readingTime)) to "
        + "read, \(seconds(subject.planningTime)) to plan, \(seconds(subject.firstRunTime)) to run",
      "machine     \(machine.title)",
    ]
    lines += warnings(machine).map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  fileprivate func json(_ subject: Subject, _ machine: Machine) -> JSON {
    let plan = subject.plan
    return .members([
      "model": .string(subject.session.network.name), "options": options.json,
      "images": .count(imageCount), "runs": .count(timing.sorted.count),
      "warmUpRuns": .count(warmUpCount), "minimumMilliseconds": JSON(number: timing.minimum),
      "medianMilliseconds": JSON(number: timing.median),
      "p90Milliseconds": JSON(number: timing.percentile(90)),
      "p99Milliseconds": JSON(number: timing.percentile(99)),
      "imagesPerSecond": JSON(number: imagesPerSecond),
      "multiplyAccumulates": .count(multiplyAccumulates), "gigaflops": JSON(number: gigaflops),
      "shareOfArithmetic": JSON(number: shareOfArithmetic),
      "rooflineMilliseconds": JSON(number: limitMilliseconds),
      "shareOfRoofline": JSON(number: shareOfRoofline), "limits": roofline.json,
      "weightBytes": .count(plan.weightByteCount), "arenaBytes": .count(plan.arenaByteCount),
      "scratchBytes": .count(plan.scratchByteCount * options.threadCount),
      "peakBytes": .count(subject.peakByteCount),
      "readingSeconds": JSON(number: subject.readingTime / .seconds(1)),
      "planningSeconds": JSON(number: subject.planningTime / .seconds(1)),
      "firstRunSeconds": JSON(number: subject.firstRunTime / .seconds(1)),
      "machine": machine.json, "warnings": .strings(warnings(machine)),
    ])
  }
}
