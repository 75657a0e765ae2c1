import Foundation
import TestSupport
import Testing

/// Tools that may have less memory than they need.
@Suite struct MemoryLimitTests {
  /// What `ulimit` limits: all address space, or what is private and may be written.
  enum Limit: String, CaseIterable, Sendable {
    case addressSpace = "-v"
    case data = "-d"
  }

  private static func limits(_ limit: Limit, _ kibibytes: Int) -> String {
    "ulimit -c 0 \(limit.rawValue) \(kibibytes)"
  }

  /// The least limit under which the system can load the tool and Swift its handler of crashes,
  /// without which a failed allocation prints a stack; to 64 KiB.
  private static func base(_ limit: Limit) throws -> Int {
    var (low, high) = (0, 1 << 21)
    while high - low > 64 {
      let middle = (low + high) / 2
      let run = try ToolRun(
        "resnet-convert", ["--version"], limits: limits(limit, middle), timeLimit: 2)
      if run.exitCode == 0, run.errors.isEmpty { high = middle } else { low = middle }
    }
    return high
  }

  /// What is run, and the steps of the limit in KiB.
  static let commands: [(row: FaultRow, step: Int)] = [
    (.caffeToNative("digits", .digits), 32), (.nativeToCaffe("digits", .digits), 32),
    (.caffeToNative("4000 layers", .long), 256),
  ]

  /// What the tool said; Swift's own lines, that it cannot catch crashes and that a trace would
  /// follow, are not the tool's.
  private func lines(of run: ToolRun) -> [Substring] {
    run.errors.split(separator: "\n").filter {
      !$0.hasPrefix("swift runtime: crash handler") && $0 != "Current stack trace:"
    }
  }

  @Test(arguments: commands, Limit.allCases)
  func `end with code 75 and leave nothing, or do their work`(
    _ work: (row: FaultRow, step: Int), _ limit: Limit
  ) throws {
    let command = try FaultCommand(work.row)
    let base = try Self.base(limit)
    var (shortages, successes, limitKiB, faults) = (0, 0, base, [String]())
    while successes < 3, limitKiB < base + (96 << 10) {
      let outcome = try command.run(
        isReplacing: true, limits: Self.limits(limit, limitKiB))
      let code = outcome.run.exitCode
      successes += code == 0 ? 1 : 0
      shortages += code == 75 ? 1 : 0
      let isRight =
        code == 0
        ? outcome.bytes == command.new
        : code == 75 && outcome.bytes == outcome.before && lines(of: outcome.run).count == 1
      if !isRight || !outcome.leftovers.isEmpty {
        faults.append(
          "\(limitKiB) KiB: code \(code ?? -1), signal \(outcome.run.signal ?? 0): "
            + "\(outcome.contents): \(outcome.run.errors.prefix(300))")
      }
      limitKiB += work.step
    }
    #expect(successes == 3)
    // Swift's handler of crashes takes more than the small conversions do.
    #expect(shortages > 0 || work.step == 32)
    #expect(faults.isEmpty)
    HostileTable.record(
      "67", "\(work.row.name): ulimit \(limit.rawValue) from \(base) to \(limitKiB) KiB",
      work.row.tool, result: "\(shortages) times exit 75, then 0; \(faults.count) wrong",
      message: "the old file, then the new one, whole")
  }
}
