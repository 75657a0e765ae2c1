internal import CKernels

/// The hot loops of the float64 oracle.
public enum DoubleConvolution {
  /// `y[i, j] += Σ weights[k, l] · x[i·s + k·d − p, j·s + l·d − p]` over the windows of one plane, tap
  /// after tap; taps outside the plane are left out, product and sum are rounded apart.
  ///
  /// - Parameters:
  ///   - y: the plane that is added to, of `windows.output`.
  ///   - x: the plane that is read, of `windows.input`.
  ///   - weights: one for each tap of `windows.kernel`.
  public static func addPlane(
    _ y: UnsafeMutableBufferPointer<Double>, _ x: UnsafeBufferPointer<Double>,
    weights: UnsafeBufferPointer<Double>, _ windows: Windows
  ) {
    precondition(y.count == windows.output.count && x.count == windows.input.count)
    precondition(weights.count == windows.kernel.count)
    guard let y = y.baseAddress, let x = x.baseAddress, let weights = weights.baseAddress else {
      return
    }
    // SAFETY: the kernel stays inside planes and taps of the sizes that were just compared.
    withUnsafePointer(to: windows.c) { ck_double_convolve_plane(y, x, weights, $0) }
  }

  /// The most pixels that `addTile` adds to.
  public static let largestTile = Int(CK_DOUBLE_TILE)

  /// What `addPlane` adds to some pixels of each plane of `y` for each plane of `x` in turn: the same
  /// bits, if the weights are finite and `y` has no −0.
  ///
  /// - Parameters:
  ///   - y: planes of `windows.output`.
  ///   - pixels: those that are added to, at most `largestTile`.
  ///   - x: planes of `windows.input`.
  ///   - weights: [planes of y, planes of x, taps].
  public static func addTile(
    _ y: UnsafeMutableBufferPointer<Double>, _ pixels: Range<Int>,
    _ x: UnsafeBufferPointer<Double>, weights: UnsafeBufferPointer<Double>, _ windows: Windows
  ) {
    let (outputs, rest) = y.count.quotientAndRemainder(dividingBy: max(windows.output.count, 1))
    let (channels, other) = x.count.quotientAndRemainder(dividingBy: max(windows.input.count, 1))
    precondition(rest == 0 && other == 0)
    precondition(weights.count == outputs * channels * windows.kernel.count)
    precondition(pixels.lowerBound >= 0 && pixels.upperBound <= windows.output.count)
    precondition(pixels.count <= largestTile)
    guard let y = y.baseAddress, let x = x.baseAddress, let weights = weights.baseAddress else {
      return
    }
    // SAFETY: the kernel stays inside planes and taps of the numbers that were just compared.
    withUnsafePointer(to: windows.c) {
      ck_double_convolve_tile(
        y, x, weights, $0, channels, outputs, pixels.lowerBound, pixels.count)
    }
  }
}
