internal import Reference

/// How far a run with noise is from the exact one: the part of `Deviation` that the scale of
/// rounding needs, for a hundred million elements.
///
/// Many threads, each with a block of elements; the sums of the blocks are added in their order, so
/// that the result depends on no thread.
struct RoundingDeviation {
  /// The largest `|found − expected|`.
  let maximum: Double
  /// The root of the mean square of `found − expected`.
  let rootMeanSquare: Double

  private static let block = 1 << 14

  /// Compares two runs of numbers of one length; a NaN on one side only is an infinite deviation.
  init(found: [Double], expected: [Double]) {
    precondition(found.count == expected.count)
    let count = found.count
    let blocks = (count + Self.block - 1) / Self.block
    var parts = [(maximum: Double, energy: Double)](repeating: (0, 0), count: blocks)
    parts.withUnsafeMutableBufferPointer { parts in
      // SAFETY: each block writes its own element.
      nonisolated(unsafe) let parts = parts
      Threads.perform(blocks) { index in
        let range = index * Self.block..<min((index + 1) * Self.block, count)
        parts[index] = Self.part(found, expected, range)
      }
    }
    maximum = parts.reduce(0) { max($0, $1.maximum) }
    let energy = parts.reduce(0) { $0 + $1.energy }
    rootMeanSquare = (energy / Double(max(count, 1))).squareRoot()
  }

  private static func part(
    _ found: [Double], _ expected: [Double], _ range: Range<Int>
  ) -> (maximum: Double, energy: Double) {
    found.withUnsafeBufferPointer { found in
      expected.withUnsafeBufferPointer { expected in
        var (largest, energy) = (0.0, 0.0)
        for index in range {
          var error = abs(found[index] - expected[index])
          if error.isNaN {
            let (a, b) = (found[index], expected[index])
            error = a == b || a.isNaN && b.isNaN ? 0 : .infinity
          }
          largest = error > largest ? error : largest
          energy += error * error
        }
        return (largest, energy)
      }
    }
  }
}
