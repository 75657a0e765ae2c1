import ArgumentParser
import Kernels
import ResNetKit
import ToolSupport

/// The model that is timed, and how it runs.
struct SubjectArguments: ParsableArguments {
  @OptionGroup var model: ModelArguments

  @OptionGroup var execution: ExecutionArguments

  @OptionGroup var batch: BatchArguments

  @OptionGroup var reading: ReadingArguments

  /// Reads the model, plans it and runs it once.
  ///
  /// - Throws: `FormatError` for files that are no model, `NetworkError` for one that cannot run.
  func prepare() throws -> Subject {
    let clock = ContinuousClock()
    let start = clock.now
    let network = try ModelArguments.read(model.open(reading), options: reading.options).network
    let read = clock.now
    let shapes = try BenchmarkInput.shapes(of: network, batch: batch.batch)
    let session = try Session(network, options: execution.options, inputShapes: shapes)
    let planned = clock.now
    let inputs = try BenchmarkInput.normal(shapes)
    let run = clock.now
    let outputs = try session.run(inputs)
    return Subject(
      session: session, inputs: inputs, outputs: outputs, readingTime: read - start,
      planningTime: planned - read, firstRunTime: clock.now - run,
      peakByteCount: ProcessMemory.peakByteCount)
  }
}

/// A model that has run once.
struct Subject {
  let session: Session
  let inputs: [String: Tensor]
  let outputs: [String: Tensor]
  /// From the files to the network.
  let readingTime: Duration
  /// From the network to a session that can run.
  let planningTime: Duration
  let firstRunTime: Duration
  /// The most memory that the process had until then.
  let peakByteCount: Int

  var plan: ExecutionPlan { session.plan }

  /// `resnet50: data [1, 3, 224, 224], 2 threads, avx2, strict`.
  var title: String {
    let options = session.options
    let inputs = plan.inputs.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
    return "\(session.network.name): \(inputs), \(options.title)".printable()
  }
}

extension ExecutionOptions {
  /// `2 threads, avx2, strict`.
  var title: String {
    [
      "\(threadCount) thread\(threadCount == 1 ? "" : "s")", instructionSet.rawValue,
      isStrict ? "strict" : nil, gemm == .builtIn ? nil : gemm.rawValue,
    ].compactMap { $0 }.joined(separator: ", ")
  }

  var json: JSON {
    .members([
      "threads": .count(threadCount), "isa": .string(instructionSet.rawValue),
      "strict": .bool(isStrict), "gemm": .string(gemm.rawValue),
    ])
  }
}
