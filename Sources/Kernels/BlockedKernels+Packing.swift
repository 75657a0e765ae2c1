internal import CKernels

/// Weights in the order in which kernels read them, multiplied by a factor for each output channel.
extension BlockedKernels {
  /// Panels of a convolution.
  public func panelCount(of geometry: ConvolutionGeometry) -> Int {
    withUnsafePointer(to: geometry.c) { ck_panels($0, widestPanel) }
  }

  /// Floats of the weights of `convolve` and `multiplyDense`.
  public func packedCount(of geometry: ConvolutionGeometry) -> Int {
    withUnsafePointer(to: geometry.c) { ck_packed_count($0, widestPanel) }
  }

  /// Floats of scratch of `convolve`.
  public func scratchCount(of geometry: ConvolutionGeometry) -> Int {
    withUnsafePointer(to: geometry.c) { ck_convolution_scratch($0, widestPanel) }
  }

  /// Floats of the weights of `convolvePlanar`.
  public func planarPackedCount(of geometry: ConvolutionGeometry) -> Int {
    withUnsafePointer(to: geometry.c) { ck_packed_planar_count($0) }
  }

  /// Floats of scratch of `convolvePlanar`.
  public func planarScratchCount(of geometry: ConvolutionGeometry) -> Int {
    withUnsafePointer(to: geometry.c) { ck_planar_scratch($0) }
  }

  /// Floats of the weights of `convolveDepthwise`.
  public func depthwisePackedCount(of geometry: ConvolutionGeometry) -> Int {
    Blocked.count(channels: geometry.outputChannels, pixels: geometry.windows.kernel.count)
  }

  /// Floats of the weights of Winograd's convolution.
  public func winogradPackedCount(of geometry: ConvolutionGeometry, tile: Int) -> Int {
    withUnsafePointer(to: geometry.c) { ck_packed_winograd_count($0, tile) }
  }

  /// Packs some panels for `convolve` or `multiplyDense`.
  ///
  /// - Parameters:
  ///   - weights: `[output channels, input channels / groups, height, width]`.
  ///   - factors: one for each output channel, multiplied in double and rounded once; nil for ones.
  public func packConvolution(
    _ weights: UnsafeBufferPointer<Float>, factors: UnsafeBufferPointer<Double>?,
    _ geometry: ConvolutionGeometry, panels: Range<Int>,
    into packed: UnsafeMutableBufferPointer<Float>
  ) {
    check(weights, factors, geometry, panels, packed, packedCount(of: geometry))
    precondition(panels.upperBound <= panelCount(of: geometry))
    withUnsafePointer(to: geometry.c) {
      table.pointee.pack_convolution(
        packed.baseAddress, weights.baseAddress, factors?.baseAddress, $0, ck_span(panels))
    }
  }

  /// Packs some panels for `convolvePlanar`.
  public func packPlanar(
    _ weights: UnsafeBufferPointer<Float>, factors: UnsafeBufferPointer<Double>?,
    _ geometry: ConvolutionGeometry, panels: Range<Int>,
    into packed: UnsafeMutableBufferPointer<Float>
  ) {
    check(weights, factors, geometry, panels, packed, planarPackedCount(of: geometry))
    precondition(panels.upperBound <= panelCount(of: geometry))
    withUnsafePointer(to: geometry.c) {
      table.pointee.pack_planar(
        packed.baseAddress, weights.baseAddress, factors?.baseAddress, $0, ck_span(panels))
    }
  }

  /// Packs some blocks for `convolveDepthwise`.
  public func packDepthwise(
    _ weights: UnsafeBufferPointer<Float>, factors: UnsafeBufferPointer<Double>?,
    _ geometry: ConvolutionGeometry, blocks: Range<Int>,
    into packed: UnsafeMutableBufferPointer<Float>
  ) {
    check(weights, factors, geometry, blocks, packed, depthwisePackedCount(of: geometry))
    precondition(blocks.upperBound <= Blocked.blocks(geometry.outputChannels))
    withUnsafePointer(to: geometry.c) {
      table.pointee.pack_depthwise(
        packed.baseAddress, weights.baseAddress, factors?.baseAddress, $0, ck_span(blocks))
    }
  }

  /// Transforms, in double, and packs some panels for Winograd's convolution.
  ///
  /// - Parameter tile: outputs of a tile along each side, 2 or 4.
  public func packWinograd(
    _ weights: UnsafeBufferPointer<Float>, factors: UnsafeBufferPointer<Double>?,
    _ geometry: ConvolutionGeometry, tile: Int, panels: Range<Int>,
    into packed: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(geometry.isWinogradShape && (tile == 2 || tile == 4))
    check(
      weights, factors, geometry, panels, packed, winogradPackedCount(of: geometry, tile: tile))
    precondition(panels.upperBound <= panelCount(of: geometry))
    withUnsafePointer(to: geometry.c) {
      table.pointee.pack_winograd(
        packed.baseAddress, weights.baseAddress, factors?.baseAddress, $0, tile, ck_span(panels))
    }
  }

  private func check(
    _ weights: UnsafeBufferPointer<Float>, _ factors: UnsafeBufferPointer<Double>?,
    _ geometry: ConvolutionGeometry, _ range: Range<Int>,
    _ packed: UnsafeMutableBufferPointer<Float>, _ packedCount: Int
  ) {
    precondition(weights.count == geometry.weightCount && packed.count >= packedCount)
    precondition((factors?.count ?? geometry.outputChannels) == geometry.outputChannels)
    precondition(range.lowerBound >= 0)
  }
}
