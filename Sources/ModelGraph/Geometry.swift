/// A height and a width: of a kernel, a stride, a dilation.
public struct Extent: Hashable, Sendable {
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int

  /// An extent of `height` rows and `width` columns.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The same number of rows and columns.
  public init(_ side: Int) { self.init(height: side, width: side) }
}

/// What is added around an image: four numbers, because frameworks pad asymmetrically.
public struct Padding: Hashable, Sendable {
  /// Rows above.
  public var top: Int
  /// Columns to the left.
  public var left: Int
  /// Rows below.
  public var bottom: Int
  /// Columns to the right.
  public var right: Int

  /// Padding by side.
  public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }

  /// The same padding on opposite sides.
  public init(vertical: Int, horizontal: Int) {
    self.init(top: vertical, left: horizontal, bottom: vertical, right: horizontal)
  }

  /// No padding.
  public static let none = Padding()
}

/// How a size that is no multiple of the stride is divided.
public enum Rounding: String, Sendable, CaseIterable {
  /// The last incomplete window is left out.
  case floor
  /// The last incomplete window counts.
  case ceil
}
