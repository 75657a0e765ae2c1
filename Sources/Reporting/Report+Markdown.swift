internal import Files

extension Report {
  /// The report as Markdown, with the tables of GitHub's: findings, facts, tables, notes.
  public var markdown: String {
    var parts = ["# \(title.markdown)"]
    if !findings.isEmpty { parts.append(Self.list(findings.map(\.markdown))) }
    let known = facts.filter { !$0.value.words.isEmpty }
    if !known.isEmpty {
      parts.append(Self.list(known.map { "\($0.title.markdown): \($0.value.words.markdown)" }))
    }
    for table in tables {
      if !table.title.isEmpty { parts.append("## \(table.title.markdown)") }
      parts.append(table.markdown)
    }
    if !notes.isEmpty { parts.append("## Notes\n\n" + Self.list(notes.map(\.markdown))) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func list(_ items: [String]) -> String {
    items.map { "- \($0)" }.joined(separator: "\n")
  }
}

extension Report.Table {
  fileprivate var markdown: String {
    let rule = columns.map { $0.alignment == .leading ? "---" : "---:" }
    let lines =
      [columns.map(\.title.markdown), rule] + rows.map { row in row.map(\.words.markdown) }
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }
}

extension String {
  /// The text with the signs that Markdown takes for its own made plain, on one line.
  ///
  /// An underscore inside a word means nothing, and names are full of them.
  fileprivate var markdown: String {
    let scalars = Array(printable().unicodeScalars)
    func isWord(_ index: Int) -> Bool {
      scalars.indices.contains(index)
        && (scalars[index].properties.isAlphabetic || "0"..."9" ~= scalars[index])
    }
    var result = ""
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "\\", "`", "*", "[", "]", "<", ">", "|", "~", "&", "#": result += "\\\(scalar)"
      case "_" where !(isWord(index - 1) && isWord(index + 1)): result += "\\_"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
