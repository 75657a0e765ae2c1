extension String {
  /// How many columns of a terminal the text takes.
  public var columnCount: Int { unicodeScalars.reduce(0) { $0 + $1.columnCount } }

  /// The text in at most so many columns: the middle is left out, since the ends of names tell them
  /// apart.
  public func shortened(to limit: Int) -> String {
    guard columnCount > limit else { return self }
    let tail = unicodeScalars.reversed().fitting(limit / 3)
    let head = unicodeScalars.fitting(limit - 1 - limit / 3)
    return head + "…" + String(String.UnicodeScalarView(tail.unicodeScalars.reversed()))
  }

  /// The begin of the text in at most so many columns.
  public func cut(to limit: Int) -> String {
    columnCount > limit ? unicodeScalars.fitting(limit - 1) + "…" : self
  }
}

extension Sequence<Unicode.Scalar> {
  /// As many of the first as fit.
  fileprivate func fitting(_ limit: Int) -> String {
    var (text, columns) = (String.UnicodeScalarView(), 0)
    for scalar in self {
      columns += scalar.columnCount
      guard columns <= limit else { break }
      text.append(scalar)
    }
    return String(text)
  }
}

extension Unicode.Scalar {
  /// The scripts whose characters are as wide as they are high.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf,
    0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f,
    0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18cff, 0x1aff0...0x1b2ff, 0x1f200...0x1f2ff,
    0x20000...0x3fffd,
  ]
  /// Half a flag each.
  private static let regionalIndicators: ClosedRange<UInt32> = 0x1f1e6...0x1f1ff
  /// Vowels and finals of Hangul, which join the consonant before them.
  private static let joiningJamo: ClosedRange<UInt32> = 0x1160...0x11ff

  /// How many columns of a terminal it takes; 0 for what is drawn upon the one before it.
  fileprivate var columnCount: Int {
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break  // everything else moves on
    }
    if Self.joiningJamo.contains(value) { return 0 }
    let isWide =
      properties.isEmojiPresentation && !Self.regionalIndicators.contains(value)
      || Self.wide.contains { $0.contains(value) }
    return isWide ? 2 : 1
  }
}
