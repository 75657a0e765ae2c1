internal import Kernels

/// Whether a network may spend memory on time.
extension CostTable {
  /// Up to so many bytes of weights F(4×4) is taken wherever it is faster.
  private static let weightLimit = 256.0 * 1024 * 1024
  /// The part of all convolutions' time that this must save.
  private static let leastSaving = 0.05

  /// The table for a network of these convolutions.
  ///
  /// F(4×4) takes more than twice the weights of F(2×2). ResNet-34 is 7 % faster with it at 14 × 14
  /// and has 217 MB of weights then instead of 159; ResNet-50 would gain 1 %, and ResNet-152 would
  /// need 533 MB.
  func weighing(_ convolutions: [ConvolutionGeometry], _ kernels: BlockedKernels) -> CostTable {
    var generous = self
    generous.priceOfWeights = 0
    let usual = totals(convolutions, kernels)
    let best = generous.totals(convolutions, kernels)
    let saves = usual.nanoseconds - best.nanoseconds > Self.leastSaving * usual.nanoseconds
    return saves && best.weightByteCount <= Self.weightLimit ? generous : self
  }

  /// What the fastest algorithms of these take together, for one image.
  private func totals(
    _ convolutions: [ConvolutionGeometry], _ kernels: BlockedKernels
  ) -> (nanoseconds: Double, weightByteCount: Double) {
    var result = (nanoseconds: 0.0, weightByteCount: 0.0)
    for geometry in convolutions {
      var best = (direct(geometry), geometry.weightCount)
      for tile in [2, 4] where geometry.isWinogradShape {
        let time = winograd(geometry, tile: tile, kernels: kernels)
        guard time < best.0 else { continue }
        best = (time, kernels.winogradPackedCount(of: geometry, tile: tile))
      }
      result.nanoseconds += best.0
      result.weightByteCount += 4 * Double(best.1)
    }
    return result
  }
}
