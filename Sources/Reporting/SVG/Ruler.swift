internal import Files

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Where the numbers of an axis stand in a picture, and which of them are written there.
struct Ruler {
  /// A number that is written, and how.
  struct Tick {
    var value: Double
    var text: String
  }

  /// Whether equal distances are equal ratios.
  let isLogarithmic: Bool
  /// The first and the last number.
  let range: ClosedRange<Double>
  /// Where they stand.
  let begin: Double
  let end: Double
  /// What is written.
  let ticks: [Tick]

  /// A ruler for some numbers; what it cannot show is left out.
  ///
  /// - Parameter isWhole: whether the range grows to the next numbers that are written.
  init(
    _ values: [Double], axis: Report.Figure.Axis, begin: Double, end: Double, isWhole: Bool
  ) {
    isLogarithmic = axis.isLogarithmic
    self.begin = begin
    self.end = end
    // Beyond these the arithmetic of the axis itself has no numbers.
    let shown = values.filter {
      $0.magnitude < 1e300 && (!axis.isLogarithmic || $0 > 1e-300)
    }
    let low = shown.min() ?? (axis.isLogarithmic ? 1 : 0)
    let high = shown.max() ?? low
    if axis.isLogarithmic {
      let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
      range = Self.decades(decades, low, high)
      ticks = Self.logarithmicTicks(range)
    } else if !axis.names.isEmpty {
      range = min(low, 0) - 0.5...max(high, Double(axis.names.count - 1)) + 0.5
      ticks = Self.nameTicks(axis.names, length: (end - begin).magnitude)
    } else {
      // Numbers that differ by less than a Double can tell make no picture.
      let spread = max(high - low, max(low.magnitude, high.magnitude, 1e-300) * 1e-9)
      let step = Self.step(spread / 6)
      range =
        isWhole
        ? (low / step).rounded(.down) * step...max((high / step).rounded(.up) * step, low + step)
        : low...max(high, low + spread)
      ticks = Self.linearTicks(range, step)
    }
  }

  /// Where a number stands; nil for one that is not on the ruler.
  func position(_ value: Double) -> Double? {
    guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
    let part =
      isLogarithmic
      ? (log10(value) - log10(range.lowerBound))
        / (log10(range.upperBound) - log10(range.lowerBound))
      : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    // A hair outside is rounding.
    return (-1e-6...1.000001).contains(part) ? begin + (end - begin) * part : nil
  }

  /// Whole decades, or 1, 2 and 5 of one where there is no more.
  private static func decades(
    _ decades: ClosedRange<Int>, _ low: Double, _ high: Double
  ) -> ClosedRange<Double> {
    guard decades.count <= 2 else {
      return pow(10, Double(decades.lowerBound))...pow(10, Double(decades.upperBound))
    }
    let unit = pow(10, Double(decades.lowerBound))
    let marks = [1.0, 2, 5, 10, 20, 50].map { $0 * unit }
    let first = marks.last { $0 <= low } ?? unit
    return first...(marks.first { $0 >= high && $0 > first } ?? first * 10)
  }

  private static func logarithmicTicks(_ range: ClosedRange<Double>) -> [Tick] {
    let first = Int(log10(range.lowerBound).rounded(.down))
    let last = Int(log10(range.upperBound).rounded(.up))
    let parts: [Double] = last - first < 4 ? [1, 2, 5] : [1]
    var ticks: [Tick] = []
    for exponent in stride(from: first, through: last, by: max(1, (last - first) / 9)) {
      for part in parts {
        let value: Double = part * pow(10, Double(exponent))
        let isInside = value >= range.lowerBound * 0.999 && value <= range.upperBound * 1.001
        if isInside { ticks.append(Tick(value: value, text: text(value))) }
      }
    }
    return ticks
  }

  private static func linearTicks(_ range: ClosedRange<Double>, _ step: Double) -> [Tick] {
    let first = Int((range.lowerBound / step).rounded(.up))
    let digits = max(0, -Int(log10(step).rounded(.down)))
    var ticks: [Tick] = []
    for index in first...first + 12 {
      let value = Double(index) * step
      guard value <= range.upperBound + step * 1e-6 else { break }
      let isPlain = digits <= 6 && value.magnitude < 1e7
      ticks.append(Tick(value: value, text: isPlain ? value.fixed(digits) : text(value)))
    }
    return ticks
  }

  /// Names, as many as have room.
  private static func nameTicks(_ names: [String], length: Double) -> [Tick] {
    let stride = max(1, Int((Double(names.count) * 14 / length).rounded(.up)))
    return names.indices.filter { $0 % stride == 0 }.map { index in
      Tick(value: Double(index), text: names[index].printable(limit: 60).shortened(to: 20))
    }
  }

  /// 1, 2 or 5 times a power of ten, at least as much as was asked for.
  private static func step(_ least: Double) -> Double {
    let power = pow(10, log10(least).rounded(.down))
    return ([1, 2, 5].first { $0 * power >= least } ?? 10) * power
  }

  /// `0.002`, `500`, `1e7`.
  private static func text(_ value: Double) -> String {
    if value == 0 { return "0" }
    let exponent = Int(log10(value.magnitude).rounded(.down))
    if (0..<7).contains(exponent) { return value.fixed(value.rounded() == value ? 0 : 1) }
    if (-4..<0).contains(exponent) { return value.fixed(-exponent) }
    return "\((value / pow(10, Double(exponent))).fixed(0))e\(exponent)"
  }
}
