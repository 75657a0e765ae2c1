/// The order of the axes of images in arrays: what a framework takes, gives and writes to files.
public enum ArrayLayout: String, Sendable, CaseIterable {
  /// `[batch, channels, height, width]`.
  case nchw
  /// `[batch, height, width, channels]`.
  case nhwc
}
