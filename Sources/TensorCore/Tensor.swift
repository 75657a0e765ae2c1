/// An immutable array of numbers: a shape, a number type, and elements that are used where they lie,
/// or made when somebody looks.
///
/// Row-major, little-endian, the last axis innermost. The bytes may start at any address, since a
/// tensor can be a piece of a memory-mapped file: read elements through the accessors, each of which
/// makes deferred ones once.
public struct Tensor: Sendable {
  /// The extents.
  public let shape: Shape
  /// What each element is.
  public let elementType: ElementType
  /// Where the elements come from; `shape.elementCount * elementType.byteCount` bytes.
  public let elements: Elements

  private init?(shape: Shape, elementType: ElementType, elements: Elements) {
    guard elements.byteCount == elementType.byteCount(of: shape) else { return nil }
    self.shape = shape
    self.elementType = elementType
    self.elements = elements
  }

  /// A tensor over bytes; nil if their number does not fit shape and type.
  public init?(shape: Shape, elementType: ElementType, bytes: Bytes) {
    self.init(shape: shape, elementType: elementType, elements: .stored(bytes))
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

  /// A tensor whose elements are made each time somebody wants them; nil if they cannot be counted.
  ///
  /// - Parameters:
  ///   - source: a tensor of the same numbers, moved or widened; or of the one that is repeated.
  ///   - make: gives a tensor of this shape and type, always the same.
  public init?(
    deferred shape: Shape, elementType: ElementType = .float32, sameNumbersAs source: Tensor? = nil,
    make: @escaping @Sendable () -> Tensor
  ) {
    guard let byteCount = elementType.byteCount(of: shape) else { return nil }
    let bytes = DeferredBytes(count: byteCount, source: source) {
      let tensor = make()
      precondition(
        tensor.shape == shape && tensor.elementType == elementType,
        "\(tensor.elementType) \(tensor.shape) made instead of \(elementType) \(shape)")
      return tensor.elements.made()
    }
    self.init(shape: shape, elementType: elementType, elements: .deferred(bytes))
  }

  /// A float32 tensor whose elements nobody has: a weight of a definition without weights. A look at
  /// an element ends the program; nil if the elements cannot be counted.
  public init?(absent shape: Shape) {
    guard let byteCount = ElementType.float32.byteCount(of: shape) else { return nil }
    self.init(
      shape: shape, elementType: .float32, elements: .absent(AbsentBytes(count: byteCount)))
  }

  /// How many bytes the elements have, or will have.
  public var byteCount: Int { elements.byteCount }

  /// The bytes of elements that are there: in a mapped file, their offset is that in the file. Nil
  /// for deferred and absent ones.
  public var storedBytes: Bytes? {
    if case .stored(let bytes) = elements { bytes } else { nil }
  }

  /// Whether nobody has the elements.
  public var isAbsent: Bool {
    if case .absent = elements { true } else { false }
  }

  /// The same elements under another shape of as many elements.
  public func reshaped(to shape: Shape) -> Tensor {
    precondition(shape.elementCount == self.shape.elementCount, "\(self.shape) as \(shape)")
    return Tensor(shape: shape, elementType: elementType, elements: elements)!  // just counted
  }

  /// Where the elements come from, as a key for tensors that layers share.
  public var place: Place { elements.place }

  /// Whether both are the same elements from the same place: a weight that layers share.
  public func isIdentical(to other: Tensor) -> Bool {
    shape == other.shape && elementType == other.elementType
      && elements.isIdentical(to: other.elements)
  }

  /// Whether type, shape and every bit are equal: NaNs and signed zeros count as their bits.
  public func isBitEqual(to other: Tensor) -> Bool {
    guard shape == other.shape, elementType == other.elementType else { return false }
    return elements.isIdentical(to: other.elements)
      || elements.made() == other.elements.made()
  }
}

extension ElementType {
  /// The bytes of as many elements as a shape has; nil if they cannot be counted.
  fileprivate func byteCount(of shape: Shape) -> Int? {
    let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: byteCount)
    return overflow ? nil : count
  }
}
