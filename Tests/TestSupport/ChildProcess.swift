import Foundation
import Synchronization

/// A process that was started here, with what it prints on pipes.
///
/// Foundation's `Process` hands its child the signal mask of the thread that starts it, which on
/// threads of Dispatch blocks what a test wants to send.
struct ChildProcess: ~Copyable {
  /// What it ended with.
  struct End {
    /// As `waitpid` gives it.
    var status: Int32
    var isKilled: Bool
    var output: [UInt8]
    var errors: [UInt8]
  }

  /// The system would not start it.
  struct StartError: Error {
    var command: String
    var code: Int32
  }

  private let identifier: pid_t
  private let output: Int32
  private let errors: Int32

  /// Held while pipes are made and given to a child: no other child may have them as well, for then
  /// what is read would not end with this one.
  private static let starting = Mutex<Void>(())

  /// Starts a command with nothing to read, the default signals and an environment of its own.
  init(_ command: [String], environment: [String: String]) throws {
    self = try Self.starting.withLock { _ in
      try ChildProcess(starting: command, environment: environment)
    }
  }

  private init(starting command: [String], environment: [String: String]) throws {
    let (output, errors) = (try Self.pipe(), try Self.pipe())
    defer { for end in [output.writing, errors.writing] { close(end) } }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.writing, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors.writing, STDERR_FILENO)
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    let arguments = command.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var identifier: pid_t = 0
    let code = posix_spawn(&identifier, command[0], &actions, &attributes, arguments, variables)
    guard code == 0 else {
      for end in [output.reading, errors.reading] { close(end) }
      throw StartError(command: command[0], code: code)
    }
    self.identifier = identifier
    (self.output, self.errors) = (output.reading, errors.reading)
  }

  private static func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw StartError(command: "pipe", code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// When a process that does not end is killed.
  enum Limit {
    /// It has computed for so many seconds, or ten times as long has passed: on a busy machine work
    /// takes longer, but what waits for ever computes nothing.
    case hang(seconds: Double)
    /// So many seconds have passed.
    case moment(seconds: Double)
  }

  /// Reads what it prints until it ends, or kills it when the time is up.
  consuming func finish(limit: Limit) -> End {
    let start = ContinuousClock.now
    var end = End(status: 0, isKilled: false, output: [], errors: [])
    var sources = [output, errors]
    while !sources.isEmpty {
      let left = secondsLeft(limit, after: (.now - start) / .seconds(1))
      if left <= 0, !end.isKilled {
        kill(identifier, SIGKILL)
        end.isKilled = true
      }
      var events = sources.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let wait = Int32((1000 * max(left, 0)).rounded(.up))
      _ = poll(&events, nfds_t(events.count), end.isKilled ? -1 : wait)
      for event in events where event.revents != 0 {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(event.fd, &piece, piece.count)
        if count <= 0 { sources.removeAll { $0 == event.fd } }
        if event.fd == output { end.output += piece.prefix(max(count, 0)) }
        if event.fd == errors { end.errors += piece.prefix(max(count, 0)) }
      }
    }
    for source in [output, errors] { close(source) }
    while waitpid(identifier, &end.status, 0) < 0, errno == EINTR {}
    return end
  }

  /// How long to wait until the limit can be reached; 0 where it is.
  private func secondsLeft(_ limit: Limit, after seconds: Double) -> Double {
    switch limit {
    case .moment(let moment): return moment - seconds
    case .hang(let allowed):
      var clock = clockid_t()
      var time = timespec()
      // No clock for a process that has ended: what it printed is read without waiting.
      if clock_getcpuclockid(identifier, &clock) == 0 { clock_gettime(clock, &time) }
      let computed = Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
      // A process with several threads computes several seconds in one.
      return min(
        10 * allowed - seconds, max((allowed - computed) / 4, computed < allowed ? 0.01 : 0))
    }
  }
}
