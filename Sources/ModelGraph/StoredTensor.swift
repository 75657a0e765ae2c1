public import TensorCore

/// A tensor where it lies in a file.
public struct StoredTensor: Sendable, Hashable {
  /// The name of the file, without its folder.
  public var file: String
  /// Its name there: `conv1/blobs[0]`.
  public var object: String
  /// Where its elements begin in that file; nil where they do not lie in one piece as they are, but
  /// in compressed chunks, for example.
  public var byteOffset: Int?
  /// What each of its elements is.
  public var elementType: ElementType
  /// Its extents in the file.
  public var shape: Shape

  /// A tensor in a file.
  public init(
    file: String, object: String, byteOffset: Int?, elementType: ElementType, shape: Shape
  ) {
    self.file = file
    self.object = object
    self.byteOffset = byteOffset
    self.elementType = elementType
    self.shape = shape
  }

  /// The bytes its elements take, wherever they lie.
  public var byteCount: Int { shape.elementCount * elementType.byteCount }
}
