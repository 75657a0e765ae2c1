import Foundation
import Synchronization
import TestSupport
import Testing

/// Several tools that write the same files.
@Suite struct WriterTests {
  private static let rounds = 30

  /// Runs two commands at the same time.
  private static func race(_ commands: [[String]]) throws -> [ToolRun] {
    let runs = Mutex<[Int: Result<ToolRun, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: commands.count) { index in
      let result = Result {
        try ToolRun("resnet-convert", commands[index], timeLimit: 20)
      }
      runs.withLock { $0[index] = result }
    }
    return try runs.withLock { runs in try runs.keys.sorted().compactMap { try runs[$0]?.get() } }
  }

  @Test(arguments: [
    [FaultRow.caffeToNative("small", .small), .caffeToNative("digits", .digits)],
    [FaultRow.nativeToCaffe("small", .small), .nativeToCaffe("digits", .digits)],
  ])
  func `of two that make the same new files one wins whole, and the other says so`(
    _ rows: [FaultRow]
  ) throws {
    let commands = try rows.map(FaultCommand.init)
    var wins = [0, 0]
    for _ in 0..<Self.rounds {
      let folder = TemporaryFolder(inMemory: true)
      let runs = try Self.race(commands.map { $0.arguments + rows[0].outputArguments(in: folder) })
      let winner = try #require(runs.firstIndex { $0.exitCode == 0 })
      wins[winner] += 1
      #expect(runs[1 - winner].exitCode == 73, "\(runs[1 - winner].errors)")
      #expect(runs[1 - winner].message != nil)
      #expect(rows[0].bytes(in: folder) == commands[winner].new)
      #expect(folder.contents == rows[0].outputs.map(\.name).sorted())
    }
    HostileTable.record(
      "65", "\(rows[0].name): two writers of one new output", "resnet-convert",
      result: "\(Self.rounds) rounds, won \(wins[0]) : \(wins[1])",
      message: "one whole output; the other tool exits with 73")
  }

  @Test func `two that replace a file leave one whole`() throws {
    let rows = [FaultRow.caffeToNative("small", .small), .caffeToNative("digits", .digits)]
    let commands = try rows.map(FaultCommand.init)
    for _ in 0..<Self.rounds {
      let folder = TemporaryFolder(inMemory: true)
      try folder.write("out.resnet", FaultOutcome.old)
      let runs = try Self.race(
        commands.map { $0.arguments + rows[0].outputArguments(in: folder) + ["--force"] })
      for run in runs { #expect(run.exitCode == 0, "\(run.errors)") }
      #expect(commands.map(\.new).contains(rows[0].bytes(in: folder)))
      #expect(folder.contents == ["out.resnet"])
    }
    HostileTable.record(
      "65", "two writers that replace one file", "resnet-convert", result: "\(Self.rounds) rounds",
      message: "one of the two files, whole")
  }
}
