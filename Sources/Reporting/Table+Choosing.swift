extension Report.Table {
  /// Orders the rows by a column, by its id or by its title: numbers from the greatest down, words
  /// from the first letter on, rows without a value last. Equal rows keep their order.
  ///
  /// - Returns: false where there is no such column, and nothing is done.
  @discardableResult
  public mutating func sort(by column: String) -> Bool {
    let place =
      columns.firstIndex { $0.id == column }
      ?? columns.firstIndex { $0.title.lowercased() == column.lowercased() }
    guard let place else { return false }
    let order = rows.indices.sorted { first, second in
      let (a, b) = (rows[first][place], rows[second][place])
      return a.comesBefore(b) || (!b.comesBefore(a) && first < second)
    }
    rows = order.map { rows[$0] }
    return true
  }

  /// Keeps the rows that meet a condition.
  public mutating func keepRows(where condition: ([Report.Value]) -> Bool) {
    rows = rows.filter(condition)
  }

  /// Keeps so many of the first rows.
  public mutating func keepFirst(_ count: Int) { rows = Array(rows.prefix(count)) }
}

extension Report.Value {
  /// Whether it stands before another value of its column.
  fileprivate func comesBefore(_ other: Self) -> Bool {
    switch (order, other.order) {
    case (.none, _): return false
    case (.some, .none): return true
    case (.some(let own), .some(let others)): return own > others
    }
  }

  /// What it is ordered by: a NaN before all other numbers, so that it is seen.
  private var order: Order? {
    switch self {
    case .absent: nil
    case .text(let text): Order(number: 0, text: text)
    case .count(let count): Order(number: Double(count))
    case .number(let number, _), .share(let number, _):
      Order(number: number.isNaN ? .infinity : number)
    case .flag(let flag): Order(number: flag ? 1 : 0)
    case .extents(let extents): Order(number: extents.reduce(1) { $0 * Double($1) })
    case .list(let values): Order(number: Double(values.count), text: words)
    case .histogram(let counts): Order(number: counts.reduce(0) { $0 + Double($1) })
    }
  }

  private struct Order {
    var number: Double
    var text = ""

    static func > (first: Order, second: Order) -> Bool {
      first.number != second.number ? first.number > second.number : first.text < second.text
    }
  }
}
