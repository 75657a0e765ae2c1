import ArgumentParser
import Kernels
import ResNetKit
import ToolSupport

struct MeasureMachine: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine",
    abstract: "Measure what this machine does at most: arithmetic, caches, memory.",
    usage: "resnet-bench machine [--threads N] [<options>]",
    discussion: """
      Arithmetic: multiply-adds in registers by each instruction set, on ordinary and on subnormal \
      numbers, which are never flushed to zero. Reading: the widest loads from a quarter of each cache, \
      and from memory. With one thread, and with as many as the process may use.
      """)

  @OptionGroup var threading: ThreadArguments

  @Option(help: "Rounds, of which the most counts.")
  var rounds = 15

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    guard (1...100_000).contains(rounds) else {
      throw ValidationError("--rounds: expected 1 to 100000, found \(rounds)")
    }
  }

  func run() throws {
    let machine = Machine.current()
    Progress.say("measuring")
    let counts = threading.threads > 1 ? [1, threading.threads] : [1]
    let reports = try counts.map { try MachineReport.measure(threadCount: $0, rounds: rounds) }
    Progress.clear()
    if json {
      print(
        JSON.members(["machine": machine.json, "limits": .array(reports.map(\.json))])
          .prettyText())
    } else {
      print(Self.text(machine, reports))
    }
  }

  private static func text(_ machine: Machine, _ reports: [MachineReport]) -> String {
    let titles = reports.map { "\($0.threadCount) thread\($0.threadCount == 1 ? "" : "s")" }
    var arithmetic = TextTable(
      [("GFLOP/s", .leading)] + titles.map { ($0, .trailing) }
        + titles.map { ("subnormal, \($0)", .trailing) })
    for (index, row) in (reports.first?.arithmetic ?? []).enumerated() {
      let rows = reports.map { $0.arithmetic[index] }
      arithmetic.add(
        [row.instructionSet.rawValue] + rows.map { $0.gigaflops.fixed(1) }
          + rows.map { $0.subnormalGigaflops.fixed(1) })
    }
    var reading = TextTable([("GB/s", .leading)] + titles.map { ($0, .trailing) })
    for (index, row) in (reports.first?.sources ?? []).enumerated() {
      reading.add([row.place.name] + reports.map { $0.sources[index].gigabytes.fixed(1) })
    }
    let details = [
      "kernel \(machine.kernel)", machine.hugePages.map { "huge pages \($0)" },
      machine.memoryByteCount > 0 ? "memory \(machine.memoryByteCount >> 20) MiB" : nil,
      machine.flags.isEmpty ? nil : "flags \(machine.flags.joined(separator: " "))",
    ].compactMap { $0 }
    return [
      machine.title, details.joined(separator: ", "), "", arithmetic.description, "",
      reading.description,
    ].joined(separator: "\n")
  }
}

extension MachineReport {
  fileprivate var json: JSON {
    .members([
      "threads": .count(threadCount),
      "arithmetic": .array(
        arithmetic.map {
          .members([
            "isa": .string($0.instructionSet.rawValue),
            "gigaflops": JSON(number: $0.gigaflops),
            "subnormalGigaflops": JSON(number: $0.subnormalGigaflops),
          ])
        }),
      "gigabytesPerSecond": .object(
        sources.map { .init($0.place.name, JSON(number: $0.gigabytes)) }),
    ])
  }
}
