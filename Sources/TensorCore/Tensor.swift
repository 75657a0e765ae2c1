/// An immutable array of numbers: a shape, a number type, and bytes that are used where they lie.
///
/// Row-major, little-endian, the last axis innermost. The bytes may start at any address, since a
/// tensor can be a piece of a memory-mapped file: read elements through the accessors.
public struct Tensor: Sendable {
  /// The extents.
  public let shape: Shape
  /// What each element is.
  public let elementType: ElementType
  /// The elements; `shape.elementCount * elementType.byteCount` bytes.
  public let bytes: Bytes

  /// A tensor over bytes; nil if their number does not fit shape and type.
  public init?(shape: Shape, elementType: ElementType, bytes: Bytes) {
    let (byteCount, overflow) = shape.elementCount.multipliedReportingOverflow(
      by: elementType.byteCount)
    guard !overflow, bytes.count == byteCount else { return nil }
    self.shape = shape
    self.elementType = elementType
    self.bytes = bytes
  }

  /// A float32 tensor that owns a copy of `elements`.
  public init(_ shape: Shape, _ elements: [Float]) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements for \(shape)")
    let bytes = elements.withUnsafeBytes { Bytes(copying: $0) }
    self.init(shape: shape, elementType: .float32, bytes: bytes)!
  }

  /// A float64 tensor that owns a copy of `elements`.
  public init(_ shape: Shape, _ elements: [Double]) {
    precondition(elements.count == shape.elementCount, "\(elements.count) elements for \(shape)")
    let bytes = elements.withUnsafeBytes { Bytes(copying: $0) }
    self.init(shape: shape, elementType: .float64, bytes: bytes)!
  }

  /// A float32 tensor whose elements `fill` writes; they are zero before.
  public init(_ shape: Shape, filling fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
    let bytes = Bytes(count: shape.elementCount * 4) { fill($0.bindMemory(to: Float.self)) }
    self.init(shape: shape, elementType: .float32, bytes: bytes)!
  }

  /// A float32 tensor whose elements nobody has: a weight of a definition without weights. A look at
  /// an element ends the program; nil if the elements cannot be counted.
  public init?(absent shape: Shape) {
    let (byteCount, overflow) = shape.elementCount.multipliedReportingOverflow(by: 4)
    guard !overflow else { return nil }
    self.init(shape: shape, elementType: .float32, bytes: Bytes(absent: byteCount))
  }

  /// Whether nobody has the elements.
  public var isAbsent: Bool { bytes.isAbsent }

  /// The same elements under another shape of as many elements.
  public func reshaped(to shape: Shape) -> Tensor {
    precondition(shape.elementCount == self.shape.elementCount, "\(self.shape) as \(shape)")
    return Tensor(shape: shape, elementType: elementType, bytes: bytes)!
  }

  /// Whether both are the same elements of the same storage: a weight that layers share.
  public func isIdentical(to other: Tensor) -> Bool {
    shape == other.shape && elementType == other.elementType && bytes.isIdentical(to: other.bytes)
  }

  /// Whether type, shape and every bit are equal: NaNs and signed zeros count as their bits.
  public func isBitEqual(to other: Tensor) -> Bool {
    shape == other.shape && elementType == other.elementType && bytes == other.bytes
  }
}
