/// How far a value is from what it should be.
public struct Deviation: Sendable, Equatable {
  /// The largest `|found − expected|`.
  public var maximum: Double
  /// The largest `|found − expected|`, divided by the largest `|expected|`.
  public var relativeMaximum: Double
  /// `‖found − expected‖ / ‖expected‖`.
  public var relativeL2: Double
  /// The cosine of the angle between both; said, never judged by: it hides a wrong channel.
  public var cosine: Double
  /// The root of the mean square of `found − expected`.
  public var rootMeanSquare: Double

  /// Compares two runs of numbers of one length; a NaN on one side only is an infinite deviation.
  public init(found: some Collection<Double>, expected: some Collection<Double>) {
    var (largest, reference) = (0.0, 0.0)
    var (errorEnergy, foundEnergy, expectedEnergy, product) = (0.0, 0.0, 0.0, 0.0)
    for (a, b) in zip(found, expected) {
      let same = a == b || a.isNaN && b.isNaN
      let error = same ? 0 : (a - b).isNaN ? .infinity : abs(a - b)
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
    relativeMaximum = ratio(largest, reference)
    relativeL2 = ratio(errorEnergy.squareRoot(), expectedEnergy.squareRoot())
    let norms = (foundEnergy * expectedEnergy).squareRoot()
    cosine = norms == 0 ? (foundEnergy == expectedEnergy ? 1 : 0) : product / norms
    rootMeanSquare = (errorEnergy / Double(Swift.max(found.count, 1))).squareRoot()
  }
}
