internal import Kernels
internal import ModelGraph
internal import TensorCore

/// The baseline: a convolution as a product of matrices by OpenBLAS.
///
/// - A kernel of one tap that moves nothing multiplies the image as it lies.
/// - Large images are unfolded tile by tile: a tile of columns stays in L2 (`columnsInCache`).
/// - Small images are unfolded whole, in a step before, and tiles are cut along channels.
extension SelectKernels {
  /// The floats of a tile's columns: 512 KiB, half of the smallest L2 that matters.
  private static let columnsInCache = 1 << 17
  /// Up to this many pixels, 28² and a few more, a convolution is cut along channels only: each
  /// tile of pixels would have all the weights packed again.
  private static let smallImage = 1024
  /// Pixel tiles are multiples of what OpenBLAS computes at once, so that only the last has edges.
  private static let pixelStep = 16
  /// More pixels would leave some threads without work.
  private static let largestPixelTile = 784
  /// The output channels of a tile: for fewer the columns are packed too often.
  private static let channelTiles = 64...256

  func product(
    _ operation: Operation, _ geometry: ConvolutionGeometry, _ weights: LayerWeights,
    _ values: Values
  ) throws(NetworkError) -> Candidate {
    let (windows, depth, batch) = (geometry.windows, geometry.depth, values.input[0])
    let (channels, groups) = (geometry.outputChannels, geometry.groups)
    let largest = max(depth, windows.output.count, channels)
    guard largest <= MatrixProduct.largestExtent else {
      throw NetworkError(
        layer: operation.name,
        "expected a matrix of at most \(MatrixProduct.largestExtent) rows and columns, found \(largest)"
      )
    }
    let isSmall = windows.output.count <= Self.smallImage
    let columns: ConvolutionProduct.Columns =
      windows.isIdentity ? .image : isSmall ? .unfolded : .tile
    let product = ConvolutionProduct(
      kernel: FloatArray(weights.scaledKernel),
      bias: weights.bias.map { FloatArray(Tensor([$0.count], $0)) }, columns: columns,
      windows: windows, batch: batch, groups: groups, inputChannels: geometry.inputChannels,
      outputChannels: channels, addsLastInput: operation.addsLastInput,
      activation: operation.activation,
      channelTile: columns == .tile ? channels : channelTile(channels / groups),
      pixelTile: pixelTile(windows.output.count, depth))
    var candidate = values.plain(product)
    guard columns == .unfolded else { return candidate }
    candidate.preparations = [
      .init(
        kernel: Unfold(windows: windows, batch: batch, channels: geometry.inputChannels),
        suffix: "columns", count: batch * groups * depth * windows.output.count)
    ]
    return candidate
  }

  /// Two tiles or more, where they are not too small.
  private func channelTile(_ channels: Int) -> Int {
    min(
      max((channels + 1) / 2, Self.channelTiles.lowerBound), Self.channelTiles.upperBound)
  }

  /// Equal parts of the image whose columns fit the cache.
  private func pixelTile(_ area: Int, _ depth: Int) -> Int {
    guard area > Self.smallImage else { return area }
    let most = min(
      max(Self.columnsInCache / depth, 4 * Self.pixelStep), Self.largestPixelTile)
    let tiles = (area + most - 1) / most
    let even = (area + tiles - 1) / tiles
    return (even + Self.pixelStep - 1) / Self.pixelStep * Self.pixelStep
  }
}
