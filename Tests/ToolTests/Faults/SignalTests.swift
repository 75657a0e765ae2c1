import Foundation
import TestSupport
import Testing

/// Tools that a signal ends while they write.
@Suite(.enabled(if: FaultShim.library != nil, "\(FaultShim.need)"))
struct SignalTests {
  static let sweeps = FaultSituation.allCases.flatMap { situation in
    [
      FaultSweep(row: .caffeToNative("small", .small), situation: situation),
      FaultSweep(row: .nativeToCaffe("small", .small), situation: situation),
    ]
  }

  private static func disturbances(
    _ signal: Int32
  ) -> [(call: String, environment: [String: String])] {
    ["openat", "posix_fallocate", "write", "pwrite", "fsync", "close", "linkat", "renameat"].map {
      ($0, ["FAULT_ACTION": "signal", "FAULT_SIGNAL": "\(signal)"])
    }
  }

  @Test(arguments: sweeps)
  func `SIGKILL before any call leaves whole files, and at most private names`(
    _ sweep: FaultSweep
  ) throws {
    var leftovers = 0
    let (count, faults) = try sweep(Self.disturbances(SIGKILL)) { outcome, new in
      leftovers += outcome.leftovers.count
      if outcome.run.signal != SIGKILL { return "not killed" }
      if !outcome.leftovers.keys.allSatisfy({ $0.hasPrefix(".resnet-") && $0.hasSuffix(".tmp") }) {
        return "left \(outcome.contents)"
      }
      if !sweep.situation.knowsPrivateNames, !outcome.leftovers.isEmpty { return "left a file" }
      // Without links a name must be claimed by an empty file first.
      if sweep.situation == .linkless, outcome.bytes.contains(Data()) { return nil }
      return outcome.isWhole(new) ? nil : "torn"
    }
    #expect(count > 10)
    #expect(faults.isEmpty)
    HostileTable.record(
      "62", "\(sweep.testDescription): SIGKILL before each call in turn", sweep.row.tool,
      result: "\(count) kills, \(faults.count) wrong",
      message: "old or new, whole; \(leftovers) hidden files left, as documented")
  }

  /// One in all situations; the others, which share its handler, where there is most to remove.
  static let interrupted: [(signal: Int32, sweep: FaultSweep)] =
    sweeps.map { (SIGTERM, $0) }
    + [SIGINT, SIGHUP].map {
      ($0, FaultSweep(row: .nativeToCaffe("small", .small), situation: .namedReplacing))
    }

  @Test(arguments: interrupted)
  func `any other signal leaves all files old or all new, and nothing else`(
    _ work: (signal: Int32, sweep: FaultSweep)
  ) throws {
    let (signal, sweep) = work
    let (count, faults) = try sweep(Self.disturbances(signal)) { outcome, new in
      if outcome.run.exitCode != 128 + signal { return "code \(outcome.run.exitCode ?? -1)" }
      if !outcome.leftovers.isEmpty { return "left \(outcome.contents)" }
      return outcome.isOneSet(new) ? nil : "torn"
    }
    #expect(count > 10)
    #expect(faults.isEmpty)
    HostileTable.record(
      "62", "\(sweep.testDescription): signal \(signal) before each call in turn", sweep.row.tool,
      result: "\(count) signals, \(faults.count) wrong", message: "all old or all new; nothing left"
    )
  }
}
