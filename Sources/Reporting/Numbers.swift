#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension Double {
  /// Three significant digits: `1.23e-07`, `0.125`, `12.3`; the tools never use the locale's comma.
  public var short: String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    if self == 0 { return "0" }
    let exponent = Int(log10(magnitude).rounded(.down))
    guard (-3...5).contains(exponent) else { return scientific(exponent) }
    return fixed(max(0, 2 - exponent))
  }

  /// So many digits after the point.
  public func fixed(_ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (magnitude * scale).rounded()
    guard scaled < 0x1p53 else { return "\(self)" }
    let text = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    let sign = self < 0 && scaled > 0 ? "-" : ""
    return sign + padded.dropLast(digits) + (digits > 0 ? "." + padded.suffix(digits) : "")
  }

  private func scientific(_ exponent: Int) -> String {
    let mantissa = self / pow(10, Double(exponent))
    // 9.999 rounds up to 10.00.
    guard mantissa.magnitude < 9.995 else { return "\(self < 0 ? "-" : "")1.00e\(exponent + 1)" }
    return "\(mantissa.fixed(2))e\(exponent)"
  }
}

extension Int {
  /// Groups of three digits: `25,557,032`.
  public var grouped: String {
    var text = String(magnitude)
    var groups: [Substring] = []
    while text.count > 3 {
      groups.insert(text.suffix(3), at: 0)
      text = String(text.dropLast(3))
    }
    return (self < 0 ? "-" : "") + ([Substring(text)] + groups).joined(separator: ",")
  }
}
