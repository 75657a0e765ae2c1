import ArgumentParser
import ResNetKit
import ToolSupport

struct InspectPlan: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show how a model is run: kernels, layouts, memory, and what each step costs.",
    usage: "resnet-inspect plan MODEL [<options>]",
    discussion: """
      Nothing is run or timed. The estimate is what the choice of kernels was made by, the limit \
      what the arithmetic and the bytes of a step take at least; both are for a processor of the \
      kind that the table of costs was measured on, its threads sharing each step perfectly. \
      Bytes are those of inputs, weights and outputs.
      """)

  @OptionGroup var model: ModelArguments

  @OptionGroup var execution: ExecutionArguments

  @OptionGroup var batch: BatchArguments

  @OptionGroup var reading: ReadingArguments

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    let network = try ModelArguments.read(model.open(reading), options: reading.options).network
    var shapes = try BenchmarkInput.shapes(of: network, batch: batch.batch)
    // A model with fixed extents runs on other images all the same.
    if let shape = reading.inputShape, shapes.count == 1, batch.batch == nil {
      shapes = shapes.mapValues { _ in shape }
    }
    let plan = try ExecutionPlan(
      for: network, inputShapes: shapes, options: execution.options)
    Progress.clear()
    print(json ? plan.json.prettyText() : plan.report)
  }
}

extension ExecutionPlan {
  /// Milliseconds of the threads together.
  private func milliseconds(_ nanoseconds: Double) -> Double {
    nanoseconds / 1e6 / Double(options.threadCount)
  }

  fileprivate var report: String {
    var table = TextTable([
      ("step", .leading), ("kernel", .leading), ("output", .leading), ("tasks", .trailing),
      ("MACs", .trailing), ("bytes", .trailing), ("estimate ms", .trailing),
      ("limit ms", .trailing),
    ])
    for step in steps {
      table.add([
        ([step.name] + step.fusedLayers).joined(separator: " + "), step.kernelName,
        step.outputs.map { "\($0.type.shape) \($0.type.layout.rawValue)" }
          .joined(separator: ", "),
        "\(step.taskCount)", step.multiplyAccumulates == 0 ? "" : "\(step.multiplyAccumulates)",
        "\(step.byteCount)", milliseconds(step.estimate).fixed(3),
        milliseconds(limit(of: step)).fixed(3),
      ])
    }
    let estimate = steps.reduce(0) { $0 + milliseconds($1.estimate) }
    let limit = steps.reduce(0) { $0 + milliseconds(self.limit(of: $1)) }
    let products = steps.reduce(0) { $0 + $1.multiplyAccumulates }
    return """
      \(table)

      \(steps.count) steps, \(products) MACs, estimate \(estimate.fixed(2)) ms, limit \
      \(limit.fixed(2)) ms
      \(options.instructionSet.rawValue)\(options.isStrict ? ", strict" : ""), \
      \(options.threadCount) thread\(options.threadCount == 1 ? "" : "s")
      memory: \(arenaByteCount) bytes of values, \(weightByteCount) of weights, \
      \(scratchByteCount) for each thread
      """
  }

  fileprivate var json: JSON {
    .members([
      "isa": .string(options.instructionSet.rawValue), "strict": .bool(options.isStrict),
      "threads": .count(options.threadCount), "valueBytes": .count(arenaByteCount),
      "weightBytes": .count(weightByteCount), "scratchBytesPerThread": .count(scratchByteCount),
      "steps": .array(
        steps.map { step in
          .members([
            "name": .string(step.name),
            "fused": .array(step.fusedLayers.map { .string($0) }),
            "kernel": .string(step.kernelName), "tasks": .count(step.taskCount),
            "outputs": .array(
              step.outputs.map { value in
                .members([
                  "name": .string(value.name), "layout": .string(value.type.layout.rawValue),
                  "shape": .array(value.type.shape.dimensions.map { .count($0) }),
                ])
              }),
            "multiplyAccumulates": .count(step.multiplyAccumulates),
            "bytes": .count(step.byteCount), "additionChain": .count(step.additionChain),
            "estimateMilliseconds": JSON(number: milliseconds(step.estimate)),
            "limitMilliseconds": JSON(number: milliseconds(limit(of: step))),
          ])
        }),
    ])
  }
}
