extension Layer {
  /// Inputs joined along `axis`, in their order.
  public struct Concatenation: Sendable {
    /// The axis whose extents add up.
    public var axis: Int

    /// A concatenation.
    public init(axis: Int = 1) { self.axis = axis }
  }

  /// An input cut before each of `points` along `axis`: one output more than points.
  public struct Slice: Sendable {
    /// The axis that is cut.
    public var axis: Int
    /// Where each output but the first begins; nil: as many equal parts as outputs.
    public var points: [Int]?

    /// A slice layer.
    public init(axis: Int = 1, points: [Int]?) {
      self.axis = axis
      self.points = points
    }
  }

  /// Every `step`-th element along `axis`, from `start` to before `end`.
  public struct Crop: Sendable {
    /// The axis.
    public var axis: Int
    /// The first element; a negative number counts from the end.
    public var start: Int
    /// The element before which it ends, counted likewise; nil: all that follow.
    public var end: Int?
    /// From one element to the next; 1 or more.
    public var step: Int

    /// A crop layer.
    public init(axis: Int, start: Int = 0, end: Int? = nil, step: Int = 1) {
      self.axis = axis
      self.start = start
      self.end = end
      self.step = step
    }

    /// The elements that are taken of `extent`; bounds past an end mean that end.
    public func elements(of extent: Int) -> StrideTo<Int> {
      func place(_ index: Int) -> Int {
        min(max(index < 0 ? index + extent : index, 0), extent)
      }
      // A longer step takes no more elements; the end of the integers must not be passed.
      return stride(
        from: place(start), to: end.map(place) ?? extent, by: min(step, max(extent, 1)))
    }
  }

  /// Zeros, or another number, around an image, and before and after its channels (shortcut option
  /// A).
  public struct ZeroPadding: Sendable {
    /// Rows and columns of zeros; so many are cut off where a number is negative.
    public var spatial: Padding
    /// Channels of zeros before the first.
    public var channelsBefore: Int
    /// Channels of zeros after the last.
    public var channelsAfter: Int
    /// What stands in place of zeros, if another number does.
    public var value: Double

    /// A padding layer.
    public init(
      spatial: Padding = .none, channelsBefore: Int = 0, channelsAfter: Int = 0, value: Double = 0
    ) {
      self.spatial = spatial
      self.channelsBefore = channelsBefore
      self.channelsAfter = channelsAfter
      self.value = value
    }

    /// Whether rows or columns are cut off.
    public var cutsOff: Bool {
      [spatial.top, spatial.left, spatial.bottom, spatial.right].contains { $0 < 0 }
    }
  }

  /// The axes `axis...endAxis` merged into one.
  public struct Flatten: Sendable {
    /// The first axis merged.
    public var axis: Int
    /// The last axis merged; −1 is the last of all.
    public var endAxis: Int

    /// A flatten layer.
    public init(axis: Int = 1, endAxis: Int = -1) {
      self.axis = axis
      self.endAxis = endAxis
    }
  }

  /// Axis `i` of the output is axis `axes[i]` of the input.
  public struct Permutation: Sendable {
    /// Each axis of the input once: `[0, 3, 1, 2]` puts the last of four behind the first.
    public var axes: [Int]

    /// A permutation.
    public init(axes: [Int]) { self.axes = axes }
  }

  /// The axes from `axis` on, `axisCount` of them, replaced by `extents`.
  public struct Reshape: Sendable {
    /// The new extents: 0 copies the extent at its place, −1 (at most one) takes what remains.
    public var extents: [Int]
    /// The first axis replaced.
    public var axis: Int
    /// How many axes are replaced; nil: all that follow.
    public var axisCount: Int?

    /// A reshape layer.
    public init(extents: [Int], axis: Int = 0, axisCount: Int? = nil) {
      self.extents = extents
      self.axis = axis
      self.axisCount = axisCount
    }
  }
}
