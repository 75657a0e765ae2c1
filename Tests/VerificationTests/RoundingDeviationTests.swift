import TestSupport
import Testing

@testable import Verification

@Suite struct RoundingDeviationTests {
  @Test(arguments: [0, 1, 5, 1 << 14, 3 << 14, 50_000])
  func `is what a deviation says`(_ count: Int) {
    var random = SeededGenerator(seed: 2)
    let expected = (0..<count).map { _ in Double.random(in: -4...4, using: &random) }
    let found = expected.map { $0 + Double.random(in: -1...1, using: &random) }
    let (blocks, whole) = (
      RoundingDeviation(found: found, expected: expected),
      Deviation(found: found, expected: expected)
    )
    #expect(blocks.maximum == whole.maximum)
    #expect(abs(blocks.rootMeanSquare - whole.rootMeanSquare) <= 1e-12)
  }

  static let special: [(found: Double, expected: Double, maximum: Double)] = [
    (.nan, .nan, 0), (.infinity, .infinity, 0), (.nan, 1, .infinity), (1, .nan, .infinity),
    (.infinity, -.infinity, .infinity), (.infinity, 1, .infinity), (0, -0.0, 0),
  ]

  @Test(arguments: special)
  func `what is not finite agrees with itself only`(
    _ row: (found: Double, expected: Double, maximum: Double)
  ) {
    let deviation = RoundingDeviation(found: [row.found], expected: [row.expected])
    #expect(deviation.maximum == row.maximum)
    #expect(deviation.rootMeanSquare == row.maximum)
  }
}
