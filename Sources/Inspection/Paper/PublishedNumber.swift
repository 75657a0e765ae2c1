/// A number as somebody published it: with as many digits as they gave.
public struct PublishedNumber: Sendable, Equatable {
  /// How a computed number agrees with it.
  public enum Agreement: String, Sendable {
    /// It is the published one when rounded to its digits.
    case rounded
    /// It is the published one when its other digits are left out: 3.858 as 3.8.
    case truncated
    /// It is not.
    case no
  }

  /// The digits: `3.8`.
  public let text: String
  /// What it counts: 1, or 10⁶ or 10⁹ at once.
  public let unit: Int
  /// Where it stands.
  public let source: String
  /// The number without its point.
  private let digits: Int
  /// What its last digit counts.
  private let step: Int

  /// A number in the words of its source.
  init(_ text: String, _ unit: Int, _ source: String) {
    self.text = text
    self.unit = unit
    self.source = source
    let parts = text.split(separator: ".")
    digits = Int(parts.joined()) ?? 0
    let decimals = parts.count > 1 ? parts[1].count : 0
    step = (0..<decimals).reduce(unit) { step, _ in step / 10 }
  }

  /// The number, in its unit.
  public var value: Double { Double(digits) * Double(step) / Double(unit) }

  /// How many digits stand behind the point.
  public var decimals: Int { text.split(separator: ".").dropFirst().first?.count ?? 0 }

  /// How a computed number agrees with it.
  public func agreement(with count: Int) -> Agreement {
    if (count + step / 2) / step == digits { return .rounded }
    return count / step == digits ? .truncated : .no
  }
}
