/// The normal distribution from sums, products and quotients alone, which every machine rounds alike;
/// the functions of C libraries differ in their last bits.
enum NormalDistribution {
  /// `exp(−x² / 2) / sqrt(2π)`.
  static func density(_ x: Double) -> Double {
    // The series of exp for a 64th of the exponent, to the 64th power.
    let t = -min(x * x / 2, 700) / 64
    var (sum, term) = (1.0, 1.0)
    for n in 1...30 {
      term *= t / Double(n)
      sum += term
    }
    for _ in 0..<6 { sum *= sum }
    return sum * 0.398_942_280_401_432_7
  }

  /// The share of numbers below `x`: `1/2 + φ(x) · Σ x^(2n+1) / (2n + 1)!!`.
  static func share(below x: Double) -> Double {
    guard abs(x) < 8 else { return x < 0 ? 0 : 1 }
    var (sum, term) = (x, x)
    var n = 3.0
    while abs(term) > 1e-17 * abs(sum) {
      term *= x * x / n
      sum += term
      n += 2
    }
    return 0.5 + density(x) * sum
  }
}
