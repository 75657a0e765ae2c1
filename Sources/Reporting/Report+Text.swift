internal import Files

extension Report {
  /// The report for a terminal: findings, facts, tables, notes; ended by a newline.
  ///
  /// - Parameters:
  ///   - width: the columns of the terminal: no row of a table is longer, and sentences are broken
  ///     between words. Nil where lines may be of any length.
  ///   - usesColor: whether escape sequences set off titles and findings.
  public func text(width: Int? = nil, usesColor: Bool = false) -> String {
    let style = Style(usesColor: usesColor)
    var parts = [title.lines(width).map(style.strong).joined(separator: "\n")]
    if !findings.isEmpty {
      parts.append(
        findings.map { $0.lines(width, first: "- ").map(style.warning).joined(separator: "\n") }
          .joined(separator: "\n"))
    }
    let facts = factLines(width)
    if !facts.isEmpty { parts.append(facts.joined(separator: "\n")) }
    parts += tables.map { $0.text(width, style) }
    if !notes.isEmpty {
      parts.append(notes.flatMap { $0.lines(width, first: "note: ") }.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private func factLines(_ width: Int?) -> [String] {
    let known = facts.filter { !$0.value.words.isEmpty }
    let titleWidth = known.map(\.title.columnCount).max() ?? 0
    return known.flatMap { fact in
      let padding = String(repeating: " ", count: titleWidth - fact.title.columnCount)
      return fact.value.words.lines(width, first: fact.title + ":" + padding + " ")
    }
  }

  /// The escape sequences of titles and findings, or none.
  fileprivate struct Style {
    let usesColor: Bool

    func strong(_ text: String) -> String { set(text, "1") }
    func warning(_ text: String) -> String { set(text, "33") }
    func faint(_ text: String) -> String { set(text, "2") }

    private func set(_ text: String, _ code: String) -> String {
      usesColor && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
  }
}

extension Report.Table {
  fileprivate func text(_ width: Int?, _ style: Report.Style) -> String {
    let (lines, omitted) = TextTable(self).fitting(width)
    var result = title.isEmpty ? [] : title.lines(width).map(style.strong)
    result += lines.prefix(1).map(style.strong) + lines.dropFirst()
    if !omitted.isEmpty {
      let names = omitted.joined(separator: ", ")
      result += "no room for \(names)".lines(width).map(style.faint)
    }
    return result.joined(separator: "\n")
  }
}

extension String {
  /// The text in lines of so many columns, broken between words; the second and later ones are
  /// indented as far as `first` goes.
  fileprivate func lines(_ width: Int?, first: String = "") -> [String] {
    let text = printable()
    guard let width else { return [first + text] }
    // An indentation that leaves no room would break every word.
    let indentation = String(repeating: " ", count: min(first.columnCount, width / 2))
    var lines: [String] = []
    var (line, isEmpty) = (first, true)
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !isEmpty, line.columnCount + 1 + String(word).columnCount > width {
        lines.append(line)
        (line, isEmpty) = (indentation, true)
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
