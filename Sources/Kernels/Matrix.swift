/// Rows of floats that somebody else owns, a fixed distance apart.
///
/// The bounds are checked here, once: whoever holds a matrix may touch each of its elements as long
/// as the memory lives.
public struct Matrix {
  let base: UnsafePointer<Float>
  /// The number of rows.
  public let rows: Int
  /// The number of elements in a row.
  public let columns: Int
  /// The distance from one row to the next, in elements.
  public let rowStride: Int

  /// The rows that begin at `offset` in `memory`.
  ///
  /// - Parameter rowStride: nil where one row follows the other.
  public init(
    _ memory: UnsafeBufferPointer<Float>, offset: Int = 0, rows: Int, columns: Int,
    rowStride: Int? = nil
  ) {
    let rowStride = rowStride ?? columns
    base = checkedBase(memory, offset, rows, columns, rowStride)
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
  }
}

/// Rows of floats to write, a fixed distance apart; checked like `Matrix`.
public struct MutableMatrix {
  let base: UnsafeMutablePointer<Float>
  /// The number of rows.
  public let rows: Int
  /// The number of elements in a row.
  public let columns: Int
  /// The distance from one row to the next, in elements.
  public let rowStride: Int

  /// The rows that begin at `offset` in `memory`.
  ///
  /// - Parameter rowStride: nil where one row follows the other.
  public init(
    _ memory: UnsafeMutableBufferPointer<Float>, offset: Int = 0, rows: Int, columns: Int,
    rowStride: Int? = nil
  ) {
    let rowStride = rowStride ?? columns
    base = UnsafeMutablePointer(
      mutating: checkedBase(UnsafeBufferPointer(memory), offset, rows, columns, rowStride))
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
  }

  /// Copies the elements of `source`, unless they are the same memory.
  public func copy(_ source: Matrix) {
    precondition(source.rows == rows && source.columns == columns)
    guard UnsafePointer(base) != source.base else { return }
    for row in 0..<rows {
      (base + row * rowStride).update(from: source.base + row * source.rowStride, count: columns)
    }
  }

  /// The same rows, to read.
  public var reading: Matrix { Matrix(self) }
}

extension Matrix {
  fileprivate init(_ matrix: MutableMatrix) {
    base = UnsafePointer(matrix.base)
    rows = matrix.rows
    columns = matrix.columns
    rowStride = matrix.rowStride
  }
}

private func checkedBase(
  _ memory: UnsafeBufferPointer<Float>, _ offset: Int, _ rows: Int, _ columns: Int,
  _ rowStride: Int
) -> UnsafePointer<Float> {
  precondition(rows > 0 && columns > 0 && rowStride >= columns && offset >= 0)
  precondition(offset + (rows - 1) * rowStride + columns <= memory.count, "rows beyond the memory")
  // SAFETY: a buffer of at least one element has an address.
  return memory.baseAddress! + offset
}
