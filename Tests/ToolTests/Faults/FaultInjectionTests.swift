import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: FaultShim.library != nil, "\(FaultShim.need)"))
struct FaultInjectionTests {
  static let sweeps =
    FaultSituation.allCases.flatMap { situation in
      [
        FaultSweep(row: .caffeToNative("small", .small), situation: situation),
        FaultSweep(row: .nativeToCaffe("small", .small), situation: situation),
      ]
    } + [FaultSweep(row: .run, situation: .replacing)]

  /// A call, and what it may fail with.
  static let failures: [(call: String, codes: [Int32])] = [
    ("write", [ENOSPC, EIO, EDQUOT]), ("pwrite", [EIO]), ("fsync", [EIO, ENOSPC, EINVAL]),
    ("posix_fallocate", [ENOSPC, EIO]), ("fcntl", [EMFILE]), ("close", [EIO, EDQUOT]),
    ("open", [EIO]), ("mmap", [ENOMEM, ENODEV]), ("openat", [EACCES, EROFS, ENOSPC]),
    ("linkat", [EXDEV, EACCES, EROFS, ENOSPC]), ("renameat", [EXDEV, EACCES, EROFS, ENOSPC]),
  ]
  /// What a program must try again: a signal came between, or only a part was written (0).
  static let interruptions: [(call: String, codes: [Int32])] = [
    ("write", [EINTR, 0]), ("pwrite", [EINTR, 0]), ("posix_fallocate", [EINTR]), ("open", [EINTR]),
    ("openat", [EINTR]),
    ("close", [EINTR]),
  ]

  private static func disturbances(
    _ failures: [(call: String, codes: [Int32])]
  ) -> [(call: String, environment: [String: String])] {
    failures.flatMap { call, codes in codes.map { (call, ["FAULT_ERRNO": "\($0)"]) } }
  }

  /// The same, each call with one error that stays.
  private static var lasting: [(call: String, environment: [String: String])] {
    disturbances(failures.map { ($0.call, [$0.codes[0]]) }).map {
      ($0.call, $0.environment.merging(["FAULT_REPEAT": "1"]) { $1 })
    }
  }

  /// What is wrong with how a tool took a failure: the outputs must be the old or the new ones, and
  /// nothing else in the folder.
  private static func fault(_ outcome: FaultOutcome, _ new: [Data?]) -> String? {
    let run = outcome.run
    guard let code = run.exitCode else { return "signal \(run.signal ?? 0)" }
    if code == 0 {
      return outcome.bytes == new && outcome.leftovers.isEmpty ? nil : "done, but not whole"
    }
    if ![66, 73, 74, 75].contains(code) { return "code \(code)" }
    guard let message = run.message else { return "not one line" }
    if !outcome.leftovers.isEmpty {
      // Only where even the way back is barred, and then it is said.
      return outcome.isWhole(new)
        && outcome.leftovers.allSatisfy { name, bytes in
          bytes == FaultOutcome.old
            && message.contains("was replaced, and what it was is in \(name) beside it")
        } ? nil : "left \(outcome.contents)"
    }
    // The one failure after the outputs have their names.
    let expected =
      message.contains("cannot write the folder to disk") ? new : outcome.before
    return outcome.bytes == expected ? nil : "failed, but the outputs are not what they were"
  }

  @Test(arguments: sweeps)
  func `a call that fails leaves all old files or all new ones, whole, and nothing else`(
    _ sweep: FaultSweep
  ) throws {
    let (count, faults) = try sweep(
      Self.disturbances(Self.failures) + Self.lasting, judge: Self.fault)
    #expect(count > 50)
    #expect(faults.isEmpty)
    for number in ["59", "61"] {
      HostileTable.record(
        number, "\(sweep.testDescription): each call fails in turn, once or from then on",
        sweep.row.tool, result: "\(count) faults, \(faults.count) wrong",
        message: "all old files or all new ones, nothing left")
    }
  }

  @Test(arguments: sweeps)
  func `a call that is interrupted, or writes a part only, is tried again`(
    _ sweep: FaultSweep
  ) throws {
    let (count, faults) = try sweep(Self.disturbances(Self.interruptions)) { outcome, new in
      outcome.run.exitCode == 0 && outcome.bytes == new && outcome.leftovers.isEmpty
        ? nil : "not done"
    }
    #expect(count > 10)
    #expect(faults.isEmpty)
    HostileTable.record(
      "59", "\(sweep.testDescription): each call is interrupted or cut short in turn",
      sweep.row.tool, result: "\(count) faults, \(faults.count) wrong", message: "done all the same"
    )
  }
}
