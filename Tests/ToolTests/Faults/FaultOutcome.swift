import Foundation
import TestSupport
import Testing

/// The state of the outputs after one disturbed run.
struct FaultOutcome {
  let run: ToolRun
  let row: FaultRow
  let isReplacing: Bool
  /// The names of all files in the folder of the outputs.
  let contents: [String]
  /// The outputs; nil where there is none.
  let bytes: [Data?]
  /// The other files in that folder.
  let leftovers: [String: Data]

  /// What an output holds that was there before.
  static let old = Data("precious".utf8)

  /// Runs a command into a folder of its own.
  ///
  /// - Parameters:
  ///   - onDisk: whether the folder is on a disk; else it is in memory, where that is possible.
  ///   - limits: shell lines before the tool starts.
  ///   - killTime: seconds until SIGKILL, if it is to come.
  fileprivate init(
    of row: FaultRow, _ arguments: [String], isReplacing: Bool, onDisk: Bool = false,
    environment: [String: String] = [:], limits: String? = nil,
    killTime: Double? = nil
  ) throws {
    let folder = TemporaryFolder(inMemory: !onDisk)
    if isReplacing { for output in row.outputs { try folder.write(output.name, Self.old) } }
    run = try ToolRun(
      row.tool, arguments + row.outputArguments(in: folder) + (isReplacing ? ["--force"] : []),
      environment: environment, limits: limits, timeLimit: 20, killTime: killTime)
    self.row = row
    self.isReplacing = isReplacing
    contents = folder.contents
    bytes = row.bytes(in: folder)
    let others = Set(contents).subtracting(row.outputs.map(\.name))
    leftovers = others.reduce(into: [:]) {
      $0[$1] = FileManager.default.contents(atPath: folder.path($1)) ?? Data()
    }
  }

  /// What the outputs were before.
  var before: [Data?] { row.outputs.map { _ in isReplacing ? Self.old : nil } }

  /// Whether the outputs are the old ones or the new ones, all of them.
  func isOneSet(_ new: [Data?]) -> Bool { bytes == before || bytes == new }

  /// Whether each output is what it was or what it is to be, the first ones first.
  func isWhole(_ new: [Data?]) -> Bool {
    let states = zip(bytes, zip(before, new))
    let count = states.prefix { $0 == $1.1 }.count
    return states.dropFirst(count).allSatisfy { $0 == $1.0 }
  }
}

/// A command with its inputs, which exist as long as it does.
final class FaultCommand: Sendable {
  let row: FaultRow
  private let inputs = TemporaryFolder(inMemory: true)
  /// The arguments without the outputs.
  let arguments: [String]
  /// The outputs if nothing fails.
  let new: [Data?]

  init(_ row: FaultRow) throws {
    self.row = row
    arguments = try row.arguments(inputs)
    let outcome = try FaultOutcome(of: row, arguments, isReplacing: false)
    try #require(outcome.run.exitCode == 0, "\(outcome.run.errors)")
    try #require(outcome.bytes.allSatisfy { $0 != nil })
    new = outcome.bytes
  }

  /// Runs it into a folder of its own; the parameters are those of `FaultOutcome`.
  func run(
    isReplacing: Bool, onDisk: Bool = false,
    environment: [String: String] = [:], limits: String? = nil,
    killTime: Double? = nil
  ) throws -> FaultOutcome {
    try FaultOutcome(
      of: row, arguments, isReplacing: isReplacing, onDisk: onDisk, environment: environment,
      limits: limits, killTime: killTime)
  }
}

/// A command in one situation, disturbed at every use of a call in turn.
struct FaultSweep: Sendable, CustomTestStringConvertible {
  var row: FaultRow
  var situation: FaultSituation

  var testDescription: String { "\(row.name), \(situation)" }

  /// Disturbs the first, second, … use of a call until there is none.
  ///
  /// - Parameters:
  ///   - disturbances: calls, and what to do to them, by the environment of the shim.
  ///   - judge: says what is wrong.
  /// - Returns: how often that was done, and what was wrong.
  func callAsFunction(
    _ disturbances: [(call: String, environment: [String: String])],
    judge: (FaultOutcome, _ new: [Data?]) -> String?
  ) throws -> (count: Int, faults: [String]) {
    let logs = TemporaryFolder(inMemory: true)
    let command = try FaultCommand(row)
    var (count, faults) = (0, [String]())
    for (call, environment) in disturbances {
      for index in 1...500 {
        let log = logs.path("struck")
        let outcome = try command.run(
          isReplacing: situation.isReplacing,
          environment: FaultShim.environment(
            call, at: index, log: log, environment.merging(situation.environment) { $1 }))
        guard logs.contents == ["struck"] else { break }
        try FileManager.default.removeItem(atPath: log)
        count += 1
        if let fault = judge(outcome, command.new) {
          faults.append("\(call) \(index), \(environment): \(fault): \(outcome.run.errors)")
        }
      }
    }
    return (count, faults)
  }
}
