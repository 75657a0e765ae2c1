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
}
