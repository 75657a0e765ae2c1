import Benchmarking
import Testing

@Suite struct TimingTests {
  @Test func `a timing has the least, the middle and what few exceed`() {
    let timing = Timing([.milliseconds(5), .milliseconds(1), .milliseconds(3)])
    #expect(timing.minimum == 1 && timing.median == 3)
    #expect(timing.percentile(90) == 5 && timing.percentile(50) == 3 && timing.percentile(1) == 1)
    #expect(timing.gigaflops(multiplyAccumulates: 500_000) == 1)
  }

  @Test func `percentiles are times that were measured`() {
    let timing = Timing(milliseconds: (1...100).reversed().map(Double.init))
    #expect(timing.percentile(90) == 90 && timing.percentile(99) == 99)
    #expect(timing.percentile(100) == 100 && timing.percentile(0) == 1)
  }

  @Test func `a middle far from the least is noise`() {
    #expect(!Timing(milliseconds: [10, 11, 11]).isNoisy)
    #expect(Timing(milliseconds: [10, 12, 12]).isNoisy)
  }
}

@Suite struct PairedRatioTests {
  @Test func `what slows both sides of a round changes nothing`() {
    let ratio = PairedRatio(first: [10, 20, 40, 10], second: [11, 22, 44, 11])
    #expect(abs(ratio.median - 1.1) < 1e-12)
    #expect(ratio.interval.upperBound - ratio.interval.lowerBound < 1e-12)
    #expect(ratio.exceeds(1.05) && !ratio.exceeds(1.15))
  }

  @Test func `noise widens the interval, and inside of it nothing is exceeded`() {
    let first = [Double](repeating: 10, count: 20)
    let second = (0..<20).map { 10 + Double($0 % 5) - 1.9 }
    let ratio = PairedRatio(first: first, second: second)
    #expect(ratio.interval.contains(ratio.median))
    #expect(ratio.interval.lowerBound < 1.01 && ratio.interval.upperBound > ratio.median)
    #expect(!ratio.exceeds(1.02))
    #expect(ratio == PairedRatio(first: first, second: second))
  }
}

@Suite struct CacheLevelTests {
  @Test func `this machine's caches grow from level to level`() {
    let caches = CacheLevel.all()
    for (inner, outer) in zip(caches, caches.dropFirst()) {
      #expect(inner.level < outer.level && inner.byteCount <= outer.byteCount)
    }
  }

  @Test func `where the system does not tell there are none`() {
    #expect(CacheLevel.all(in: "/nowhere").isEmpty)
  }
}
