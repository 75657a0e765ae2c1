import Foundation

/// What a built tool did.
public struct ToolRun: Sendable {
  /// Its exit code; nil if a signal ended it.
  public let exitCode: Int32?
  /// The signal that ended it; nil if it ended by itself.
  public let signal: Int32?
  /// Whether it had to be killed because its time was up.
  public let isTimedOut: Bool
  /// What it printed.
  public let output: String
  /// What it said on standard error.
  public let errors: String

  /// Runs a built tool to its end.
  ///
  /// - Parameters:
  ///   - limits: shell lines before the tool starts, such as `ulimit -f 8`.
  ///   - folder: the working folder.
  ///   - timeLimit: seconds that the tool may compute; it is killed after them, or when ten times
  ///     as many have passed.
  ///   - killTime: seconds after which it is killed whatever it does, instead.
  public init(
    _ tool: String, _ arguments: [String], environment: [String: String] = [:],
    limits: String? = nil, in folder: String? = nil, timeLimit: Double = 300,
    killTime: Double? = nil
  ) throws {
    let path = Places.tools.appendingPathComponent(tool).path
    var command = folder.map { ["/usr/bin/env", "-C", $0] } ?? []
    if let limits { command += ["/bin/bash", "-c", "\(limits); exec \"$0\" \"$@\""] }
    try self.init(
      command: command + [path] + arguments, environment, timeLimit: timeLimit, killTime: killTime)
  }

  /// Runs a line of bash to its end.
  public init(
    bash line: String, environment: [String: String] = [:], timeLimit: Double = 300
  ) throws {
    try self.init(command: ["/bin/bash", "-c", line], environment, timeLimit: timeLimit)
  }

  private init(
    command: [String], _ environment: [String: String], timeLimit: Double,
    killTime: Double? = nil
  ) throws {
    let process = try ChildProcess(
      command, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
    let end = process.finish(
      limit: killTime.map { .moment(seconds: $0) } ?? .hang(seconds: timeLimit))
    // The low seven bits are the signal.
    let number = end.status & 0x7f
    exitCode = number == 0 ? end.status >> 8 : nil
    signal = number == 0 ? nil : number
    isTimedOut = end.isKilled && signal == SIGKILL
    output = String(decoding: end.output, as: UTF8.self)
    errors = String(decoding: end.errors, as: UTF8.self)
  }

  /// The one line a failed tool leaves on standard error; nil if there is not exactly one.
  public var message: String? {
    let lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count == 2 && lines[1].isEmpty ? String(lines[0]) : nil
  }
}
