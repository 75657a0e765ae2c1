public import JSON

extension Report {
  /// The report as JSON: `kind`, `version`, `title`, `findings`, a member for each fact, an array of
  /// objects for each table, `notes`. Figures are not in it: what they show is in the tables.
  ///
  /// Columns whose ids begin alike up to a point, `weights.mean` and `weights.zeros`, are an object
  /// in the row; null where all of them are absent.
  public var json: JSON {
    var members: [JSON.Member] = [
      .init("kind", .string(kind)), .init("version", .integer(version)),
      .init("title", .string(title)), .init("findings", .strings(findings)),
    ]
    members += facts.map { .init($0.id, $0.value.json) }
    members += tables.map { .init($0.id, $0.json) }
    members.append(.init("notes", .strings(notes)))
    precondition(Set(members.map(\.name)).count == members.count, "\(kind): an id is there twice")
    return .object(members)
  }
}

extension Report.Table {
  fileprivate var json: JSON { .array(rows.map(json(of:))) }

  private func json(of row: [Report.Value]) -> JSON {
    var members: [JSON.Member] = []
    for (column, value) in zip(columns, row) {
      let names = column.id.split(separator: ".", maxSplits: 1).map(String.init)
      guard names.count == 2 else {
        members.append(.init(column.id, value.json))
        continue
      }
      let member = JSON.Member(names[1], value.json)
      if members.last?.name == names[0], case .object(let inner) = members.last?.value {
        members[members.count - 1].value = .object(inner + [member])
      } else {
        members.append(.init(names[0], .object([member])))
      }
    }
    return .object(members.map(\.nullWhereEmpty))
  }
}

extension JSON.Member {
  /// Without an object whose members are all null.
  fileprivate var nullWhereEmpty: JSON.Member {
    guard case .object(let members) = value, members.allSatisfy({ $0.value == .null }) else {
      return self
    }
    return .init(name, .null)
  }
}
