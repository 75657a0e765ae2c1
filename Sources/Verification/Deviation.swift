public import TensorCore

/// How far a value is from what it should be.
public struct Deviation: Sendable, Equatable {
  /// One element on both sides.
  public struct Element: Sendable, Equatable {
    /// Where it is, row-major.
    public var index: Int
    /// What the value holds.
    public var found: Double
    /// What it should hold.
    public var expected: Double
  }

  /// The largest `|found − expected|`; infinite for a NaN or an infinity on one side only.
  public var maximum: Double
  /// The largest `|found − expected|` beyond what storing `expected` in its type may have done.
  public var excess: Double
  /// The largest `|found − expected|`, divided by the largest `|expected|`.
  public var relativeMaximum: Double
  /// `‖found − expected‖ / ‖expected‖`.
  public var relativeL2: Double
  /// The cosine of the angle between both; said, never judged by: it hides a wrong channel. NaN
  /// where an element has no number on one side.
  public var cosine: Double
  /// The root of the mean square of `found − expected`.
  public var rootMeanSquare: Double
  /// The first element of the largest excess; the first with a NaN or an infinity on one side only
  /// where there is one; nil where there is no excess.
  public var worst: Element?
  /// How many elements hold a NaN or an infinity on one side only.
  public var unlikeCount: Int

  /// Compares two runs of numbers of one length.
  ///
  /// - Parameter type: what `expected` was stored in. Half precision excuses each element by half
  ///   of its own step. In every type a number beyond the largest is infinite.
  public init(
    found: some Collection<Double>, expected: some Collection<Double>,
    storedAs type: ElementType = .float64
  ) {
    var (largest, largestExcess, reference) = (0.0, 0.0, 0.0)
    var (errorEnergy, foundEnergy, expectedEnergy, product) = (0.0, 0.0, 0.0, 0.0)
    var worst: Element?
    var unlike = 0
    let limit = type.greatestFiniteMagnitude
    let isHalf = type.byteCount < 4
    let relativeStep = isHalf ? type.unitRoundoff : 0
    let leastStep = isHalf ? type.leastNonzeroMagnitude / 2 : 0
    for (index, (a, b)) in zip(found, expected).enumerated() {
      let overflowed = b.isInfinite && abs(a) >= limit && (a < 0) == (b < 0)
      let same = a == b || a.isNaN && b.isNaN || overflowed
      let error = same ? 0 : (a - b).isNaN ? .infinity : abs(a - b)
      let excess =
        error.isFinite ? max(error - max(relativeStep * abs(b), leastStep), 0) : .infinity
      if error == .infinity { unlike += 1 }
      if excess > largestExcess {
        largestExcess = excess
        worst = Element(index: index, found: a, expected: b)
      }
      largest = max(largest, error)
      errorEnergy += error * error
      guard a.isFinite, b.isFinite else { continue }
      reference = max(reference, abs(b))
      foundEnergy += a * a
      expectedEnergy += b * b
      product += a * b
    }
    func ratio(_ a: Double, _ b: Double) -> Double { a == 0 ? 0 : a / b }
    maximum = largest
    excess = largestExcess
    relativeMaximum = ratio(largest, reference)
    relativeL2 = ratio(errorEnergy.squareRoot(), expectedEnergy.squareRoot())
    let norms = (foundEnergy * expectedEnergy).squareRoot()
    cosine =
      unlike > 0
      ? .nan : norms == 0 ? (foundEnergy == expectedEnergy ? 1 : 0) : product / norms
    rootMeanSquare = (errorEnergy / Double(Swift.max(found.count, 1))).squareRoot()
    self.worst = worst
    unlikeCount = unlike
  }
}
