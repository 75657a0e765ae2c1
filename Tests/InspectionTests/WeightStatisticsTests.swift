import Inspection
import TensorCore
import Testing

@Suite struct WeightStatisticsTests {
  @Test func `every kind of number is counted once`() {
    let tensor = Tensor(
      [8], [Float.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, 2, -4])
    let statistics = WeightStatistics(of: [tensor])
    #expect(statistics.count == 8)
    #expect(statistics.nanCount == 1)
    #expect(statistics.infiniteCount == 2)
    #expect(statistics.zeroCount == 2)
    #expect(statistics.subnormalCount == 1)
    #expect(statistics.minimum == -4 && statistics.maximum == 2)
  }

  @Test func `the deviation survives a mean that dwarfs it`() {
    let numbers = (0..<1000).map { 1e9 + Double($0 % 2) }
    let statistics = WeightStatistics(of: [Tensor([1000], numbers)])
    #expect(abs(statistics.standardDeviation - 0.5) < 1e-6)
    #expect(abs(statistics.mean - 1e9 - 0.5) < 1e-6)
  }

  @Test func `several tensors count as one, none as nothing`() {
    let statistics = WeightStatistics(of: [Tensor([2], [1.0, 3.0]), Tensor([1], [5.0])])
    #expect(statistics.mean == 3 && statistics.count == 3)
    #expect(WeightStatistics(of: []).count == 0)
  }
}
