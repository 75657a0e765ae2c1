#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// `exp(x − max) / Σ exp(x − max)`
func softmax(_ logits: [Double]) -> [Double] {
  let largest = logits.max() ?? 0
  let powers = logits.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}

extension Double {
  /// `ln x`
  var naturalLogarithm: Double { log(self) }
}
