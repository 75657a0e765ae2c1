internal import CKernels

/// How the windows of a convolution or a pooling lie over one plane.
public struct Windows: Hashable, Sendable {
  /// Rows and columns.
  public struct Size: Hashable, Sendable {
    /// Rows.
    public var height: Int
    /// Columns.
    public var width: Int

    /// A number of rows and columns.
    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    /// Rows times columns.
    public var count: Int { height * width }
  }

  /// The plane that is read.
  public var input: Size
  /// The plane that is written: one element for each window.
  public var output: Size
  /// The window.
  public var kernel: Size
  /// The distance between windows.
  public var stride: Size
  /// The distance between the taps of a window.
  public var dilation: Size
  /// Rows above and columns to the left of the plane.
  public var leadingPadding: Size
  /// Rows below and columns to the right; they only matter to the divisor of an average.
  public var trailingPadding: Size

  /// Windows over a plane.
  public init(
    input: Size, output: Size, kernel: Size, stride: Size, dilation: Size, leadingPadding: Size,
    trailingPadding: Size
  ) {
    self.input = input
    self.output = output
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.leadingPadding = leadingPadding
    self.trailingPadding = trailingPadding
  }

  /// Whether each window is the element at its own place: the output is the input.
  public var isIdentity: Bool {
    let unit = Size(height: 1, width: 1)
    let none = Size(height: 0, width: 0)
    return kernel == unit && stride == unit && leadingPadding == none && trailingPadding == none
  }

  /// Whether there is one window, and it is the plane.
  public var isWholePlane: Bool {
    let none = Size(height: 0, width: 0)
    return kernel == input && output.count == 1 && leadingPadding == none && trailingPadding == none
  }

  var c: ck_windows {
    ck_windows(
      height: input.height, width: input.width, output_height: output.height,
      output_width: output.width, kernel_height: kernel.height, kernel_width: kernel.width,
      stride_height: stride.height, stride_width: stride.width,
      dilation_height: dilation.height, dilation_width: dilation.width,
      pad_top: leadingPadding.height, pad_left: leadingPadding.width,
      pad_bottom: trailingPadding.height, pad_right: trailingPadding.width)
  }
}
