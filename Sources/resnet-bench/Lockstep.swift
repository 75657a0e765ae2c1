import ArgumentParser
import ResNetKit
import ToolSupport

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A model that runs when it is told to, so that several engines are timed by turns.
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

  @OptionGroup var model: ModelArguments

  @OptionGroup var threading: ThreadArguments

  @OptionGroup var batch: BatchArguments

  @OptionGroup var reading: ReadingArguments

  func run() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let network = try ModelArguments.read(model.open(), options: reading.options).network
    let shapes = try BenchmarkInput.shapes(of: network, batch: batch.batch)
    let session = try Session(network, threads: threading.threads, inputShapes: shapes)
    let loaded = clock.now
    let inputs = try BenchmarkInput.normal(shapes)
    let prepared = clock.now
    let outputs = try session.run(inputs)
    let first = clock.now - prepared
    let y = network.outputs.last.flatMap { outputs[$0] }
    try say(
      .members([
        "y": .array(
          (y?.withFloats { $0.prefix(4096).map { JSON(number: Double($0)) } }) ?? []),
        "nper": .integer(1),
        "version": .string(toolkitVersion),
        "load_s": seconds(loaded - start),
        "first_infer_s": seconds(first),
        "to_first_s": seconds(loaded - start + first),
        "peak_rss_mb": JSON(number: Double(ProcessMemory.peakByteCount) / 1e6),
      ]))
    while let line = readLine() {
      guard let count = Int(line), (1...1_000_000).contains(count) else {
        throw UsageError("standard input: expected a number of runs, found \(line)")
      }
      var times: [JSON] = []
      for _ in 0...count {
        let start = clock.now
        _ = try session.run(inputs)
        times.append(JSON(number: (clock.now - start) / .milliseconds(1)))
      }
      try say(.array(times))
    }
  }

  private func seconds(_ duration: Duration) -> JSON { JSON(number: duration / .seconds(1)) }

  /// Prints a line for whoever waits for it.
  private func say(_ value: JSON) throws {
    print(value.text())
    fflush(nil)
  }
}
