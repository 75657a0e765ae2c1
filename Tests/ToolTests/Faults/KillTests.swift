import Foundation
import TestSupport
import Testing

/// `kill -9` at 500 random moments.
@Suite struct KillTests {
  private static let killsPerCase = 125

  @Test(
    arguments: [FaultRow.caffeToNative("digits", .digits), .nativeToCaffe("digits", .digits)],
    [false, true])
  func `at any moment leaves the old files or the new ones, whole`(
    _ row: FaultRow, isReplacing: Bool
  ) throws {
    let command = try FaultCommand(row)
    let clock = ContinuousClock()
    func usualSeconds() throws -> Double {
      let times = try (0..<3).map { _ in
        try clock.measure { _ = try command.run(isReplacing: isReplacing, onDisk: true) }
      }
      return times.sorted()[1] / .seconds(1)
    }
    var usual = 0.0
    var generator = SeededGenerator(seed: isReplacing ? 1 : 2)
    var (runs, kills, leftovers, faults) = (0, 0, 0, [String]())
    // The time a run takes varies: some are done before their moment.
    while kills < Self.killsPerCase, runs < 4 * Self.killsPerCase {
      // What else the machine does comes and goes.
      if runs % 25 == 0 { usual = try usualSeconds() }
      runs += 1
      let moment = Double.random(in: 0...usual, using: &generator)
      let outcome = try command.run(isReplacing: isReplacing, onDisk: true, killTime: moment)
      let isKilled = outcome.run.signal == SIGKILL
      kills += isKilled ? 1 : 0
      leftovers += outcome.leftovers.count
      let isClean =
        isKilled && isReplacing
        ? outcome.leftovers.keys.allSatisfy { $0.hasPrefix(".resnet-") && $0.hasSuffix(".tmp") }
        : outcome.leftovers.isEmpty
      if !isClean || !outcome.isWhole(command.new) || !isKilled && outcome.run.exitCode != 0 {
        faults.append("\(runs) after \(moment) s: \(outcome.contents): \(outcome.run.errors)")
      }
    }
    #expect(faults.isEmpty)
    #expect(kills == Self.killsPerCase)
    HostileTable.record(
      "62", "\(row.name), \(isReplacing ? "replacing" : "new"): SIGKILL at random moments",
      row.tool, result: "\(kills) kills in \(runs) runs, \(faults.count) wrong",
      message: "old or new, whole; \(leftovers) hidden files left")
  }
}
