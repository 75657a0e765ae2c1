extension Report {
  /// The facts as a table, for CSV: which no table may be called.
  private static let factsName = "facts"

  /// What can be written as CSV: the ids of the tables, and `facts`.
  public var csvNames: [String] { tables.map(\.id) + (facts.isEmpty ? [] : [Self.factsName]) }

  /// A table as CSV by RFC 4180: a line of the columns' ids, then the rows, each ended by CR LF.
  ///
  /// Numbers have all their digits and a point. Extents are joined by `x`, lists by `;`.
  /// - Parameter name: one of `csvNames`; nil for the first.
  /// - Returns: nil where there is no such table.
  public func csv(of name: String? = nil) -> String? {
    guard let name = name ?? csvNames.first else { return nil }
    if let table = tables.first(where: { $0.id == name }) { return table.csv }
    return name == Self.factsName && !facts.isEmpty ? factsTable.csv : nil
  }

  private var factsTable: Table {
    var table = Table(Self.factsName, "", [.init("name", "name"), .init("value", "value")])
    for fact in facts { table.add([.text(fact.id), fact.value]) }
    return table
  }
}

extension Report.Table {
  fileprivate var csv: String {
    ([columns.map(\.id)] + rows.map { $0.map(\.plainText) }).map { fields in
      fields.map(Self.field).joined(separator: ",") + "\r\n"
    }.joined()
  }

  /// Quoted where it has to be.
  private static func field(_ text: String) -> String {
    let marks: [UInt8] = [0x22, 0x2c, 0x0a, 0x0d]
    guard text.utf8.contains(where: marks.contains) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
