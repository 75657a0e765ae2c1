internal import TensorCore

/// The numbers of a weight, as rows of output channels.
struct WeightRows {
  /// The numbers, row by row.
  var elements: [Double]
  /// How many rows there are.
  var rowCount: Int
  /// The elements of a row.
  var rowLength: Int { rowCount == 0 ? 0 : elements.count / rowCount }

  /// - Parameter divisor: what the numbers are divided by before they count; 0 makes zeros of them.
  init(of tensor: Tensor, dividedBy divisor: Double = 1) {
    elements = tensor.doubles
    if divisor != 1 { elements = elements.map { divisor == 0 ? 0 : $0 / divisor } }
    rowCount = tensor.shape.rank > 0 ? tensor.shape[0] : 1
  }

  init(_ elements: [Double], rowCount: Int) {
    self.elements = elements
    self.rowCount = rowCount
  }

  func row(_ index: Int) -> ArraySlice<Double> {
    elements[index * rowLength..<(index + 1) * rowLength]
  }

  /// The rows of these numbers in another order, or some of them.
  func rows(_ order: [Int]) -> WeightRows {
    WeightRows(order.flatMap { row($0) }, rowCount: order.count)
  }

  /// The parts of each row in another order, or some of them.
  ///
  /// - Parameter count: how many parts of equal length a row has.
  func parts(_ order: [Int], of count: Int) -> WeightRows {
    let length = count == 0 ? 0 : rowLength / count
    var found: [Double] = []
    found.reserveCapacity(rowCount * order.count * length)
    for index in 0..<rowCount {
      let start = index * rowLength
      for part in order { found += elements[start + part * length..<start + (part + 1) * length] }
    }
    return WeightRows(found, rowCount: rowCount)
  }

  /// Whether two rows have the same numbers; NaNs are the same.
  func isRow(_ index: Int, sameAs other: Int, of numbers: WeightRows) -> Bool {
    zip(row(index), numbers.row(other)).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
  }

  /// For each row of another, which of these it is; nil unless all are found, each once.
  ///
  /// Rows are looked up by a hash of their bits. Of rows that are alike, that at the same place is
  /// taken, else the first that is left.
  func places(of other: WeightRows) -> [Int]? {
    guard rowLength == other.rowLength, other.rowCount <= rowCount else { return nil }
    var known: [[UInt64]: [Int]] = [:]
    func key(_ row: ArraySlice<Double>) -> [UInt64] { row.map { ($0 + 0).bitPattern } }
    for index in 0..<rowCount { known[key(row(index)), default: []].append(index) }
    var order: [Int?] = Array(repeating: nil, count: other.rowCount)
    let keys = (0..<other.rowCount).map { key(other.row($0)) }
    for (index, key) in keys.enumerated() {
      if let same = known[key]?.firstIndex(of: index) {
        order[index] = known[key]?.remove(at: same)
      }
    }
    for (index, key) in keys.enumerated() where order[index] == nil {
      guard let found = known[key], !found.isEmpty else { return nil }
      order[index] = known[key]?.removeFirst()
    }
    return order.compactMap { $0 }
  }
}
