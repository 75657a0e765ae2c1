internal import CReference
internal import ModelGraph
internal import TensorCore

/// The sums of a convolution over planes of float64.
struct PlaneSums {
  /// Elements of a plane that is read, of one that is written, and taps of a window.
  let inputCount, outputCount, tapCount: Int
  private let windows: cr_windows

  /// The sums of a layer that makes images of `output` from images of `input`.
  init(_ layer: Layer.Convolution, from input: Shape, to output: Shape) {
    let kernel = layer.kernel.shape  // [outputChannels, inputChannels / groups, height, width]
    inputCount = input[2] * input[3]
    outputCount = output[2] * output[3]
    tapCount = kernel[2] * kernel[3]
    windows = cr_windows(
      rows: .init(
        input: input[2], output: output[2], kernel: kernel[2], stride: layer.stride.height,
        dilation: layer.dilation.height, padding: layer.padding.top),
      columns: .init(
        input: input[3], output: output[3], kernel: kernel[3], stride: layer.stride.width,
        dilation: layer.dilation.width, padding: layer.padding.left))
  }

  /// `y[i, j] += Σ weights[k, l] · x[i·s + k·d − p, j·s + l·d − p]` over the windows of one plane, tap
  /// after tap; taps outside the plane are left out, product and sum are rounded apart.
  ///
  /// - Parameters:
  ///   - y: the plane that is added to.
  ///   - x: the plane that is read.
  ///   - weights: one for each tap.
  func addPlane(
    _ y: UnsafeMutableBufferPointer<Double>, _ x: UnsafeBufferPointer<Double>,
    weights: UnsafeBufferPointer<Double>
  ) {
    precondition(y.count == outputCount && x.count == inputCount && weights.count == tapCount)
    guard let y = y.baseAddress, let x = x.baseAddress, let weights = weights.baseAddress else {
      return
    }
    // SAFETY: the sums stay inside planes and taps of the sizes that were just compared.
    withUnsafePointer(to: windows) { cr_add_plane(y, x, weights, $0) }
  }

  /// The most pixels that `addTile` adds to.
  static let largestTile = Int(CR_TILE)

  /// What `addPlane` adds to some pixels of each plane of `y` for each plane of `x` in turn: the same
  /// bits, if the weights are finite and `y` has no −0.
  ///
  /// - Parameters:
  ///   - y: planes that are added to.
  ///   - pixels: those that are added to, at most `largestTile`.
  ///   - x: planes that are read.
  ///   - weights: [planes of y, planes of x, taps].
  func addTile(
    _ y: UnsafeMutableBufferPointer<Double>, _ pixels: Range<Int>,
    _ x: UnsafeBufferPointer<Double>, weights: UnsafeBufferPointer<Double>
  ) {
    let (outputs, rest) = y.count.quotientAndRemainder(dividingBy: max(outputCount, 1))
    let (channels, other) = x.count.quotientAndRemainder(dividingBy: max(inputCount, 1))
    precondition(rest == 0 && other == 0)
    precondition(weights.count == outputs * channels * tapCount)
    precondition(pixels.lowerBound >= 0 && pixels.upperBound <= outputCount)
    precondition(pixels.count <= Self.largestTile)
    guard let y = y.baseAddress, let x = x.baseAddress, let weights = weights.baseAddress else {
      return
    }
    // SAFETY: the sums stay inside planes and taps of the numbers that were just compared.
    withUnsafePointer(to: windows) {
      cr_add_tile(y, x, weights, $0, channels, outputs, pixels.lowerBound, pixels.count)
    }
  }
}
