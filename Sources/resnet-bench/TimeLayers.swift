import ArgumentParser
import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

struct TimeLayers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Time each step of the plan, beside the roofline.",
    usage: "resnet-bench layers MODEL [--svg FILE] [<options>]",
    discussion: """
      For each step: its kernel, its shortest time, its share of all, GFLOP/s, how near it is to \
      the least time that arithmetic and reading allow, and which of them holds it back. An \
      algorithm with fewer operations than direct convolution, Winograd's, may pass 100 %.
      """)

  @OptionGroup var subject: SubjectArguments

  @OptionGroup var length: LengthArguments

  @Option(
    help: "Draw the steps under the roofline into this SVG file.", completion: .file())
  var svg: String?

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    let machine = Machine.current()
    let target = try svg.map { try OutputFile(path: $0, replacing: force) }
    let subject = try self.subject.prepare()
    Progress.say("timing \(subject.session.network.name)")
    let report = try ModelBenchmark(subject.session, inputs: subject.inputs)
      .measure(length.length, timesSteps: true)
    Progress.clear()
    if let target {
      let plot = RooflinePlot(report, title: "\(subject.title), \(machine.processor)").svg
      try target.write { writer throws(FormatError) in try writer.write(Array(plot.utf8)) }
    }
    if json {
      print(report.layersJSON(subject, machine).prettyText())
    } else {
      print(report.layersText(subject, machine))
    }
  }
}

extension BenchmarkReport {
  /// Where the text goes to a terminal, bars show the shares.
  private static var hasBars: Bool { isatty(STDOUT_FILENO) == 1 }

  fileprivate func layersText(_ subject: Subject, _ machine: Machine) -> String {
    let total = steps.reduce(0) { $0 + ($1.timing?.minimum ?? 0) }
    let longest = steps.compactMap { $0.timing?.minimum }.max() ?? 1
    var columns: [(title: String, alignment: TextTable.Alignment)] = [
      ("step", .leading), ("kernel", .leading), ("ms", .trailing), ("share %", .trailing),
    ]
    if Self.hasBars { columns.append(("", .leading)) }
    columns += [("GFLOP/s", .trailing), ("roofline %", .trailing), ("held back by", .leading)]
    var table = TextTable(columns)
    for step in steps {
      guard let timing = step.timing else { continue }
      var cells = [
        step.name, step.kernelName, timing.minimum.fixed(3),
        (100 * timing.minimum / total).fixed(1),
      ]
      if Self.hasBars { cells.append(bar(timing.minimum / longest)) }
      table.add(
        cells + [
          step.multiplyAccumulates == 0
            ? "" : timing.gigaflops(multiplyAccumulates: step.multiplyAccumulates).fixed(1),
          (100 * step.limit.milliseconds / timing.minimum).fixed(0), step.limit.bound.title,
        ])
    }
    var lines = [
      subject.title, "", table.description, "",
      "sum of the steps: \(total.short) ms, \((2e-6 * Double(multiplyAccumulates) / total).short) "
        + "GFLOP/s, \((100 * limitMilliseconds / total).fixed(1)) % of the roofline",
      "limits: \(roofline.gigaflops.short) GFLOP/s, "
        + roofline.sources.map(\.title).joined(separator: ", "),
      "machine: \(machine.title)",
    ]
    lines += warnings(machine).map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// A bar of at most twelve columns, in eighths.
  private func bar(_ part: Double) -> String {
    let eighths = Int((96 * part).rounded())
    let ends = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + ends[eighths % 8]
  }

  fileprivate func layersJSON(_ subject: Subject, _ machine: Machine) -> JSON {
    .members([
      "model": .string(subject.session.network.name), "options": options.json,
      "images": .count(imageCount), "runs": .count(timing.sorted.count), "limits": roofline.json,
      "steps": .array(
        steps.map { step in
          .members([
            "name": .string(step.name), "kernel": .string(step.kernelName),
            "multiplyAccumulates": .count(step.multiplyAccumulates),
            "bytes": .count(step.byteCount),
            "minimumMilliseconds": step.timing.map { JSON(number: $0.minimum) },
            "medianMilliseconds": step.timing.map { JSON(number: $0.median) },
            "limitMilliseconds": JSON(number: step.limit.milliseconds),
            "heldBackBy": .string(step.limit.bound.title),
          ])
        }), "machine": machine.json, "warnings": .strings(warnings(machine)),
    ])
  }
}
