public import ModelGraph
internal import TensorCore

/// What a layer slides over images.
public struct LayerWindow: Sendable, Equatable {
  /// Rows and columns of the window.
  public var kernel: Extent
  /// Rows and columns between windows.
  public var stride: Extent
  /// Rows and columns between the elements of a window.
  public var dilation: Extent
  /// Rows and columns around the image.
  public var padding: Padding
  /// Independent parts of the channels.
  public var groups: Int

  /// The window of a convolution or pooling; nil for any other layer.
  init?(of layer: Layer) {
    switch layer {
    case .convolution(let layer):
      kernel = Extent(height: layer.kernel.shape[2], width: layer.kernel.shape[3])
      (stride, dilation, padding) = (layer.stride, layer.dilation, layer.padding)
      groups = layer.groups
    case .pooling(let layer):
      (kernel, stride, dilation, padding) = (
        layer.kernel, layer.stride, layer.dilation, layer.padding
      )
      groups = 1
    default: return nil
    }
  }
}
