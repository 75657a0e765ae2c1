public import ArgumentParser
internal import ResNetKit

// Standard output is a variable to the compiler: nothing here writes it.
#if canImport(Glibc)
  @preconcurrency internal import Glibc
#else
  @preconcurrency internal import Musl
#endif

/// What a tool ends with when it did its work and the answer is no.
public struct Unequal: Error {
  /// The answer is no.
  public init() {}
}

/// A request that cannot be met whatever the files hold.
public struct UsageError: Error {
  /// What is wrong with the request.
  public let reason: String

  /// An error about the command line.
  public init(_ reason: String) { self.reason = reason }
}

/// One of the command-line tools.
public protocol Tool: ParsableCommand {}

extension Tool {
  /// Parses, runs and exits: every failure is one line on standard error and a documented code.
  public static func main() {
    Signals.handle(commandName: _commandName)
    do {
      if CommandLine.arguments.dropFirst() == ["--generate-manual-page"] {
        print(ManualPage(of: self).text, terminator: "")
        finish(.success)
      }
      try refuseMisspelledCommand()
      var command = try parseAsRoot()
      try command.run()
      finish(.success)
    } catch is Unequal {
      finish(.unequal)
    } catch let error as FormatError {
      fail(error.description + advice(for: error.kind), ExitStatus(error.kind))
    } catch let error as NetworkError {
      fail(error.description, ExitStatus(error.kind))
    } catch let error as MemoryShortage {
      fail(error.description, .outOfMemory)
    } catch let error as UsageError {
      fail(error.reason, .usage)
    } catch {
      // Help and version are errors to the parser, with exit code 0.
      if exitCode(for: error) == .success {
        print(completing(fullMessage(for: error)))
        finish(.success)
      }
      fail(message(for: error), .usage)
    }
  }

  /// What the user can do about a fault, by an option.
  private static func advice(for kind: FormatError.Kind) -> String {
    switch kind {
    case .outputExists: "; replace it with --force"
    case .unsupported: "; --hdf5 library reads more"
    case .badModel, .noInput, .cannotCreate, .inputOutput, .outOfMemory, .missingProgram,
      .refused, .usage:
      ""
    }
  }

  private static func refuseMisspelledCommand() throws {
    guard !configuration.subcommands.isEmpty, let word = CommandLine.arguments.dropFirst().first,
      let fault = CommandNames.fault(of: word, commands: commandNames, tool: _commandName)
    else { return }
    throw UsageError(fault)
  }

  /// What the parser prints, completed where it is a script for a shell.
  private static func completing(_ text: String) -> String {
    guard let command = configuration.defaultSubcommand?._commandName,
      CommandLine.arguments.dropFirst().first?.hasPrefix("--generate-completion-script") == true
    else { return text }
    return CompletionScript.offeringDefault(
      command, of: _commandName, among: commandNames, in: text)
  }

  private static func finish(_ status: ExitStatus) -> Never {
    // Output that could not be written is a failure even when the work was done. What a full buffer
    // lost on the way is only known to the stream, the reason to whoever tries again.
    var isComplete = fflush(nil) == 0
    if isComplete, ferror(stdout) != 0 {
      clearerr(stdout)
      putc(10, stdout)
      fflush(stdout)
      isComplete = false
    }
    guard !isComplete else { endProcess(status.rawValue) }
    let reason = String(cString: strerror(errno))
    writeToStandardError("\(_commandName): standard output: cannot write: \(reason)\n")
    endProcess(ExitStatus.inputOutput.rawValue)
  }

  private static func fail(_ message: String, _ status: ExitStatus) -> Never {
    Progress.clear()
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    writeToStandardError("\(_commandName): \(line.printable())\n")
    finish(status)
  }
}

/// `ParsableCommand.exit` hides the system's inside a command.
private func endProcess(_ code: Int32) -> Never { exit(code) }
