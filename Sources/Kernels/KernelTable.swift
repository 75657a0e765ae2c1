internal import CKernels

/// The kernels of one instruction set behind checked doors.
///
/// Every instruction set computes the same bits. Kernels run on the calling thread and may be
/// called from several threads at once.
public struct KernelTable: Sendable {
  /// The instruction set.
  public let instructionSet: InstructionSet
  // SAFETY: a constant of the C target.
  nonisolated(unsafe) let table: UnsafePointer<ck_table>

  /// The kernels of an instruction set; nil where the processor does not run it.
  public init?(_ instructionSet: InstructionSet) {
    guard let table = ck_table_for_level(instructionSet.level) else { return nil }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// The kernels of the highest instruction set that this processor runs.
  public static var best: KernelTable { KernelTable(.best)! }  // `best` is available
}

extension KernelTable {
  /// `y[r, c] = activation(x[r, c] · scale[r] + shift[r] + addend[r, c])`.
  ///
  /// `y` may be the memory of `x` or of `addend`.
  /// - Parameters:
  ///   - scale: one factor for each row; nil for ones.
  ///   - shift: one addend for each row; nil for zeros.
  ///   - addend: of the shape of `x`.
  public func affineRows(
    _ x: Matrix, scale: UnsafeBufferPointer<Float>? = nil,
    shift: UnsafeBufferPointer<Float>? = nil, addend: Matrix? = nil,
    activation: Activation = .none, into y: MutableMatrix
  ) {
    precondition(x.rows == y.rows && x.columns == y.columns)
    precondition(addend.map { $0.rows == x.rows && $0.columns == x.columns } ?? true)
    precondition((scale?.count ?? x.rows) == x.rows && (shift?.count ?? x.rows) == x.rows)
    table.pointee.affine_rows(
      y.base, y.rowStride, x.base, x.rowStride, scale?.baseAddress, shift?.baseAddress,
      addend?.base, addend?.rowStride ?? 0, x.rows, x.columns, activation.c)
  }

  /// `y[i] = activation(x[i] · scale[i] + shift[i])`; nil stands for ones and zeros.
  ///
  /// `y` may be the memory of `x`.
  public func affineElements(
    _ x: UnsafeBufferPointer<Float>, scale: UnsafeBufferPointer<Float>? = nil,
    shift: UnsafeBufferPointer<Float>? = nil, activation: Activation = .none,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(x.count == y.count)
    precondition((scale?.count ?? x.count) == x.count && (shift?.count ?? x.count) == x.count)
    guard let from = x.baseAddress, let to = y.baseAddress else { return }
    table.pointee.affine_elements(
      to, from, scale?.baseAddress, shift?.baseAddress, x.count, activation.c)
  }

  /// How elements of several arrays are combined.
  public enum Combination: Sendable {
    /// `Σ coefficient[n] · x[n]`, from left to right.
    case sum(coefficients: [Float])
    /// `Π x[n]`, from left to right.
    case product
    /// The largest; NaN wins.
    case maximum
    /// The smallest; NaN wins.
    case minimum
  }

  /// `y[i] = activation(x[0][i] ∘ x[1][i] ∘ …)`; `y` may be the memory of an input.
  public func combine(
    _ inputs: [UnsafeBufferPointer<Float>], by combination: Combination,
    activation: Activation = .none, into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(!inputs.isEmpty && inputs.allSatisfy { $0.count == y.count })
    guard let to = y.baseAddress else { return }
    let addresses = inputs.map(\.baseAddress)
    func call(_ kind: ck_combination, _ coefficients: UnsafePointer<Float>?) {
      table.pointee.combine(
        to, addresses, coefficients, inputs.count, kind, y.count, activation.c)
    }
    switch combination {
    case .sum(let coefficients):
      precondition(coefficients.count == inputs.count)
      coefficients.withUnsafeBufferPointer { call(ck_sum, $0.baseAddress) }
    case .product: call(ck_product, nil)
    case .maximum: call(ck_maximum, nil)
    case .minimum: call(ck_minimum, nil)
    }
  }
}

extension KernelTable {
  /// Writes what windows see of an image, one row for each tap: `im2col`.
  ///
  /// Row `(channel · kernelHeight + i) · kernelWidth + j` holds that tap's element for each output
  /// pixel, 0 in the padding.
  /// - Parameters:
  ///   - image: [channels, height, width].
  ///   - firstRow: the first tap written.
  ///   - firstPixel: the first output pixel written.
  ///   - columns: [taps, pixels].
  public func unfold(
    _ image: UnsafeBufferPointer<Float>, channels: Int, windows: Windows, firstRow: Int,
    firstPixel: Int, into columns: MutableMatrix
  ) {
    precondition(image.count == channels * windows.input.count)
    precondition(firstRow >= 0 && firstRow + columns.rows <= channels * windows.kernel.count)
    precondition(firstPixel >= 0 && firstPixel + columns.columns <= windows.output.count)
    guard let from = image.baseAddress else { return }
    withUnsafePointer(to: windows.c) {
      table.pointee.unfold(
        columns.base, columns.rowStride, from, $0, firstRow, columns.rows, firstPixel,
        columns.columns)
    }
  }

  /// What is computed of a pooling window.
  public enum PoolingKind: Sendable {
    /// The largest element inside the plane; NaN wins.
    case maximum
    /// The sum divided by the part of the window inside the padded plane.
    case averageOfPaddedWindow
    /// The sum divided by the part of the window inside the plane.
    case averageOfImageWindow
  }
}
