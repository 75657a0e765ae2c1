internal import CKernels

/// Winograd's convolution F(tile × tile, 3 × 3): whole, or its three steps.
///
/// Tiles are counted over all images: tile t of image i is i · `tileCount` + t.
extension BlockedKernels {
  /// Tiles of one image.
  public func tileCount(of geometry: ConvolutionGeometry, tile: Int) -> Int {
    withUnsafePointer(to: geometry.c) { ck_winograd_tiles($0, tile) }
  }

  /// The most tiles whose inputs and products stay in the caches.
  public func tileBatch(of geometry: ConvolutionGeometry, tile: Int) -> Int {
    withUnsafePointer(to: geometry.c) { ck_winograd_batch($0, tile) }
  }

  /// Floats of the transformed inputs of some tiles.
  public func winogradInputCount(of geometry: ConvolutionGeometry, tile: Int, tiles: Int) -> Int {
    withUnsafePointer(to: geometry.c) { ck_winograd_input_count($0, tile, tiles) }
  }

  /// Floats of the products of some tiles.
  public func winogradOutputCount(of geometry: ConvolutionGeometry, tile: Int, tiles: Int) -> Int {
    withUnsafePointer(to: geometry.c) { ck_winograd_output_count($0, tile, tiles) }
  }

  /// Floats of scratch of `convolveWinograd` over some tiles.
  public func winogradScratchCount(
    of geometry: ConvolutionGeometry, tile: Int, tiles: Int
  ) -> Int {
    withUnsafePointer(to: geometry.c) { ck_winograd_scratch($0, tile, tiles) }
  }

  /// All three steps over a range of tiles.
  public func convolveWinograd(
    _ x: UnsafeBufferPointer<Float>, with weights: UnsafeBufferPointer<Float>,
    _ geometry: ConvolutionGeometry, _ epilogue: Epilogue, tile: Int, tiles: Range<Int>,
    scratch: UnsafeMutableBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    check(geometry, tile, tiles, x.count, geometry.inputCount)
    check(geometry, tile, tiles, y.count, geometry.outputCount)
    check(epilogue, geometry, y.count)
    precondition(weights.count >= winogradPackedCount(of: geometry, tile: tile))
    precondition(
      scratch.count >= winogradScratchCount(of: geometry, tile: tile, tiles: tiles.count))
    withC(geometry, epilogue) {
      ck_winograd_convolve(
        table, y.baseAddress, x.baseAddress, weights.baseAddress, $0, $1,
        ck_winograd(m: tile, tiles: ck_span(tiles)), scratch.baseAddress)
    }
  }

  /// Transforms the tiles of some blocks of channels.
  public func transformInput(
    _ x: UnsafeBufferPointer<Float>, _ geometry: ConvolutionGeometry, tile: Int,
    tiles: Range<Int>, blocks: Range<Int>, into v: UnsafeMutableBufferPointer<Float>
  ) {
    check(geometry, tile, tiles, x.count, geometry.inputCount)
    precondition(v.count >= winogradInputCount(of: geometry, tile: tile, tiles: tiles.count))
    precondition(
      blocks.lowerBound >= 0 && blocks.upperBound <= Blocked.blocks(geometry.inputChannels))
    withUnsafePointer(to: geometry.c) {
      table.pointee.winograd_input(
        v.baseAddress, x.baseAddress, $0, ck_winograd(m: tile, tiles: ck_span(tiles)),
        ck_span(blocks))
    }
  }

  /// Multiplies transformed tiles by the weights of some panels.
  public func multiplyTiles(
    _ v: UnsafeBufferPointer<Float>, with weights: UnsafeBufferPointer<Float>,
    _ geometry: ConvolutionGeometry, tile: Int, tiles: Range<Int>, panels: Range<Int>,
    into m: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(v.count >= winogradInputCount(of: geometry, tile: tile, tiles: tiles.count))
    precondition(m.count >= winogradOutputCount(of: geometry, tile: tile, tiles: tiles.count))
    precondition(weights.count >= winogradPackedCount(of: geometry, tile: tile))
    precondition(panels.lowerBound >= 0 && panels.upperBound <= panelCount(of: geometry))
    withUnsafePointer(to: geometry.c) {
      table.pointee.winograd_multiply(
        m.baseAddress, v.baseAddress, weights.baseAddress, $0,
        ck_winograd(m: tile, tiles: ck_span(tiles)), ck_span(panels))
    }
  }

  /// Transforms the products of some blocks of channels back.
  public func transformOutput(
    _ m: UnsafeBufferPointer<Float>, _ geometry: ConvolutionGeometry, _ epilogue: Epilogue,
    tile: Int, tiles: Range<Int>, blocks: Range<Int>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    check(geometry, tile, tiles, y.count, geometry.outputCount)
    check(epilogue, geometry, y.count)
    precondition(m.count >= winogradOutputCount(of: geometry, tile: tile, tiles: tiles.count))
    precondition(
      blocks.lowerBound >= 0 && blocks.upperBound <= Blocked.blocks(geometry.outputChannels))
    withC(geometry, epilogue) {
      table.pointee.winograd_output(
        y.baseAddress, m.baseAddress, $0, $1, ck_winograd(m: tile, tiles: ck_span(tiles)),
        ck_span(blocks))
    }
  }

  /// The images that hold the tiles are there.
  private func check(
    _ geometry: ConvolutionGeometry, _ tile: Int, _ tiles: Range<Int>, _ count: Int,
    _ imageCount: Int
  ) {
    precondition(geometry.isWinogradShape && (tile == 2 || tile == 4) && tiles.lowerBound >= 0)
    let perImage = tileCount(of: geometry, tile: tile)
    precondition((tiles.upperBound + perImage - 1) / perImage * imageCount <= count)
  }

  private func check(_ epilogue: Epilogue, _ geometry: ConvolutionGeometry, _ count: Int) {
    let channels = Blocked.count(channels: geometry.outputChannels, pixels: 1)
    precondition((epilogue.bias?.count ?? channels) == channels)
    precondition((epilogue.residual?.count ?? count) == count)
  }
}
