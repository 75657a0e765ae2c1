internal import Files
internal import JSON

extension Report.Value {
  /// The value for people.
  var words: String {
    switch self {
    case .absent: ""
    case .text(let text): text.printable()
    case .count(let count): count.grouped
    case .number(let number, let digits):
      if let digits, number.isFinite { number.fixed(digits) } else { number.short }
    case .share(let share, let digits):
      share.isFinite ? "\((100 * share).fixed(digits)) %" : share.short
    case .flag(let flag): flag ? "yes" : "no"
    case .extents(let extents): extents.map { "\($0)" }.joined(separator: "×")
    case .list(let values): Self.words(of: values)
    case .histogram(let counts): Self.sparkline(counts)
    }
  }

  /// A long list is its begin, its end and its length.
  private static func words(of values: [Self]) -> String {
    guard values.count > 8, let last = values.last else {
      return values.map(\.words).joined(separator: ", ")
    }
    let first = values.prefix(3).map(\.words).joined(separator: ", ")
    return "\(first), … \(last.words) (\(values.count.grouped))"
  }

  /// Bars as high as the counts; one that is not empty can be told from one that is.
  private static func sparkline(_ counts: [Int]) -> String {
    let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let highest = Double(max(counts.max() ?? 0, 1))
    return counts.map { count in
      count <= 0 ? bars[0] : bars[1 + Int((6 * Double(count) / highest).rounded())]
    }.joined()
  }

  /// The value for a field of CSV: numbers with all their digits, parts of one, no groups.
  var plainText: String {
    switch self {
    case .absent: ""
    case .text(let text): text.printable()
    case .count(let count): "\(count)"
    case .number(let number, _), .share(let number, _): number.plainText
    case .flag(let flag): "\(flag)"
    case .extents(let extents): extents.map { "\($0)" }.joined(separator: "x")
    case .list(let values): values.map(\.plainText).joined(separator: ";")
    case .histogram(let counts): counts.map { "\($0)" }.joined(separator: ";")
    }
  }

  /// The value in JSON.
  var json: JSON {
    switch self {
    case .absent: .null
    case .text(let text): .string(text)
    case .count(let count): .integer(count)
    case .number(let number, _), .share(let number, _): JSON(number: number)
    case .flag(let flag): .bool(flag)
    case .extents(let extents): .integers(extents)
    case .list(let values): .array(values.map(\.json))
    case .histogram(let counts): .integers(counts)
    }
  }
}

extension Double {
  /// The shortest digits that give the same number back, in the words of JSON where it is none.
  fileprivate var plainText: String {
    isFinite ? "\(self)" : isNaN ? "nan" : self > 0 ? "inf" : "-inf"
  }
}
