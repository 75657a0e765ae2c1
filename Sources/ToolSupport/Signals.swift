internal import ResNetKit

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What a tool does when a signal ends it: one line, a documented code, no unfinished file.
enum Signals {
  // SAFETY: written once, before any handler is there to read it.
  private nonisolated(unsafe) static var prefix: UnsafeMutablePointer<CChar>?

  /// Installs the handlers. They may only do what is safe wherever the program was interrupted.
  static func handle(commandName: String) {
    prefix = strdup("\(commandName): ")
    // A reader that goes away (`| head`) ends output, not the process without a word.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        if OutputFile.mayEnd(by: number) { _exit(128 + number) }
      }
    }
    handleUnreadableFiles()
    handleFailedAllocations()
  }

  /// A mapped file that was shortened, or whose disk failed, cannot be read: SIGBUS.
  private static func handleUnreadableFiles() {
    var action = sigaction()
    action.sa_flags = SA_SIGINFO
    action.__sigaction_handler.sa_sigaction = { number, information, _ in
      OutputFile.removeUnfinished()
      let address = information.flatMap { UnsafeRawPointer($0.pointee.faultAddress) }
      if let prefix = Signals.prefix,
        InputFile.reportUnreadable(at: address, to: STDERR_FILENO, prefix: prefix)
      {
        _exit(ExitStatus.inputOutput.rawValue)
      }
      // Our fault: the instruction runs again, and its signal ends the process.
      signal(number, SIG_DFL)
    }
    sigaction(SIGBUS, &action, nil)
  }

  /// Swift says which allocation failed, in one line, and aborts; where its runtime does not look
  /// whether it has what it asked for, it reads address 0 and says nothing.
  private static func handleFailedAllocations() {
    for number in [SIGABRT, SIGSEGV] {
      signal(number) { number in
        OutputFile.removeUnfinished()
        if errno == ENOMEM {
          if number == SIGSEGV { Signals.say("no memory\n") }
          _exit(ExitStatus.outOfMemory.rawValue)
        }
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// Writes a line from within a handler.
  private static func say(_ text: StaticString) {
    if let prefix { _ = write(STDERR_FILENO, prefix, strlen(prefix)) }
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }
}

extension siginfo_t {
  /// The address whose access failed, which C names by a macro.
  fileprivate var faultAddress: UnsafeMutableRawPointer? {
    #if canImport(Glibc)
      _sifields._sigfault.si_addr
    #else
      __si_fields.__sigfault.si_addr
    #endif
  }
}
