internal import Kernels
public import TensorCore

/// How the elements of a value lie in memory.
public enum Layout: String, Hashable, Sendable {
  /// Row-major.
  case plain
  /// `[batch, channels / 16, pixels, 16]`, zeros past the last channel.
  case blocked
}

/// What a value of a plan is: a shape, a number type, and where its elements lie.
public struct ValueType: Hashable, Sendable {
  /// The extents: batch, channels, and those of the image.
  public let shape: Shape
  /// The type of the elements.
  public let elementType: ElementType
  /// Where they lie.
  public let layout: Layout

  init(_ shape: Shape, _ layout: Layout) {
    precondition(layout == .plain || shape.rank >= 2)
    self.shape = shape
    elementType = .float32
    self.layout = layout
  }

  /// Elements of a plane: those behind batch and channels.
  var pixels: Int { shape.elementCount(from: 2) }

  /// Elements in memory, with what fills blocks up.
  public var storageCount: Int {
    switch layout {
    case .plain: shape.elementCount
    case .blocked: shape[0] * Blocked.count(channels: shape[1], pixels: pixels)
    }
  }

  /// Bytes in memory.
  public var byteCount: Int { storageCount * elementType.byteCount }

  /// Whether elements in row-major order have the same places in both.
  func hasSamePlaces(as other: ValueType) -> Bool {
    guard shape.elementCount == other.shape.elementCount else { return false }
    switch (layout, other.layout) {
    case (.plain, .plain): return true
    case (.blocked, .blocked): return shape[0] == other.shape[0] && shape[1] == other.shape[1]
    case (.blocked, .plain): return isPlainToo
    case (.plain, .blocked): return other.isPlainToo
    }
  }

  /// Whether blocks are row-major: one pixel, and every block full.
  private var isPlainToo: Bool { pixels == 1 && shape[1] % Blocked.channels == 0 }
}

/// A value of a plan: a value of the network in one layout, or what a step leaves for the next.
public struct PlanValue: Hashable, Sendable {
  /// Its name in the network.
  public let name: String
  /// What it is.
  public let type: ValueType
}

extension PlanValue: CustomStringConvertible {
  /// `relu1 [1, 64, 112, 112] blocked`; plain ones are not labelled.
  public var description: String {
    "\(name) \(type.shape)" + (type.layout == .plain ? "" : " \(type.layout.rawValue)")
  }
}
