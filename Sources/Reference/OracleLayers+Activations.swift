internal import ModelGraph

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension OracleLayers {
  /// A function of each element, as its formula stands.
  static func activation(_ function: Layer.Activation, _ x: OracleValue) -> OracleValue {
    switch function {
    case .relu(let layer):
      let maximum = layer.maximum ?? .infinity
      return map(x) { min($0 > 0 ? $0 : $0 * layer.negativeSlope, maximum) }
    case .clip(let minimum, let maximum): return map(x) { clipped($0, minimum, maximum) }
    case .elu(let layer): return map(x) { $0 > 0 ? $0 : layer.alpha * expm1($0) }
    case .selu(let alpha, let gamma):
      return map(x) { gamma * ($0 > 0 ? $0 : alpha * expm1($0)) }
    case .celu(let alpha): return map(x) { $0 > 0 ? $0 : alpha * expm1($0 / alpha) }
    case .sigmoid: return map(x) { 1 / (1 + exp(-$0)) }
    case .hardSigmoid(let slope, let offset):
      return map(x) { clipped(slope * $0 + offset, 0, 1) }
    case .tanh: return map(x, tanh)
    case .silu: return map(x) { $0 / (1 + exp(-$0)) }
    case .hardSwish: return map(x) { $0 * clipped($0 / 6 + 0.5, 0, 1) }
    case .gelu: return map(x) { $0 / 2 * erfc(-$0 / 2.0.squareRoot()) }
    case .geluTanh:
      let factor = (2 / Double.pi).squareRoot()
      return map(x) { $0 / 2 * (1 + tanh(factor * ($0 + 0.044715 * $0 * $0 * $0))) }
    case .mish: return map(x) { $0 * tanh(softplus($0)) }
    case .softplus: return map(x, softplus)
    case .softsign: return map(x) { $0 / (1 + abs($0)) }
    case .absolute: return map(x) { abs($0) }
    case .exponential: return map(x) { exp($0) }
    case .logarithm: return map(x) { log($0) }
    case .errorFunction: return map(x) { erf($0) }
    case .power(let layer):
      return map(x) {
        let base = layer.shift + layer.scale * $0
        return layer.power == 1 ? base : pow(base, layer.power)  // the power 1 is exact
      }
    }
  }

  /// How strongly a function answers to a relative change of its argument, `1 + |x f'(x) / f(x)|` or
  /// more; nil where its result is measured by itself.
  static func amplification(
    _ function: Layer.Activation
  ) -> (@Sendable (_ x: Double, _ y: Double) -> Double)? {
    switch function {
    case .relu, .clip, .absolute: nil
    case .sigmoid, .tanh, .elu, .selu, .softsign, .exponential, .softplus, .errorFunction:
      { x, _ in 1 + abs(x) }
    case .celu(let alpha): { x, _ in 1 + abs(x / alpha) }
    case .silu, .gelu, .mish: { x, _ in 2 + x * x }
    case .geluTanh: { x, _ in 2 + x * x * (1 + x * x) }
    case .hardSwish: { x, y in 2 + (y == 0 ? 0 : abs(x * x / 6 / y)) }
    case .hardSigmoid(let slope, let offset):
      { x, y in 1 + (y == 0 ? 1 : (abs(slope * x) + abs(offset)) / y) }
    // d ln x = dx / x: an absolute error of one unit, however small the result.
    case .logarithm: { _, y in 1 + (y == 0 ? 1 : 1 / abs(y)) }
    case .power(let layer):
      { x, _ in
        let base = abs(layer.shift + layer.scale * x)
        let parts = abs(layer.shift) + abs(layer.scale * x)
        return 1 + abs(layer.power) * (base == 0 ? 1 : parts / base)
      }
    }
  }

  /// NaN passes both comparisons.
  private static func clipped(_ x: Double, _ minimum: Double, _ maximum: Double) -> Double {
    x < minimum ? minimum : x > maximum ? maximum : x
  }

  private static func softplus(_ x: Double) -> Double {
    x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
  }
}
