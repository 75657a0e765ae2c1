import TensorCore
import Testing
import Verification

@Suite struct DeviationTests {
  @Test func `each measure is what its name says`() {
    let deviation = Deviation(found: [1.0, 2, 3.5], expected: [1.0, 2, 4])
    #expect(deviation.maximum == 0.5)
    #expect(deviation.relativeMaximum == 0.125)
    #expect(abs(deviation.relativeL2 - 0.5 / 21.0.squareRoot()) < 1e-15)
    #expect(abs(deviation.rootMeanSquare - 0.5 / 3.0.squareRoot()) < 1e-15)
    #expect(deviation.cosine > 0.99 && deviation.cosine < 1)
  }

  @Test func `equal numbers deviate by nothing, NaN and infinity included`() {
    let numbers = [Double.nan, .infinity, -.infinity, 0]
    let deviation = Deviation(found: numbers, expected: numbers)
    #expect(deviation.maximum == 0 && deviation.relativeL2 == 0 && deviation.cosine == 1)
  }

  @Test(arguments: [
    (Double.nan, 1.0), (1.0, Double.nan), (.infinity, 1.0), (.infinity, -.infinity),
  ])
  func `a number on one side only is infinitely far`(_ found: Double, _ expected: Double) {
    #expect(Deviation(found: [found], expected: [expected]).maximum == .infinity)
  }

  @Test func `a wrong channel that the cosine hides shows in the maximum`() {
    var wrong = (0..<100_000).map { Double($0 % 17) }
    let right = wrong
    wrong[5] = -5
    let deviation = Deviation(found: wrong, expected: right)
    #expect(deviation.cosine > 0.9999)
    #expect(deviation.maximum == 10)
  }

  @Test func `a NaN is named with its place, and there is no cosine then`() {
    let deviation = Deviation(found: [1, .nan, 3, .infinity], expected: [1, 2, 3.5, 4])
    #expect(deviation.unlikeCount == 2 && deviation.cosine.isNaN)
    #expect(deviation.worst?.index == 1 && deviation.worst?.expected == 2)
    #expect(deviation.worst?.found.isNaN == true)
  }

  @Test func `the worst element is the first of the largest error`() {
    let deviation = Deviation(found: [1.0, 5, 3, 1], expected: [1, 2, 3, 4])
    #expect(deviation.worst?.index == 1 && deviation.worst?.found == 5)
    #expect(Deviation(found: [1.0], expected: [1]).worst == nil)
  }

  @Test(
    arguments: [
      (.float16, 1.0, 1 + 0x1p-11, 0), (.float16, 1, 1 + 0x1p-10, 0x1p-11),
      (.bfloat16, 1, 1 + 0x1p-8, 0), (.bfloat16, 1, 1 + 0x1p-7, 0x1p-8),
      (.float16, 0, 0x1p-25, 0), (.float32, 1, 1 + 0x1p-11, 0x1p-11),
      (.float16, .infinity, 65520, 0), (.float16, .infinity, 1000, .infinity),
      (.float16, .infinity, -65520, .infinity), (.float32, .infinity, 1e39, 0),
      (.float64, .infinity, 1e39, .infinity), (.float16, 2, .infinity, .infinity),
    ] as [(ElementType, Double, Double, Double)])
  func `half precision excuses half a step, and every type what is beyond its largest number`(
    _ type: ElementType, _ expected: Double, _ found: Double, _ excess: Double
  ) {
    let deviation = Deviation(found: [found], expected: [expected], storedAs: type)
    #expect(deviation.excess == excess)
  }
}
