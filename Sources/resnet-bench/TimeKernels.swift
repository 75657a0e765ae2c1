import ArgumentParser
import ResNetKit
import ToolSupport

struct TimeKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract:
      "Time the kernels over the layers of ResNets, beside their scalar twins and OpenBLAS.",
    usage: "resnet-bench kernels [--threads N] [<options>]",
    discussion: """
      Each layer runs alone, by turns with the usual kernel, the strict one, the scalar twin and, \
      where it is installed, OpenBLAS over unfolded images. GFLOP/s counts the operations of direct \
      convolution and is taken at the shortest time; its weights stay in the caches.
      """)

  @OptionGroup var execution: ExecutionArguments

  @Option(help: "Rounds; the scalar twins run in two of them.")
  var rounds = 10

  @Flag(help: "Print the report as JSON.")
  var json = false

  func validate() throws {
    guard (1...100_000).contains(rounds) else {
      throw ValidationError("--rounds: expected 1 to 100000, found \(rounds)")
    }
  }

  func run() throws {
    let machine = Machine.current()
    let variants = KernelBenchmark.variants(
      execution.options, withOpenBLAS: KernelBenchmark.hasOpenBLAS)
    let cases = KernelCase.all()
    let progress = ProgressCount(.things("layers"))
    let probe = try MachineProbe(threadCount: execution.options.threadCount)
    var limit = 0.0
    var results: [(KernelCase, [KernelBenchmark.Measurement])] = []
    for (index, layer) in cases.enumerated() {
      progress.report(index, of: cases.count)
      for _ in 0..<3 { limit = max(limit, probe.gigaflops(execution.options.instructionSet)) }
      results.append((layer, try KernelBenchmark.measure(layer, variants, rounds: rounds)))
    }
    Progress.clear()
    if json {
      print(Self.json(machine, limit, results).prettyText())
    } else {
      print(
        """
        \(execution.options.title), \(machine.title)
        arithmetic in registers: \(limit.short) GFLOP/s

        \(Self.table(variants, results))
        """)
    }
  }

  private static func table(
    _ variants: [KernelBenchmark.Variant],
    _ results: [(KernelCase, [KernelBenchmark.Measurement])]
  ) -> String {
    var table = TextTable(
      [("layer", .leading), ("kernel", .leading)]
        + variants.map { ("\($0.name) ms", .trailing) }
        + variants.map { ("\($0.name) GFLOP/s", .trailing) })
    for (layer, measurements) in results {
      table.add(
        [layer.name, measurements[0].kernelName]
          + measurements.map { $0.timing.minimum.fixed(3) }
          + measurements.map {
            $0.multiplyAccumulates == 0
              ? "" : $0.timing.gigaflops(multiplyAccumulates: $0.multiplyAccumulates).fixed(1)
          })
    }
    return table.description
  }

  private static func json(
    _ machine: Machine, _ limit: Double,
    _ results: [(KernelCase, [KernelBenchmark.Measurement])]
  ) -> JSON {
    .members([
      "machine": machine.json, "arithmeticGigaflops": JSON(number: limit),
      "layers": .array(
        results.map { layer, measurements in
          .members([
            "name": .string(layer.name),
            "multiplyAccumulates": .count(measurements[0].multiplyAccumulates),
            "variants": .array(
              measurements.map {
                .members([
                  "name": .string($0.variant.name), "kernel": .string($0.kernelName),
                  "options": $0.variant.options.json,
                  "minimumMilliseconds": JSON(number: $0.timing.minimum),
                  "medianMilliseconds": JSON(number: $0.timing.median),
                ])
              }),
          ])
        }),
    ])
  }
}
