internal import TensorCore

/// Noise of the size of float32's rounding, added to every layer's output: what a float32 run of
/// the network may do to a value is measured with it instead of being propagated through bounds.
///
/// A sum of `d` terms in float32 is off by about `0.4 · √d · u` times the size of its result, with
/// `u = 2⁻²⁴`; that is the standard deviation added, relative to the rms of the channel, because
/// an element that happens to cancel is off by as much as its neighbours.
public struct Perturbation: Sendable {
  /// The unit roundoff of float32.
  public static let unitRoundoff = 0x1p-24

  /// Runs with different seeds are independent; equal seeds give equal bits.
  public let seed: UInt64

  /// Noise that follows from a seed.
  public init(seed: UInt64) { self.seed = seed }

  /// The value with noise; unchanged where the layer does not round (`additionChain` 0).
  func perturbed(_ value: OracleValue, additionChain: Int, stream: Int) -> OracleValue {
    guard additionChain > 0, value.shape.rank > 0, value.shape.elementCount > 0 else {
      return value
    }
    let relative = 0.4 * Double(additionChain).squareRoot() * Perturbation.unitRoundoff
    let shape = value.shape
    // A channel of an image; the row of a matrix.
    let channels = shape.rank > 2 ? shape.elementCount(before: 2) : shape.elementCount(before: 1)
    return OracleLayers.make(shape, parts: channels) { output, channel in
      let first = channel * output.count
      let exact = value.elements[first..<first + output.count]
      // An infinite or missing number is exact, and says nothing about its neighbours.
      let energy = exact.reduce(0) { $0 + ($1.isFinite ? $1 * $1 : 0) }
      let deviation = relative * (energy / Double(output.count)).squareRoot()
      for index in output.indices {
        let noise = noise(stream: UInt64(stream), index: UInt64(first + index))
        let element = value.elements[first + index]
        output.initializeElement(
          at: index, to: element.isFinite ? element + deviation * noise : element)
      }
    }
  }

  /// A number of mean 0 and variance 1, uniform in ±√3: a hash of where it is used.
  private func noise(stream: UInt64, index: UInt64) -> Double {
    // The finalizer of splitmix64.
    var bits = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15 ^ stream << 40 ^ index
    bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
    bits ^= bits >> 31
    return (Double(bits >> 11) * 0x1p-53 - 0.5) * 12.0.squareRoot()
  }
}
