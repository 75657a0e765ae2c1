internal import CKernels

/// The one hot loop of the float64 oracle.
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
}
