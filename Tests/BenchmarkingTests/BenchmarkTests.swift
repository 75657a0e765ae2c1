import Kernels
import ModelGraph
import Runtime
import TensorCore
import Testing

@testable import Benchmarking

/// A convolution of 16 channels and a pooling.
private func network() throws -> Network {
  try Network(
    name: "small",
    nodes: [
      Node("data", .input(.init(shape: [1, 16, 20, 20]))),
      Node(
        "conv",
        .convolution(
          .init(
            kernel: NumPyNormal.tensor([32, 16, 3, 3], seed: 1),
            padding: Padding(vertical: 1, horizontal: 1))), inputs: ["data"]),
      Node("mean", .globalPooling(.init(kind: .average)), inputs: ["conv"]),
    ])
}

@Suite struct ModelBenchmarkTests {
  private func benchmark(batch: Int? = nil) throws -> (Session, ModelBenchmark) {
    let shapes = try BenchmarkInput.shapes(of: network(), batch: batch)
    let session = try Session(
      network(), options: ExecutionOptions(threadCount: 2), inputShapes: shapes)
    return (session, try ModelBenchmark(session, inputs: BenchmarkInput.normal(shapes)))
  }

  @Test func `a run is timed as often as asked, beside the machine's limits`() throws {
    let report = try benchmark().1.measure(.init(runs: 7))
    #expect(report.timing.sorted.count == 7 && report.warmUpCount >= 3)
    #expect(report.multiplyAccumulates == 400 * 32 * 16 * 9)
    #expect(report.roofline.gigaflops > 0 && report.roofline.sources.last?.place.name == "memory")
    #expect(report.roofline.sources.allSatisfy { $0.gigabytes > 0 })
    #expect(report.shareOfArithmetic == report.gigaflops / report.roofline.gigaflops)
    #expect(report.limitMilliseconds > 0 && report.imageCount == 1)
  }

  @Test func `a batch is counted in images`() throws {
    let report = try benchmark(batch: 3).1.measure(.init(runs: 2))
    #expect(report.imageCount == 3)
    #expect(report.multiplyAccumulates == 3 * 400 * 32 * 16 * 9)
    #expect(abs(report.imagesPerSecond * report.timing.median - 3000) < 1e-6)
  }

  @Test func `each step has its time and its limit`() throws {
    let (session, benchmark) = try benchmark()
    let report = try benchmark.measure(.init(runs: 3), timesSteps: true)
    #expect(report.steps.map(\.name) == session.plan.steps.map(\.name))
    #expect(report.steps.allSatisfy { $0.timing?.sorted.count == 3 && $0.limit.milliseconds > 0 })
    let plot = RooflinePlot(report, title: "a < b").svg
    #expect(plot.hasPrefix("<svg ") && plot.hasSuffix("</svg>\n"))
    #expect(plot.contains("a &lt; b") && plot.contains("<circle"))
  }

  @Test func `a batch that no memory holds is refused`() throws {
    #expect(throws: NetworkError.self) {
      _ = try BenchmarkInput.shapes(of: network(), batch: .max / 2)
    }
  }
}

@Suite struct RooflineTests {
  private func source(_ name: String, _ capacity: Int?, _ gigabytes: Double) -> Roofline.Source {
    .init(place: .init(name: name, byteCount: 1024, capacity: capacity), gigabytes: gigabytes)
  }

  @Test func `the longer of arithmetic and reading is the limit`() {
    let roofline = Roofline(
      gigaflops: 100,
      sources: [source("L1", 1000, 200), source("L2", 10_000, 50), source("memory", nil, 10)])
    func limit(_ products: Int, _ weights: Int, _ values: Int, _ all: Int) -> Roofline.Limit {
      roofline.limit(
        multiplyAccumulates: products, weightByteCount: weights, valueByteCount: values,
        networkByteCount: all)
    }
    let compute = limit(1_000_000, 100, 100, 1000)
    #expect(compute.bound == .compute && abs(compute.milliseconds - 0.02) < 1e-9)
    let memory = limit(0, 1_000_000, 100, 1_000_000)
    #expect(memory.bound == .reading("memory") && abs(memory.milliseconds - 0.1) < 1e-5)
    let cached = limit(0, 0, 5000, 1_000_000)
    #expect(cached.bound == .reading("L2") && abs(cached.milliseconds - 1e-4) < 1e-12)
  }
}

@Suite struct MachineProbeTests {
  private let caches = [
    CacheLevel(level: 1, byteCount: 32 << 10, sharerCount: 1),
    CacheLevel(level: 3, byteCount: 32 << 20, sharerCount: 4),
  ]

  @Test func `threads share what their processors share`() {
    let places = MachineProbe.places(caches, threadCount: 2)
    #expect(places.map(\.name) == ["L1", "L3", "memory"])
    #expect(places.map(\.byteCount) == [8 << 10, 4 << 20, 64 << 20])
    #expect(places.map(\.capacity) == [64 << 10, 32 << 20, nil])
  }

  @Test func `a machine that does not tell its caches has memory`() {
    let places = MachineProbe.places([], threadCount: 3)
    #expect(places.count == 1 && places[0].byteCount % 1024 == 0)
  }
}

@Suite struct KernelBenchmarkTests {
  @Test func `a layer is timed by every variant`() throws {
    let layer = try #require(KernelCase.all().last)
    let variants = KernelBenchmark.variants(ExecutionOptions(), withOpenBLAS: false)
    let results = try KernelBenchmark.measure(layer, variants, rounds: 3)
    #expect(results.map(\.variant.name) == [InstructionSet.best.rawValue, "strict", "scalar"])
    #expect(results.map(\.timing.sorted.count) == [3, 3, 2])
    #expect(results.allSatisfy { $0.multiplyAccumulates == 64 * 64 * 64 * 9 })
  }
}

@Suite struct MachineTests {
  @Test func `a machine knows what it has`() {
    let machine = Machine.current()
    #expect(machine.processorCount >= 1 && machine.availableProcessorCount >= 1)
    #expect(machine.instructionSets.first == .scalar)
  }

  @Test func `limits of one thread`() throws {
    let report = try MachineReport.measure(threadCount: 1, rounds: 2)
    #expect(report.arithmetic.allSatisfy { $0.gigaflops > 0 && $0.subnormalGigaflops > 0 })
    #expect(report.sources.last?.place.name == "memory")
  }
}
