import Foundation

/// What a built tool did.
public struct ToolRun: Sendable {
  /// Its exit code; nil if a signal ended it.
  public let exitCode: Int32?
  /// What it printed.
  public let output: String
  /// What it said on standard error.
  public let errors: String

  /// Runs a built tool to its end.
  ///
  /// - Parameters:
  ///   - limits: shell lines before the tool starts, such as `ulimit -f 8`.
  ///   - folder: the working folder.
  public init(
    _ tool: String, _ arguments: [String], environment: [String: String] = [:],
    limits: String? = nil, in folder: String? = nil
  ) throws {
    let process = Process()
    let path = Places.tools.appendingPathComponent(tool).path
    if let limits {
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", "\(limits); exec \"$0\" \"$@\"", path] + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Both pipes are drained at once: a tool that fills one must not wait for the other.
    nonisolated(unsafe) var errorBytes = Data()
    let drain = DispatchGroup()
    DispatchQueue.global().async(group: drain) {
      errorBytes = errors.fileHandleForReading.readDataToEndOfFile()
    }
    let outputBytes = output.fileHandleForReading.readDataToEndOfFile()
    drain.wait()
    process.waitUntilExit()
    exitCode = process.terminationReason == .exit ? process.terminationStatus : nil
    self.output = String(decoding: outputBytes, as: UTF8.self)
    self.errors = String(decoding: errorBytes, as: UTF8.self)
  }

  /// The one line a failed tool leaves on standard error; nil if there is not exactly one.
  public var message: String? {
    let lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count == 2 && lines[1].isEmpty ? String(lines[0]) : nil
  }
}
