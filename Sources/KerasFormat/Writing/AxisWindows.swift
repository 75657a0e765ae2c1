/// Windows along one axis, and what Keras' padding makes of them.
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
  private var samePadding: (before: Int, after: Int) {
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
