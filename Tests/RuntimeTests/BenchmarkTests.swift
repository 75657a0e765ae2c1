import Benchmarking
import ModelGraph
import Runtime
import TensorCore
import Testing

@Suite("ModelBenchmark")
struct BenchmarkTests {
  @Test func `a report has a line for each step and a speed for both`() throws {
    let plan = try ExecutionPlan(for: block(shape: [1, 16, 20, 20]))
    let report = try ModelBenchmark(plan, threadCount: 2)
      .run(rounds: 3, warmUpRounds: 1, product: try MatrixProductBenchmark(side: 64))
    #expect(report.steps.map(\.name) == plan.steps.map(\.name))
    #expect(report.threadCount == 2)
    #expect(report.multiplyAccumulates == 400 * (16 * 16 + 2 * 16 * 16 * 9))
    #expect(report.network.minimum > 0 && report.network.minimum <= report.network.median)
    #expect(report.gigaflops > 0 && report.productGigaflops > 0)
    #expect(report.efficiency == report.gigaflops / (2 * report.productGigaflops))
  }

  @Test func `a timing has the least and the middle`() {
    let timing = Timing([.milliseconds(5), .milliseconds(1), .milliseconds(3)])
    #expect(timing.minimum == 1 && timing.median == 3)
    #expect(timing.gigaflops(multiplyAccumulates: 500_000) == 1)
  }
}
