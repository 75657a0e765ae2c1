internal import CKernels

/// A convolution of one image over blocks of channels: what is multiplied, and how it is cut.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// Channels that are read.
  public let inputChannels: Int
  /// Channels that are written.
  public let outputChannels: Int
  /// Groups of channels that see only each other.
  public let groups: Int
  /// How the windows lie.
  public let windows: Windows

  /// A convolution; the groups divide both numbers of channels.
  public init(inputChannels: Int, outputChannels: Int, groups: Int, windows: Windows) {
    precondition(
      groups > 0 && inputChannels % groups == 0 && outputChannels % groups == 0
        && inputChannels > 0 && outputChannels > 0)
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
    self.windows = windows
  }

  /// A fully connected layer: one tap over one pixel.
  public init(inputs: Int, outputs: Int) {
    let unit = Windows.Size(height: 1, width: 1)
    let none = Windows.Size(height: 0, width: 0)
    self.init(
      inputChannels: inputs, outputChannels: outputs, groups: 1,
      windows: Windows(
        input: unit, output: unit, kernel: unit, stride: unit, dilation: unit,
        leadingPadding: none, trailingPadding: none))
  }

  /// Products that each output adds.
  public var depth: Int { inputChannels / groups * windows.kernel.count }

  /// Floats of an image that is read, in blocks.
  public var inputCount: Int { Blocked.count(channels: inputChannels, pixels: windows.input.count) }
  /// Floats of an image that is written, in blocks.
  public var outputCount: Int {
    Blocked.count(channels: outputChannels, pixels: windows.output.count)
  }
  /// Floats of the weights before they are packed.
  public var weightCount: Int { outputChannels * depth }

  /// Whether Winograd's kernels compute it: 3 × 3, neighbouring windows, one group.
  public var isWinogradShape: Bool {
    let unit = Windows.Size(height: 1, width: 1)
    return windows.kernel == Windows.Size(height: 3, width: 3) && windows.stride == unit
      && windows.dilation == unit && groups == 1
  }

  /// Whether each channel is convolved with a kernel of its own.
  public var isDepthwise: Bool {
    groups == inputChannels && inputChannels == outputChannels
  }

  var c: ck_convolution {
    ck_convolution(
      input_channels: inputChannels, output_channels: outputChannels, groups: groups,
      windows: windows.c)
  }
}

/// Activations in blocks of 16 channels: `[images, blocks, pixels, 16]`, zeros past the last channel.
public enum Blocked {
  /// Channels of a block.
  public static let channels = Int(CK_BLOCK)

  /// The blocks that hold some channels.
  public static func blocks(_ channels: Int) -> Int {
    (channels + Self.channels - 1) / Self.channels
  }

  /// Floats of an image.
  public static func count(channels: Int, pixels: Int) -> Int {
    blocks(channels) * Self.channels * pixels
  }
}

/// What happens to the sums of a convolution: `y = activation(sum + residual)`, the sum starting at
/// the bias.
public struct Epilogue {
  /// One for each channel of the blocks, 0 past the last; nil for zeros.
  public let bias: UnsafeBufferPointer<Float>?
  /// Laid out as the output; nil for none.
  public let residual: UnsafeBufferPointer<Float>?
  /// The rectifier.
  public let activation: Activation

  /// An epilogue.
  public init(
    bias: UnsafeBufferPointer<Float>?, residual: UnsafeBufferPointer<Float>?,
    activation: Activation
  ) {
    self.bias = bias
    self.residual = residual
    self.activation = activation
  }

  var c: ck_epilogue {
    ck_epilogue(
      bias: bias?.baseAddress, residual: residual?.baseAddress, activation: activation.c)
  }
}

/// The part of an output that one call computes; any split gives the same bits.
public struct Part {
  /// Of the batch.
  public let images: Range<Int>
  /// Of the output.
  public let rows: Range<Int>
  /// Runs of output channels that a kernel keeps in registers; blocks for kernels without weights.
  public let panels: Range<Int>

  /// A part.
  public init(images: Range<Int>, rows: Range<Int>, panels: Range<Int>) {
    self.images = images
    self.rows = rows
    self.panels = panels
  }

  var c: ck_part {
    ck_part(images: ck_span(images), rows: ck_span(rows), panels: ck_span(panels))
  }
}

extension ck_span {
  init(_ range: Range<Int>) { self.init(first: range.lowerBound, end: range.upperBound) }
}
