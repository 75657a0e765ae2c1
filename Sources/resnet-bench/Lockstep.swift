import ArgumentParser
import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A model that runs when it is told to, so that several programs are timed by turns.
struct Lockstep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lockstep",
    abstract: "Run a model when told to, for those that time several programs by turns.",
    usage: "resnet-bench lockstep MODEL [--batch N] [<options>]",
    discussion: """
      Runs the model once on numpy.random.default_rng(42).standard_normal(shape) and prints one \
      line of JSON: y, the first 4096 numbers of the last output; nper, the runs behind one time; \
      what loading took and the memory.

      Then, for each line N on standard input, it runs once to warm up and N times more, and prints \
      one line: the list of these N + 1 times in milliseconds. It ends with its input.
      """)

  @OptionGroup var subject: SubjectArguments

  func run() throws {
    let subject = try self.subject.prepare()
    try say(ready(subject))
    let clock = ContinuousClock()
    while let line = readLine() {
      guard let count = Int(line), (1...1_000_000).contains(count) else {
        throw UsageError("standard input: expected a number of runs, found \(line)")
      }
      var times: [JSON] = []
      for _ in 0...count {
        let start = clock.now
        _ = try subject.session.run(subject.inputs)
        times.append(JSON(number: (clock.now - start) / .milliseconds(1)))
      }
      try say(.array(times))
    }
  }

  private func ready(_ subject: Subject) -> JSON {
    func seconds(_ duration: Duration) -> JSON { JSON(number: duration / .seconds(1)) }
    let y = subject.session.network.outputs.last.flatMap { subject.outputs[$0] }
    let loading = subject.readingTime + subject.planningTime
    return .members([
      "y": .array((y?.withFloats { $0.prefix(4096).map { JSON(number: Double($0)) } }) ?? []),
      "nper": .integer(1),
      "version": .string(toolkitVersion),
      "load_s": seconds(loading),
      "first_infer_s": seconds(subject.firstRunTime),
      "to_first_s": seconds(loading + subject.firstRunTime),
      "peak_rss_mb": JSON(number: Double(subject.peakByteCount) / 1e6),
    ])
  }

  /// Prints a line for whoever waits for it.
  private func say(_ value: JSON) throws {
    print(value.text())
    guard fflush(nil) == 0 else { throw UsageError("standard output: nobody reads it") }
  }
}
