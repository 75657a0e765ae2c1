#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A picture of the steps of a plan under the roofline: how much arithmetic for each byte, how fast.
///
/// Both axes are logarithmic. The roof is the arithmetic that the machine does at most, and what it
/// reads from each place; the area of a point is the step's part of the time.
public struct RooflinePlot {
  private let report: BenchmarkReport
  private let title: String

  /// A plot of a report that timed steps.
  public init(_ report: BenchmarkReport, title: String) {
    self.report = report
    self.title = title
  }

  private struct Point {
    let name: String
    let intensity: Double
    let gigaflops: Double
    let share: Double
  }

  /// The steps that compute.
  private var points: [Point] {
    let total = report.steps.reduce(0) { $0 + ($1.timing?.minimum ?? 0) }
    return report.steps.compactMap { step in
      guard let timing = step.timing, step.multiplyAccumulates > 0, step.intensity > 0 else {
        return nil
      }
      return Point(
        name: "\(step.name): \(step.kernelName)", intensity: step.intensity,
        gigaflops: timing.gigaflops(multiplyAccumulates: step.multiplyAccumulates),
        share: timing.minimum / total)
    }
  }

  /// A logarithmic axis over whole decades.
  private struct Axis {
    let decades: ClosedRange<Int>
    /// Where the axis begins and ends in the picture.
    let begin: Double
    let end: Double

    init(_ values: [Double], begin: Double, end: Double) {
      let low = values.min().map { Int(log10($0).rounded(.down)) } ?? 0
      let high = values.max().map { Int(log10($0).rounded(.up)) } ?? 1
      decades = low...max(high, low + 1)
      self.begin = begin
      self.end = end
    }

    /// The number that it begins with.
    var first: Double { pow(10, Double(decades.lowerBound)) }

    func position(_ value: Double) -> Double {
      let part = (log10(value) - Double(decades.lowerBound)) / Double(decades.count - 1)
      return begin + (end - begin) * part
    }
  }

  private static let width = 900.0
  private static let height = 560.0

  /// The picture as SVG.
  public var svg: String {
    let points = points
    let roofline = report.roofline
    let x = Axis(
      points.map(\.intensity) + roofline.sources.map { roofline.gigaflops / $0.gigabytes },
      begin: 70, end: Self.width - 20)
    let y = Axis(
      points.map(\.gigaflops) + [roofline.gigaflops], begin: Self.height - 50, end: 40)
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) "
        + "\(Int(Self.height))\" font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      text(Self.width / 2, 22, title, anchor: "middle", size: 14),
      text(Self.width / 2, Self.height - 12, "operations for each byte", anchor: "middle"),
      text(70, 36, "GFLOP/s", anchor: "end"),
    ]
    lines += grid(x, y) + roofs(x, y)
    lines += points.map { point in
      let radius = 3 + 40 * point.share.squareRoot()
      return "<circle cx=\"\(number(x.position(point.intensity)))\" "
        + "cy=\"\(number(y.position(point.gigaflops)))\" r=\"\(number(radius))\" "
        + "fill=\"#1f77b4\" fill-opacity=\"0.35\" stroke=\"#1f77b4\"><title>\(escaped(point.name)), "
        + "\(number(point.gigaflops)) GFLOP/s, \(number(100 * point.share)) % of the time"
        + "</title></circle>"
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private func grid(_ x: Axis, _ y: Axis) -> [String] {
    func power(_ exponent: Int) -> (value: Double, name: String) {
      var value = 1.0
      for _ in 0..<abs(exponent) { value *= 10 }
      return exponent < 0
        ? (1 / value, "0." + String(repeating: "0", count: -exponent - 1) + "1")
        : (value, "1" + String(repeating: "0", count: exponent))
    }
    let vertical = x.decades.flatMap { exponent in
      let (value, name) = power(exponent)
      let place = x.position(value)
      return [
        line(place, y.begin, place, y.end, "#dddddd"),
        text(place, y.begin + 16, name, anchor: "middle"),
      ]
    }
    let horizontal = y.decades.flatMap { exponent in
      let (value, name) = power(exponent)
      let place = y.position(value)
      return [
        line(x.begin, place, x.end, place, "#dddddd"),
        text(x.begin - 6, place + 4, name, anchor: "end"),
      ]
    }
    return vertical + horizontal
  }

  private func roofs(_ x: Axis, _ y: Axis) -> [String] {
    let roofline = report.roofline
    let top = y.position(roofline.gigaflops)
    var lines = [
      line(x.begin, top, x.end, top, "#d62728"),
      text(
        x.end, top - 5, "\(number(roofline.gigaflops)) GFLOP/s: arithmetic in registers",
        anchor: "end"),
    ]
    var lowestName = 0.0
    for source in roofline.sources {
      // Speed = intensity · bandwidth: on these axes a line of slope 1, up to the roof.
      let first = max(x.first, y.first / source.gigabytes)
      let ridge = roofline.gigaflops / source.gigabytes
      guard first < ridge else { continue }
      let start = (x: x.position(first), y: y.position(first * source.gigabytes))
      lines.append(line(start.x, start.y, x.position(ridge), top, "#d62728"))
      lowestName = max(start.y + 14, lowestName + 14)  // the names of near lines do not overlap
      lines.append(
        text(
          start.x + 4, lowestName, "\(source.place.name) \(number(source.gigabytes)) GB/s",
          anchor: "start"))
    }
    return lines
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String)
    -> String
  {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" "
      + "stroke=\"\(color)\"/>"
  }

  private func text(
    _ x: Double, _ y: Double, _ text: String, anchor: String, size: Int = 12
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\">"
      + "\(escaped(text))</text>"
  }

  /// One digit after the point.
  private func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case _ where scalar.value < 0x20: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
