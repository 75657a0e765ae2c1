internal import Kernels

/// A convolution as a product of matrices by OpenBLAS, tile by tile: the baseline.
///
///     output[o, p] = activation(addend[o, p] + Σ kernel[o, k] · columns[k, p] + bias[o])
///
/// A tile is `channelTile` output channels × `pixelTile` output pixels. The product is added to the
/// addend, which is there already where the output takes its memory; bias and rectifier are applied
/// while the tile is in cache. `columns` is the image itself, or what `Unfold` wrote in a
/// step before, or is unfolded here for the pixels of the tile, whose `k` rows then stay in L2.
struct ConvolutionProduct: Kernel {
  /// Where the right-hand matrix comes from.
  enum Columns: String, Sendable {
    /// The input image: a kernel of one tap that moves nothing.
    case image
    /// The input is `[batch, groups · k, pixels]`, unfolded already.
    case unfolded
    /// Unfolded by each task for its own pixels.
    case tile
  }

  let kernel: FloatArray  // [outputChannels, k], k = inputChannels / groups · kernel area
  let bias: FloatArray?  // [outputChannels]
  let columns: Columns
  let windows: Windows
  let batch: Int
  let groups: Int
  let inputChannels: Int
  let outputChannels: Int
  let addsLastInput: Bool
  let activation: Activation
  let channelTile: Int
  let pixelTile: Int

  private var depth: Int { inputChannels / groups * windows.kernel.count }
  private var channels: Blocks { Blocks(outputChannels / groups, of: channelTile) }
  private var pixels: Blocks { Blocks(windows.output.count, of: pixelTile) }

  var name: String {
    let source =
      switch columns {
      case .image: ""
      case .unfolded: ", unfolded before"
      case .tile: ", unfolded by tile"
      }
    return "product \(min(channelTile, outputChannels / groups))×"
      + "\(min(pixelTile, windows.output.count))\(source)"
  }

  /// The addend, the last input.
  var overwritableInputs: [Int] {
    addsLastInput ? [1] : []
  }
  var multipliesMatrices: Bool { true }
  var additionChain: Int { depth + (bias == nil ? 0 : 1) + (addsLastInput ? 1 : 0) }
  var taskCount: Int { batch * groups * channels.blockCount * pixels.blockCount }
  var scratchCount: Int { columns == .tile ? depth * min(pixelTile, windows.output.count) : 0 }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    // Channel tiles vary fastest: tasks that run together share the pixels they read.
    let channelRange = channels[task % channels.blockCount]
    let pixelRange = pixels[task / channels.blockCount % pixels.blockCount]
    let part = task / channels.blockCount / pixels.blockCount  // image · groups + group
    let group = part % groups
    let area = windows.output.count

    let right = rightMatrix(part, pixelRange, values, worker)
    let firstChannel = group * (outputChannels / groups) + channelRange.lowerBound
    let left = Matrix(
      kernel.elements, offset: firstChannel * depth, rows: channelRange.count, columns: depth)
    let offset =
      (part * (outputChannels / groups) + channelRange.lowerBound) * area + pixelRange.lowerBound
    let output = MutableMatrix(
      values.outputs[0], offset: offset, rows: channelRange.count, columns: pixelRange.count,
      rowStride: area)
    if addsLastInput, let addend = values.inputs.last {
      output.copy(
        Matrix(
          addend, offset: offset, rows: channelRange.count, columns: pixelRange.count,
          rowStride: area))
    }
    guard let product = worker.product else { preconditionFailure("a plan without products") }
    product.multiply(left, right, into: output, accumulating: addsLastInput)
    guard bias != nil || activation != .none else { return }
    worker.table.affineRows(
      output.reading, shift: bias?.elements.part(firstChannel..<firstChannel + channelRange.count),
      activation: activation, into: output)
  }

  /// The columns of a tile, [depth, pixels].
  private func rightMatrix(
    _ part: Int, _ pixelRange: Range<Int>, _ values: StepValues, _ worker: Worker
  ) -> Matrix {
    switch columns {
    case .image, .unfolded:
      return Matrix(
        values.inputs[0], offset: part * depth * windows.output.count + pixelRange.lowerBound,
        rows: depth, columns: pixelRange.count, rowStride: windows.output.count)
    case .tile:
      let channelCount = inputChannels / groups
      let tile = MutableMatrix(worker.scratch, rows: depth, columns: pixelRange.count)
      worker.table.unfold(
        values.inputs[0].part(part, of: channelCount * windows.input.count),
        channels: channelCount, windows: windows, firstRow: 0, firstPixel: pixelRange.lowerBound,
        into: tile)
      return tile.reading
    }
  }
}

/// What the windows of a convolution see, written out for all pixels: `im2col`.
///
/// A step of its own where images are so small that tiles are cut along channels: each would
/// unfold the whole image again.
struct Unfold: Kernel {
  let windows: Windows
  let batch: Int
  let channels: Int

  private var rows: Blocks { Blocks(channels * windows.kernel.count, of: 256) }

  var name: String { "unfold" }
  var additionChain: Int { 0 }
  var taskCount: Int { batch * rows.blockCount }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let (image, range) = (task / rows.blockCount, rows[task % rows.blockCount])
    let area = windows.output.count
    worker.table.unfold(
      values.inputs[0].part(image, of: channels * windows.input.count), channels: channels,
      windows: windows, firstRow: range.lowerBound, firstPixel: 0,
      into: MutableMatrix(
        values.outputs[0], offset: (image * rows.count + range.lowerBound) * area,
        rows: range.count, columns: area))
  }
}
