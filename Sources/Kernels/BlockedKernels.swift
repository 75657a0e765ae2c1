internal import CKernels

/// The kernels of one instruction set over activations in blocks of channels, behind checked doors.
///
/// Kernels run on the calling thread and may be called from several threads at once, for parts that
/// do not overlap. `include/ck_kernels.h` tells formulas, layouts and orders of additions.
public struct BlockedKernels: Sendable {
  /// The instruction set.
  public let instructionSet: InstructionSet
  // SAFETY: a constant of the C target.
  nonisolated(unsafe) let table: UnsafePointer<ck_kernels>

  /// The kernels of an instruction set; nil where the processor does not run it.
  public init?(_ instructionSet: InstructionSet) {
    guard let table = ck_kernels_for_level(instructionSet.level) else { return nil }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// Output channels of the widest register tile: 16 or 32.
  public var widestPanel: Int { table.pointee.widest_panel }
}

extension BlockedKernels {
  /// Direct convolution of any window, stride, dilation, padding and groups.
  ///
  /// - Parameters:
  ///   - x: images in blocks.
  ///   - weights: from `packConvolution`.
  ///   - scratch: `scratchCount(of:)` floats.
  public func convolve(
    _ x: UnsafeBufferPointer<Float>, with weights: UnsafeBufferPointer<Float>,
    _ geometry: ConvolutionGeometry, _ epilogue: Epilogue, _ part: Part,
    scratch: UnsafeMutableBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    check(x, geometry.inputCount, y, weights, packedCount(of: geometry), geometry, epilogue, part)
    precondition(scratch.count >= scratchCount(of: geometry))
    precondition(part.panels.upperBound <= panelCount(of: geometry))
    withC(geometry, epilogue) {
      table.pointee.convolve(
        y.baseAddress, x.baseAddress, weights.baseAddress, $0, $1, part.c, scratch.baseAddress)
    }
  }

  /// Direct convolution of few channels in planes, one group: the stem of a network.
  ///
  /// - Parameters:
  ///   - x: `[images, channels, height, width]`.
  ///   - weights: from `packPlanar`.
  ///   - scratch: `planarScratchCount(of:)` floats.
  public func convolvePlanar(
    _ x: UnsafeBufferPointer<Float>, with weights: UnsafeBufferPointer<Float>,
    _ geometry: ConvolutionGeometry, _ epilogue: Epilogue, _ part: Part,
    scratch: UnsafeMutableBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(geometry.groups == 1)
    check(
      x, geometry.inputChannels * geometry.windows.input.count, y, weights,
      planarPackedCount(of: geometry), geometry, epilogue, part)
    precondition(scratch.count >= planarScratchCount(of: geometry))
    precondition(part.panels.upperBound <= panelCount(of: geometry))
    withC(geometry, epilogue) {
      table.pointee.convolve_planar(
        y.baseAddress, x.baseAddress, weights.baseAddress, $0, $1, part.c, scratch.baseAddress)
    }
  }

  /// Depthwise convolution; the panels of a part are blocks.
  ///
  /// - Parameter weights: from `packDepthwise`.
  public func convolveDepthwise(
    _ x: UnsafeBufferPointer<Float>, with weights: UnsafeBufferPointer<Float>,
    _ geometry: ConvolutionGeometry, _ epilogue: Epilogue, _ part: Part,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(geometry.isDepthwise)
    check(
      x, geometry.inputCount, y, weights, depthwisePackedCount(of: geometry), geometry, epilogue,
      part)
    precondition(part.panels.upperBound <= Blocked.blocks(geometry.outputChannels))
    withC(geometry, epilogue) {
      table.pointee.convolve_depthwise(
        y.baseAddress, x.baseAddress, weights.baseAddress, $0, $1, part.c, nil)
    }
  }

  /// Fully connected: rows of features in blocks.
  ///
  /// - Parameter weights: from `packConvolution`.
  public func multiplyDense(
    _ x: UnsafeBufferPointer<Float>, with weights: UnsafeBufferPointer<Float>,
    _ geometry: ConvolutionGeometry, _ epilogue: Epilogue, _ part: Part,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(geometry.windows.kernel.count == 1 && geometry.windows.input.count == 1)
    check(x, geometry.inputCount, y, weights, packedCount(of: geometry), geometry, epilogue, part)
    precondition(part.panels.upperBound <= panelCount(of: geometry))
    withUnsafePointer(to: epilogue.c) {
      table.pointee.multiply_dense(
        y.baseAddress, x.baseAddress, weights.baseAddress, geometry.inputChannels,
        geometry.outputChannels, $0, ck_span(part.images), ck_span(part.panels))
    }
  }

  private func check(
    _ x: UnsafeBufferPointer<Float>, _ inputCount: Int, _ y: UnsafeMutableBufferPointer<Float>,
    _ weights: UnsafeBufferPointer<Float>, _ weightCount: Int, _ geometry: ConvolutionGeometry,
    _ epilogue: Epilogue, _ part: Part
  ) {
    let images = part.images.upperBound
    precondition(part.images.lowerBound >= 0 && part.panels.lowerBound >= 0)
    precondition(part.rows.lowerBound >= 0)
    precondition(part.rows.upperBound <= geometry.windows.output.height)
    precondition(images * inputCount <= x.count && images * geometry.outputCount <= y.count)
    precondition(weights.count >= weightCount)
    let channels = Blocked.count(channels: geometry.outputChannels, pixels: 1)
    precondition((epilogue.bias?.count ?? channels) == channels)
    precondition((epilogue.residual?.count ?? y.count) == y.count)
  }

  func withC(
    _ geometry: ConvolutionGeometry, _ epilogue: Epilogue,
    _ body: (UnsafePointer<ck_convolution>, UnsafePointer<ck_epilogue>) -> Void
  ) {
    withUnsafePointer(to: geometry.c) { convolution in
      withUnsafePointer(to: epilogue.c) { body(convolution, $0) }
    }
  }
}
