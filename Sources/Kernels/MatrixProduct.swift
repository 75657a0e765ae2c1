internal import COpenBLAS

/// Products of matrices by OpenBLAS, on the calling thread.
public enum MatrixProduct {
  /// The largest extent or row stride: OpenBLAS counts in 32 bits.
  public static let largestExtent = Int(Int32.max)

  // One thread for each call: the bits of a product must not depend on a number of threads, and
  // the executor's own pool calls from several threads at once. Set once for the whole process.
  private static let isSingleThreaded: Void = openblas_set_num_threads(1)

  /// The name of the processor that OpenBLAS chose its kernels for.
  public static var processorName: String { String(cString: openblas_get_corename()) }

  /// `c = a · b`, or `c = c + a · b`.
  ///
  /// - Parameters:
  ///   - a: [m, k].
  ///   - b: [k, n].
  ///   - c: [m, n].
  ///   - accumulating: whether the product is added to what `c` holds.
  public static func multiply(
    _ a: Matrix, _ b: Matrix, into c: MutableMatrix, accumulating: Bool = false
  ) {
    _ = isSingleThreaded
    precondition(a.rows == c.rows && b.columns == c.columns && a.columns == b.rows)
    // SAFETY: matrices are checked when they are made; Int32(_:) traps rather than wraps.
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(c.rows), Int32(c.columns), Int32(b.rows),
      1, a.base, Int32(a.rowStride), b.base, Int32(b.rowStride), accumulating ? 1 : 0, c.base,
      Int32(c.rowStride))
  }
}
