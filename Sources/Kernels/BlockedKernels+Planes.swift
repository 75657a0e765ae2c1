internal import CKernels

/// Kernels without weights: pooling, means, scales, rectifiers, and moves between layouts.
extension BlockedKernels {
  /// Pools blocks of channels; the panels of a part are blocks. Windows have no dilation.
  public func pool(
    _ x: UnsafeBufferPointer<Float>, channels: Int, windows: Windows,
    kind: KernelTable.PoolingKind, _ part: Part, into y: UnsafeMutableBufferPointer<Float>
  ) {
    let images = part.images.upperBound
    precondition(windows.dilation.count == 1 && part.images.lowerBound >= 0)
    precondition(part.rows.lowerBound >= 0 && part.rows.upperBound <= windows.output.height)
    precondition(
      part.panels.lowerBound >= 0 && part.panels.upperBound <= Blocked.blocks(channels))
    precondition(
      images * Blocked.count(channels: channels, pixels: windows.input.count) <= x.count)
    precondition(
      images * Blocked.count(channels: channels, pixels: windows.output.count) <= y.count)
    withUnsafePointer(to: windows.c) {
      table.pointee.pool(y.baseAddress, x.baseAddress, channels, $0, kind.c, part.c)
    }
  }

  /// The means of planes of 16 lanes, added in double: `[planes, pixels, 16]` to `[planes, 16]`.
  public func averagePlanes(
    _ x: UnsafeBufferPointer<Float>, pixels: Int, into y: UnsafeMutableBufferPointer<Float>
  ) {
    let planes = y.count / Blocked.channels
    precondition(y.count == planes * Blocked.channels && x.count == y.count * pixels)
    table.pointee.average_planes(y.baseAddress, x.baseAddress, planes, pixels)
  }

  /// `y = activation(x · scale + shift)` over planes `[planes, pixels, 16]`, one fused multiply-add.
  ///
  /// - Parameters:
  ///   - scale: `[planes, 16]`; nil for ones.
  ///   - shift: `[planes, 16]`, 0 past the last channel; nil for zeros.
  ///   - y: may be the memory of `x`.
  public func scalePlanes(
    _ x: UnsafeBufferPointer<Float>, scale: UnsafeBufferPointer<Float>?,
    shift: UnsafeBufferPointer<Float>?, pixels: Int, activation: Activation,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    let planes = y.count / pixels / Blocked.channels
    precondition(x.count == y.count && y.count == planes * pixels * Blocked.channels)
    precondition((scale?.count ?? planes * Blocked.channels) == planes * Blocked.channels)
    precondition((shift?.count ?? planes * Blocked.channels) == planes * Blocked.channels)
    table.pointee.scale_planes(
      y.baseAddress, x.baseAddress, scale?.baseAddress, shift?.baseAddress, planes, pixels,
      activation.c)
  }

  /// `y = x < 0 ? x · slope : x` over planes `[planes, pixels, 16]`, slopes `[planes, 16]`.
  public func rectifyPlanes(
    _ x: UnsafeBufferPointer<Float>, slopes: UnsafeBufferPointer<Float>, pixels: Int,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    let planes = slopes.count / Blocked.channels
    precondition(x.count == y.count && y.count == planes * pixels * Blocked.channels)
    table.pointee.rectify_planes(y.baseAddress, x.baseAddress, slopes.baseAddress!, planes, pixels)
  }

  /// `[channels, pixels]` to blocks, zeros past the last channel.
  public func block(
    _ x: UnsafeBufferPointer<Float>, channels: Int, pixels: Int,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(x.count == channels * pixels)
    precondition(y.count == Blocked.count(channels: channels, pixels: pixels))
    table.pointee.block_channels(y.baseAddress, x.baseAddress, channels, pixels)
  }

  /// Blocks to `[channels, pixels]`.
  public func unblock(
    _ x: UnsafeBufferPointer<Float>, channels: Int, pixels: Int,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(y.count == channels * pixels)
    precondition(x.count == Blocked.count(channels: channels, pixels: pixels))
    table.pointee.unblock_channels(y.baseAddress, x.baseAddress, channels, pixels)
  }

  /// Moves channels of one image in blocks to other places; the other lanes stay as they are.
  public func copyChannels(
    _ x: UnsafeBufferPointer<Float>, _ channels: Range<Int>, pixels: Int,
    into y: UnsafeMutableBufferPointer<Float>, from first: Int
  ) {
    precondition(channels.lowerBound >= 0 && first >= 0)
    precondition(Blocked.count(channels: channels.upperBound, pixels: pixels) <= x.count)
    precondition(Blocked.count(channels: first + channels.count, pixels: pixels) <= y.count)
    table.pointee.copy_channels(
      y.baseAddress, x.baseAddress, first, channels.lowerBound, channels.count, pixels)
  }
}

extension KernelTable.PoolingKind {
  var c: ck_pooling {
    switch self {
    case .maximum: ck_pool_maximum
    case .averageOfPaddedWindow: ck_pool_average_padded
    case .averageOfImageWindow: ck_pool_average_image
    }
  }
}
