extension Tensor {
  /// Where the elements of a tensor come from.
  public enum Elements: Sendable {
    /// Bytes that are there, in memory or in a mapped file.
    case stored(Bytes)
    /// Bytes that are made when somebody wants them.
    case deferred(DeferredBytes)
    /// Bytes that nobody has.
    case absent(AbsentBytes)
  }

  /// A key for where elements come from: equal for tensors that may be one and the same weight. It
  /// holds for as long as the tensor lives.
  public struct Place: Hashable, Sendable {
    private let owner: ObjectIdentifier
    private let offset: Int

    init(of owner: AnyObject, offset: Int = 0) {
      self.owner = ObjectIdentifier(owner)
      self.offset = offset
    }
  }
}

extension Tensor.Elements {
  /// How many bytes there are, or will be.
  public var byteCount: Int {
    switch self {
    case .stored(let bytes): bytes.count
    case .deferred(let bytes): bytes.count
    case .absent(let bytes): bytes.count
    }
  }

  /// The bytes. Those that are deferred are made by this call and by every other: whoever looks at
  /// them more than once keeps them. Nobody has absent ones, and this ends the program.
  public func made() -> Bytes {
    switch self {
    case .stored(let bytes): bytes
    case .deferred(let bytes): bytes.made()
    case .absent: preconditionFailure("elements that nobody has are used")
    }
  }

  /// Where the elements come from.
  public var place: Tensor.Place {
    switch self {
    case .stored(let bytes): bytes.place
    case .deferred(let bytes): Tensor.Place(of: bytes)
    case .absent(let bytes): Tensor.Place(of: bytes)
    }
  }

  /// Whether both are the same elements from the same place.
  public func isIdentical(to other: Tensor.Elements) -> Bool {
    place == other.place && byteCount == other.byteCount
  }
}

/// Bytes that are made when somebody wants them, and are kept by nobody else.
///
/// For weights that are rearranged on their way out of a mapped file: a model of any size takes no
/// memory for them while nobody looks. It is an object, since a weight that layers share is one
/// before it is made.
public final class DeferredBytes: Sendable {
  /// How many bytes will be made.
  public let count: Int
  /// Where the same numbers are, perhaps in another order, type or number.
  let source: Tensor?
  private let make: @Sendable () -> Bytes

  init(count: Int, source: Tensor? = nil, make: @escaping @Sendable () -> Bytes) {
    self.count = count
    self.source = source
    self.make = make
  }

  func made() -> Bytes {
    let bytes = make()
    precondition(bytes.count == count, "\(bytes.count) bytes made instead of \(count)")
    return bytes
  }
}

/// Bytes that nobody has, known by their number only; an object for the same reason.
public final class AbsentBytes: Sendable {
  /// How many bytes there would be.
  public let count: Int

  init(count: Int) { self.count = count }
}
