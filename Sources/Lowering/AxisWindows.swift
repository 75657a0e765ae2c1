internal import ModelGraph
internal import TensorCore

/// Windows along one axis, and what the padding `same` of TensorFlow and Keras makes of them.
struct AxisWindows {
  /// How many there are.
  var count: Int
  /// The extent of the image.
  var extent: Int
  /// From the first to behind the last element of a window.
  var reach: Int
  var stride: Int
  /// Elements around the image.
  var before = 0
  var after = 0

  /// Each element is a window.
  static func each(of extent: Int) -> AxisWindows {
    AxisWindows(count: extent, extent: extent, reach: 1, stride: 1)
  }

  /// What `same` adds: so much that there is a window for each stride, the odd one behind.
  var samePadding: (before: Int, after: Int) {
    let total = max((sameCount - 1) * stride + reach - extent, 0)
    return (total / 2, total - total / 2)
  }

  private var sameCount: Int { (extent + stride - 1) / stride }

  /// Whether `same` pads exactly so.
  var isSame: Bool { samePadding == (before, after) }

  /// Whether `same` has windows at the same places; what is behind the image does not count.
  var hasSameWindows: Bool { sameCount == count && samePadding.before == before }

  /// Whether they are every nth of the windows that `same` has at stride 1.
  var hasDenseSameWindows: Bool { sameCount == count && (reach - 1) / 2 == before }

  /// Whether the image holds these windows and no more.
  var isValid: Bool {
    before == 0 && extent >= reach && (extent - reach) / stride + 1 == count
  }

  /// How many elements behind the image the last window needs.
  var missing: Int { max((count - 1) * stride + reach - before - extent, 0) }

  /// The same windows over an image that has the elements around it.
  var padded: AxisWindows {
    AxisWindows(count: count, extent: before + extent + missing, reach: reach, stride: stride)
  }
}

extension Layer.Convolution {
  /// The windows along rows and columns of an image.
  func axes(over image: Shape) -> [AxisWindows] {
    let kernel = kernel.shape
    let rows = dilation.height * (kernel[2] - 1) + 1
    let columns = dilation.width * (kernel[3] - 1) + 1
    return [
      AxisWindows(
        count: (image[2] + padding.top + padding.bottom - rows) / stride.height + 1,
        extent: image[2], reach: rows, stride: stride.height, before: padding.top,
        after: padding.bottom),
      AxisWindows(
        count: (image[3] + padding.left + padding.right - columns) / stride.width + 1,
        extent: image[3], reach: columns, stride: stride.width, before: padding.left,
        after: padding.right),
    ]
  }
}

extension Layer.Pooling {
  /// The windows along rows and columns of an image.
  func axes(over image: Shape, to output: Shape) -> (rows: AxisWindows, columns: AxisWindows) {
    (
      AxisWindows(
        count: output[2], extent: image[2], reach: kernel.height, stride: stride.height,
        before: padding.top, after: padding.bottom),
      AxisWindows(
        count: output[3], extent: image[3], reach: kernel.width, stride: stride.width,
        before: padding.left, after: padding.right)
    )
  }
}
