public import ModelGraph
public import TensorCore

/// A tensor of a file that was written, and the weight it was made of.
public struct WrittenTensor: Sendable, Equatable {
  /// The weight, `layer/role`; nil for a constant that the format asks for.
  public var weight: String?
  /// What was done to the weight, in order; nothing means its bits are untouched.
  public var transforms: [Ledger.Transform]
  /// The name of the file.
  public var file: String
  /// The tensor's name in the file.
  public var object: String
  /// Where its elements begin in the file.
  public var byteOffset: Int
  /// What each element is.
  public var elementType: ElementType
  /// The extents in the file.
  public var shape: Shape

  /// A tensor in a file.
  public init(
    weight: String?, transforms: [Ledger.Transform] = [], file: String, object: String,
    byteOffset: Int, elementType: ElementType, shape: Shape
  ) {
    self.weight = weight
    self.transforms = transforms
    self.file = file
    self.object = object
    self.byteOffset = byteOffset
    self.elementType = elementType
    self.shape = shape
  }
}
