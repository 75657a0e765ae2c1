import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A process in lockstep mode, of this build or of another.
final class LockstepChild {
  /// What it is called in messages.
  let name: String
  /// Its output for the input of the protocol.
  private(set) var output: [Double] = []
  private var identifier: pid_t = 0
  private var input: Int32 = -1
  private var answers: Int32 = -1
  private var buffer: [UInt8] = []

  /// Starts it and waits until it has run once.
  ///
  /// - Parameter command: the program and its words.
  /// - Throws: `FormatError` with what it ended with, if it did.
  init(_ name: String, command: [String]) throws {
    self.name = name
    try start(command)
    let ready = try answer()
    guard case .array(let values) = ready["y"] else { throw broken("a line with y") }
    output = values.compactMap(\.number)
  }

  deinit { end() }

  /// Runs the model once to warm up and then so often.
  ///
  /// - Returns: the times of the runs that count, in milliseconds.
  func run(_ count: Int) throws -> [Double] {
    let line = Array("\(count)\n".utf8)
    _ = line.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
    guard case .array(let values) = try answer() else { throw broken("a list of times") }
    let times = values.compactMap(\.number)
    guard times.count == values.count, (count...count + 1).contains(times.count),
      times.allSatisfy({ $0 > 0 })
    else { throw broken("\(count) times, or one more") }
    return Array(times.suffix(count))
  }

  private func start(_ command: [String]) throws {
    let (requests, replies) = (try Self.pipe(), try Self.pipe())
    defer { for end in [requests.reading, replies.writing] { close(end) } }
    (input, answers) = (requests.writing, replies.reading)
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, requests.reading, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, replies.writing, STDOUT_FILENO)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let words = command.map { strdup($0) } + [nil]
    let variables = Self.environment().map { strdup($0) } + [nil]
    defer { for text in words + variables { free(text) } }
    let code = posix_spawn(&identifier, command[0], &actions, &attributes, words, variables)
    guard code == 0 else {
      identifier = 0
      throw FormatError(.noInput, file: command[0], "\(String(cString: strerror(code)))")
    }
  }

  private static func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    let code = ends.withUnsafeMutableBufferPointer { openPipe($0.baseAddress!) }  // two elements
    guard code == 0 else { throw FormatError(.inputOutput, "the system gives no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// The variables that this process was started with.
  private static func environment() -> [String] {
    contents("/proc/self/environ").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The next line, which is JSON.
  private func answer() throws -> JSON {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeSubrange(...end)
        guard let value = try? JSON(parsing: Bytes(line)) else { throw broken("a line of JSON") }
        return value
      }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(answers, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ended() }
      buffer += piece[..<count]
    }
  }

  private func broken(_ expected: String) -> FormatError {
    FormatError(.badModel, "\(name): expected \(expected), found something else")
  }

  /// What it ended with; it has said why itself.
  private func ended() -> any Error {
    let status = end()
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    let kinds: [Int32: FormatError.Kind] = [
      64: .usage, 66: .noInput, 73: .cannotCreate, 74: .inputOutput, 75: .outOfMemory,
    ]
    return FormatError(
      kinds[code] ?? .badModel, "\(name): ended before it answered, with exit code \(code)")
  }

  /// Ends it and waits for that.
  @discardableResult
  private func end() -> Int32 {
    for descriptor in [input, answers] where descriptor >= 0 { close(descriptor) }
    (input, answers) = (-1, -1)
    var status: Int32 = 0
    if identifier > 0 { while waitpid(identifier, &status, 0) < 0, errno == EINTR {} }
    identifier = 0
    return status
  }
}

/// The system's `pipe`, which a method of that name hides.
private func openPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { pipe(ends) }

/// The bytes of a file of the system; none where it is not there.
private func contents(_ path: String) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return [] }
  defer { close(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &piece, piece.count)
    guard count > 0 else { return bytes }
    bytes += piece[..<count]
  }
}
