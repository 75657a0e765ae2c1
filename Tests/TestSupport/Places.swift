public import Foundation

/// Where things are, whatever folder the tests run in.
public enum Places {
  /// The top folder of the project.
  public static let project = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of a file under `fixtures/`.
  public static func fixture(_ name: String) -> String {
    project.appendingPathComponent("fixtures/\(name)").path
  }

  /// The folder of real model files; nil where the environment does not name one.
  public static let realData: String? = ProcessInfo.processInfo.environment["RESNET_TOOLKIT_DATA"]

  /// The folder with the built tools: where the tests themselves were built.
  public static let tools: URL = {
    // SwiftPM runs tests from <build>/release/<package>PackageTests.xctest.
    let executable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let candidates = [
      executable.deletingLastPathComponent(),
      project.appendingPathComponent(".build-tests/release"),
      project.appendingPathComponent(".build/release"),
    ]
    return candidates.first {
      FileManager.default.isExecutableFile(atPath: $0.appendingPathComponent("resnet-convert").path)
    } ?? candidates[0]
  }()
}

/// A folder that is gone with its value.
public final class TemporaryFolder: Sendable {
  /// Its path.
  public let path: String

  /// Makes an empty folder.
  ///
  /// - Parameter inMemory: not on a disk, where the system has such a place: for thousands of files
  ///   that are forced to disk one by one.
  public init(inMemory: Bool = false) {
    let memory = URL(fileURLWithPath: "/dev/shm")
    let isMemory = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
    let url = (isMemory ? memory : FileManager.default.temporaryDirectory)
      .appendingPathComponent("resnet-toolkit-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      preconditionFailure("no temporary folder: \(error)")
    }
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  public func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult
  public func write(_ name: String, _ contents: some Sequence<UInt8>) throws -> String {
    try Data(contents).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  /// Writes a text file and returns its path.
  @discardableResult
  public func write(_ name: String, text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  /// The names of all files in it, hidden ones included, sorted.
  public var contents: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// Calls `body` with the path of a folder that exists as long as the call.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) rethrows -> Result {
  let folder = TemporaryFolder()
  return try withExtendedLifetime(folder) { try body(folder.path) }
}
