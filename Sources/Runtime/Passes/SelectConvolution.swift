internal import Kernels
internal import ModelGraph
internal import TensorCore

/// Chooses the kernel and the tiles of a convolution.
///
/// - A kernel of one tap that moves nothing multiplies the image as it lies.
/// - Large images are unfolded tile by tile: a tile of columns stays in L2 (`columnsInCache`).
/// - Small images are unfolded whole, in a step before, and tiles are cut along channels.
enum SelectConvolution {
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

  static func steps(
    _ operation: Operation, _ layer: Layer.Convolution, in draft: PlanDraft
  ) throws(NetworkError) -> [Step] {
    let input = draft.shapes[operation.inputs[0]]!  // every value has a shape
    let output = draft.shapes[operation.outputs[0]]!
    let windows = Windows(layer, from: input, to: output)
    let depth = layer.kernel.shape.elementCount(from: 1)
    let bias = layer.bias.map(FloatArray.init)
    if layer.groups > 1, layer.groups == input[1] {
      let kernel = DepthwiseConvolution(
        kernel: FloatArray(layer.kernel), bias: bias, windows: windows, batch: input[0],
        inputChannels: input[1], outputChannels: output[1],
        addsLastInput: operation.addsLastInput, activation: operation.activation)
      return [try Step(operation, kernel, in: draft, depth: depth)]
    }
    let largest = max(depth, windows.output.count, output[1])
    guard largest <= MatrixProduct.largestExtent else {
      throw NetworkError(
        layer: operation.name,
        "expected a matrix of at most \(MatrixProduct.largestExtent) rows and columns, found \(largest)"
      )
    }
    let isSmall = windows.output.count <= smallImage
    let columns: ConvolutionProduct.Columns =
      windows.isIdentity ? .image : isSmall ? .unfolded : .tile
    let product = ConvolutionProduct(
      kernel: FloatArray(layer.kernel), bias: bias, columns: columns, windows: windows,
      batch: input[0], groups: layer.groups, inputChannels: input[1], outputChannels: output[1],
      addsLastInput: operation.addsLastInput, activation: operation.activation,
      channelTile: columns == .tile ? output[1] : channelTile(output[1] / layer.groups),
      pixelTile: pixelTile(windows.output.count, depth))
    let step = try Step(operation, product, in: draft, depth: depth)
    guard columns == .unfolded else { return [step] }
    let unfold = Unfold(windows: windows, batch: input[0], channels: input[1])
    let shape = Shape([input[0], layer.groups * depth, windows.output.count])
    return step.unfolding(
      with: unfold, into: shape, named: draft.unusedName("\(operation.name)/columns"))
  }

  /// Two tiles or more, where they are not too small.
  private static func channelTile(_ channels: Int) -> Int {
    min(max((channels + 1) / 2, channelTiles.lowerBound), channelTiles.upperBound)
  }

  /// Equal parts of the image whose columns fit the cache.
  private static func pixelTile(_ area: Int, _ depth: Int) -> Int {
    guard area > smallImage else { return area }
    let most = min(max(columnsInCache / depth, 4 * pixelStep), largestPixelTile)
    let tiles = (area + most - 1) / most
    let even = (area + tiles - 1) / tiles
    return (even + pixelStep - 1) / pixelStep * pixelStep
  }
}

extension PlanDraft {
  /// A name like `name` that no value of the network has.
  fileprivate func unusedName(_ name: String) -> String {
    shapes[name] == nil ? name : unusedName(name + "'")
  }
}

extension Windows {
  init(_ layer: Layer.Convolution, from input: Shape, to output: Shape) {
    self.init(
      input: Size(input), output: Size(output),
      kernel: Size(height: layer.kernel.shape[2], width: layer.kernel.shape[3]),
      stride: Size(layer.stride), dilation: Size(layer.dilation),
      leadingPadding: Size(height: layer.padding.top, width: layer.padding.left),
      trailingPadding: Size(height: layer.padding.bottom, width: layer.padding.right))
  }

  init(_ layer: Layer.Pooling, from input: Shape, to output: Shape) {
    self.init(
      input: Size(input), output: Size(output), kernel: Size(layer.kernel),
      stride: Size(layer.stride), dilation: Size(layer.dilation),
      leadingPadding: Size(height: layer.padding.top, width: layer.padding.left),
      trailingPadding: Size(height: layer.padding.bottom, width: layer.padding.right))
  }
}

extension Windows.Size {
  /// The planes of an image, [batch, channels, height, width].
  init(_ shape: Shape) { self.init(height: shape[2], width: shape[3]) }

  init(_ extent: Extent) { self.init(height: extent.height, width: extent.width) }
}

extension KernelTable.PoolingKind {
  init(_ layer: Layer.Pooling) {
    switch (layer.kind, layer.divisor) {
    case (.maximum, _): self = .maximum
    case (.average, .paddedWindow): self = .averageOfPaddedWindow
    case (.average, .imageWindow): self = .averageOfImageWindow
    }
  }
}

extension KernelTable.Combination {
  init(_ layer: Layer.Elementwise, inputCount: Int) {
    switch layer.operation {
    case .sum:
      self = .sum(
        coefficients: layer.coefficients.isEmpty
          ? [Float](repeating: 1, count: inputCount) : layer.coefficients.map { Float($0) })
    case .product: self = .product
    case .maximum: self = .maximum
    case .minimum: self = .minimum
    }
  }
}
