internal import ModelGraph
public import TensorCore

/// Noise of the size of rounding, added to every layer's output: what an engine of some arithmetic
/// may do to a value is measured with it instead of being propagated through bounds.
///
/// A sum of `d` terms in float32 is off by about `0.4 · √d · u` times the size of its result, with
/// `u = 2⁻²⁴`; that is the standard deviation added, relative to the rms of the channel, because
/// an element that happens to cancel is off by as much as its neighbours.
public struct Perturbation: Sendable {
  /// Whose rounding the noise imitates.
  public enum Arithmetic: Hashable, Sendable {
    /// float32, every sum taken term by term.
    case direct
    /// float32, the convolutions that allow it by Winograd's F(6×6, 3×3): `WinogradRounding`.
    case winograd
    /// float16 or bfloat16: weights and results rounded to it, sums in float32.
    ///
    /// A rounding is off by up to `u = 2⁻¹¹` or `2⁻⁸`, at the worst evenly: by `u / √3` in the
    /// mean. Two of them, the weight's and the result's, make `√(2/3) · u`. An input is rounded
    /// too.
    case half(ElementType)
  }

  /// The unit roundoff of float32.
  public static let unitRoundoff = ElementType.float32.unitRoundoff

  /// Runs with different seeds are independent; equal seeds give equal bits.
  public let seed: UInt64
  /// Whose rounding it is.
  public let arithmetic: Arithmetic

  /// Noise that follows from a seed.
  public init(seed: UInt64, arithmetic: Arithmetic = .direct) {
    self.seed = seed
    self.arithmetic = arithmetic
  }

  /// What a layer made of its inputs, with noise; unchanged where it does not round.
  func perturbed(
    _ value: OracleValue, of layer: Layer, inputs: [OracleValue], stream: Int
  ) -> OracleValue {
    let relative = relativeDeviation(layer, inputs: inputs.map(\.shape))
    guard relative > 0, value.shape.rank > 0, value.shape.elementCount > 0 else { return value }
    let winograd =
      arithmetic == .winograd
      ? WinogradRounding(of: layer, input: inputs[0], output: value.shape) : nil
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
        let size = winograd.map { max($0.deviation(channel, index), deviation) } ?? deviation
        output.initializeElement(at: index, to: element.isFinite ? element + size * noise : element)
      }
    }
  }

  /// The standard deviation of the noise relative to the rms of a channel; 0 for none.
  private func relativeDeviation(_ layer: Layer, inputs: [Shape]) -> Double {
    if case .half(let type) = arithmetic, case .input = layer {
      return type.unitRoundoff / 3.0.squareRoot()
    }
    let additionChain = layer.additionChain(inputs: inputs)
    guard additionChain > 0 else { return 0 }
    return switch arithmetic {
    case .direct, .winograd: 0.4 * Double(additionChain).squareRoot() * Perturbation.unitRoundoff
    case .half(let type): (2.0 / 3).squareRoot() * type.unitRoundoff
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
