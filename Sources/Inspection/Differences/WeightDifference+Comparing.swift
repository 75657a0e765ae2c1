internal import TensorCore

extension WeightDifference {
  /// Four steps of float32: what a conversion through a root or a quotient may be off.
  static let tolerance = 0x1p-22

  /// Measures the distance of numbers in the same order, and says how they are related.
  mutating func compare(_ a: WeightRows, _ b: WeightRows) {
    precondition(a.elements.count == b.elements.count, "numbers to compare are as many")
    measure(a.elements, b.elements)
    relation = Self.relation(of: a, b, relativeL2: relativeL2)
  }

  private mutating func measure(_ a: [Double], _ b: [Double]) {
    var (distance, energy, otherEnergy, product) = (0.0, 0.0, 0.0, 0.0)
    maximum = 0
    place = nil
    for index in a.indices {
      let (x, y) = (a[index], b[index])
      energy += x * x
      otherEnergy += y * y
      product += x * y
      guard x != y, !(x.isNaN && y.isNaN) else { continue }
      let difference = abs(x - y)
      distance += difference * difference
      if difference > maximum || difference.isNaN && !maximum.isNaN {
        maximum = difference
        place = index
      }
    }
    relativeL2 = distance == 0 ? 0 : (distance / energy).squareRoot()
    let norms = (energy * otherEnergy).squareRoot()
    cosine = norms > 0 ? min(max(product / norms, -1), 1) : nil
  }

  private static func relation(of a: WeightRows, _ b: WeightRows, relativeL2: Double)
    -> WeightRelation
  {
    let pairs = zip(a.elements, b.elements)
    if pairs.allSatisfy({ $0 == $1 || $0.isNaN && $1.isNaN }) { return .equivalent }
    if pairs.allSatisfy({ abs($0 - $1) <= tolerance * max(abs($0), abs($1)) }) {
      return .equivalent
    }
    for format in RoundingFormat.allCases {
      if pairs.allSatisfy({ format.rounded($0) == $1 }) {
        return .rounded(to: format.rawValue, inSecond: true)
      }
      if pairs.allSatisfy({ $0 == format.rounded($1) }) {
        return .rounded(to: format.rawValue, inSecond: false)
      }
    }
    return zeroing(a, b, inSecond: true) ?? zeroing(b, a, inSecond: false) ?? scaling(a, b)
      ?? partial(a, b) ?? scalingByChannel(a, b) ?? .different
  }

  /// Whether numbers are zero in the second and the same elsewhere.
  private static func zeroing(_ a: WeightRows, _ b: WeightRows, inSecond: Bool) -> WeightRelation? {
    guard zip(a.elements, b.elements).allSatisfy({ $0 == $1 || $1 == 0 }) else { return nil }
    let count = zip(a.elements, b.elements).count { $0 != $1 }
    // Where nothing is left it was not pruned.
    guard b.elements.contains(where: { $0 != 0 }) || a.rowCount == 1 else { return nil }
    let channels = (0..<a.rowCount).filter { row in
      b.row(row).allSatisfy { $0 == 0 } && a.row(row).contains { $0 != 0 }
    }
    return .zeroed(
      channels: channels, share: Double(count) / Double(max(a.elements.count, 1)),
      inSecond: inSecond)
  }

  private static func factor(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double? {
    let energy = a.reduce(0) { $0 + $1 * $1 }
    guard energy > 0, energy.isFinite else { return nil }
    let factor = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / energy
    guard factor.isFinite, factor != 0 else { return nil }
    let fits = zip(a, b).allSatisfy { abs($1 - factor * $0) <= 1e-6 * max(abs($1), 1e-30) }
    return fits ? factor : nil
  }

  /// Whether the second is the first times one factor; a single number always would be.
  private static func scaling(_ a: WeightRows, _ b: WeightRows) -> WeightRelation? {
    guard a.elements.count > 1 else { return nil }
    return factor(a.elements[...], b.elements[...]).map { .scaled(by: $0) }
  }

  private static func scalingByChannel(_ a: WeightRows, _ b: WeightRows) -> WeightRelation? {
    guard a.rowLength > 1 else { return nil }
    let isScaled = (0..<a.rowCount).allSatisfy { index in
      let (x, y) = (a.row(index), b.row(index))
      return factor(x, y) != nil || x.allSatisfy({ $0 == 0 }) && y.allSatisfy({ $0 == 0 })
    }
    return isScaled ? .scaledByChannel : nil
  }

  /// Whether only some rows differ.
  private static func partial(_ a: WeightRows, _ b: WeightRows) -> WeightRelation? {
    guard a.rowCount > 1 else { return nil }
    let changed = (0..<a.rowCount).filter { !a.isRow($0, sameAs: $0, of: b) }
    return 2 * changed.count <= a.rowCount ? .partly(channels: changed) : nil
  }
}

/// Number types with fewer digits than float32.
private enum RoundingFormat: String, CaseIterable {
  case float16, bfloat16

  /// Digits of the significand, with the one that is not stored.
  private var precision: Int { self == .float16 ? 11 : 8 }
  /// The exponent of the smallest normal number.
  private var leastExponent: Int { self == .float16 ? -14 : -126 }
  private var largest: Double { self == .float16 ? 65_504 : 0x1.fep127 }

  /// The nearest number of the type, ties to even.
  func rounded(_ number: Double) -> Double {
    guard number.isFinite, number != 0 else { return number }
    let exponent = max(Int(number.exponent), leastExponent)
    let unit = Double(sign: .plus, exponent: exponent - precision + 1, significand: 1)
    let rounded = (number / unit).rounded(.toNearestOrEven) * unit
    return abs(rounded) > largest ? (number < 0 ? -.infinity : .infinity) : rounded
  }
}
