/// Products of matrices by OpenBLAS, each on the thread that calls.
///
/// The library is opened for the first of these values, and what the products need is taken then:
/// no product waits for memory.
public final class MatrixProduct: Sendable {
  /// Why there are no products.
  public enum Failure: Error, Equatable {
    /// The library is not there; what the system says.
    case missingLibrary(String)
    /// The system does not give the memory for so many buffers of a size.
    case noMemory(bufferCount: Int, byteCount: Int)
  }

  /// The largest extent or row stride: OpenBLAS counts in 32 bits.
  public static let largestExtent = Int(Int32.max)

  /// The name of the processor that OpenBLAS chose its kernels for; nil where there was no product.
  public static var processorName: String? { OpenBLAS.opened?.processorName }

  private let library: OpenBLAS
  private let callerCount: Int

  /// Products on so many threads at a time.
  public init(callerCount: Int = 1) throws(Failure) {
    precondition(callerCount > 0, "products for \(callerCount) threads")
    library = try OpenBLAS.retain(callerCount: callerCount)
    self.callerCount = callerCount
  }

  deinit { OpenBLAS.release(callerCount: callerCount) }

  /// `c = a · b`, or `c = c + a · b`.
  ///
  /// - Parameters:
  ///   - a: [m, k].
  ///   - b: [k, n].
  ///   - c: [m, n].
  ///   - accumulating: whether the product is added to what `c` holds.
  public func multiply(
    _ a: Matrix, _ b: Matrix, into c: MutableMatrix, accumulating: Bool = false
  ) {
    precondition(a.rows == c.rows && b.columns == c.columns && a.columns == b.rows)
    // SAFETY: matrices are checked when they are made; Int32(_:) traps rather than wraps.
    library.multiply(
      OpenBLAS.rowMajor, OpenBLAS.notTransposed, OpenBLAS.notTransposed, Int32(c.rows),
      Int32(c.columns), Int32(b.rows), 1, a.base, Int32(a.rowStride), b.base, Int32(b.rowStride),
      accumulating ? 1 : 0, c.base, Int32(c.rowStride))
  }
}
