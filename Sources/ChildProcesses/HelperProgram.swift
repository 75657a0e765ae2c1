internal import CSandbox
public import Files
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A program of the toolkit that reads a file in a process of its own, since files can take over
/// what reads them.
///
/// It is given the opened file as its standard input and nothing else: no path, no other descriptor,
/// no variable of the environment. What it answers is believed as little as the file.
public struct HelperProgram: Sendable {
  /// Where the program is.
  public let path: String

  /// A program.
  public init(path: String) { self.path = path }

  /// Starts the program on a file, and makes a value of what it answers.
  ///
  /// The process is gone when this returns or throws: it is killed if it does not end in time.
  /// - Parameters:
  ///   - seconds: how long it may take.
  ///   - name: what it is called in errors.
  ///   - body: reads the whole answer.
  /// - Throws: `FormatError` naming the file: `badModel` for a process that died or was killed,
  ///   `missingProgram` for one that cannot be started, and what `body` throws.
  public func read<Answer>(
    _ file: InputFile, within seconds: Int, named name: String,
    _ body: (Reply) throws(FormatError) -> Answer
  ) throws(FormatError) -> Answer {
    do throws(FormatError) {
      let opened = try file.reopened()
      let descriptor = if let opened { opened } else { try Self.copy(of: file) }
      defer { close(descriptor) }
      let child = try Child(path, input: descriptor)
      // Whatever happens: nobody is left behind.
      defer { child.end() }
      let reply = Reply(child, seconds: seconds, name: name)
      let answer = try body(reply)
      try reply.finish()
      return answer
    } catch {
      throw error.inFile(file.path)
    }
  }

  /// What is in memory, in a file that has no name and cannot be changed.
  private static func copy(of file: InputFile) throws(FormatError) -> Int32 {
    let descriptor = file.bytes.withUnsafeBytes { csandbox_memory_file($0.baseAddress, $0.count) }
    guard descriptor >= 0 else {
      throw FormatError(.inputOutput, "cannot be copied for another process: \(text(errno))")
    }
    return descriptor
  }
}

/// A process that was started and is waited for.
final class Child {
  /// Its standard output.
  let answers: Int32
  private var identifier: pid_t
  private var status: Int32?

  /// Starts a program with an opened file as its input.
  ///
  /// - Throws: `FormatError` of kind `missingProgram` if it cannot be started, `inputOutput` if the
  ///   system gives no process.
  init(_ path: String, input: Int32) throws(FormatError) {
    var ends: [Int32] = [0, 0]
    guard csandbox_pipe(&ends) == 0 else {
      throw FormatError(.inputOutput, "the system gives no pipe: \(text(errno))")
    }
    var process: pid_t = 0
    let code = csandbox_spawn(path, input, ends[1], &process)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      let isMissing = [ENOENT, EACCES, ENOEXEC, ENOTDIR].contains(code)
      throw FormatError(
        isMissing ? .missingProgram : .inputOutput,
        "cannot start \(path.printable()): \(text(code))")
    }
    // Only now: what is not complete is not closed by `deinit`, too.
    answers = ends[0]
    identifier = process
  }

  deinit { close(answers) }

  /// Waits for its end for as long as a process takes that has closed its output, else kills it.
  ///
  /// - Returns: what `waitpid` tells; nil if somebody else waited for it.
  func waitShortly() -> Int32? {
    for _ in 0..<1000 {
      if collect(WNOHANG) { return status }
      usleep(1000)
    }
    end()
    return status
  }

  /// Ends it, if it has not ended, and waits for that.
  func end() {
    guard identifier > 0 else { return }
    kill(identifier, SIGKILL)
    _ = collect(0)
  }

  /// Whether it has ended; from then on its number may be another process's.
  private func collect(_ options: Int32) -> Bool {
    guard identifier > 0 else { return true }
    var found: Int32 = 0
    var waited = waitpid(identifier, &found, options)
    while waited < 0, errno == EINTR { waited = waitpid(identifier, &found, options) }
    guard waited != 0 else { return false }
    if waited == identifier { status = found }
    identifier = 0
    return true
  }
}

/// The system's words for an error.
func text(_ code: Int32) -> String { String(cString: strerror(code)) }
