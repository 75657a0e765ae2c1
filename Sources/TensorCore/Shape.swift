/// The extents of a tensor, outermost first.
///
/// No extent is negative and the number of elements fits an `Int`: whoever holds a shape may
/// multiply its extents without a check.
public struct Shape: Hashable, Sendable {
  /// The extents, outermost first; empty for a scalar.
  public let dimensions: [Int]
  /// The product of the extents; 1 for a scalar.
  public let elementCount: Int

  /// A shape from extents that come from a file; nil if one is negative or their product overflows.
  public init?(checking dimensions: [Int]) {
    var count = 1
    for dimension in dimensions {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      count = product
    }
    // [0, 2^62, 4] has no elements, but its strides overflow all the same.
    if count == 0 {
      guard Shape(checking: dimensions.filter { $0 != 0 }) != nil else { return nil }
    }
    self.dimensions = dimensions
    elementCount = count
  }

  /// A shape from extents that are known to be sane.
  public init(_ dimensions: [Int]) {
    guard let shape = Shape(checking: dimensions) else {
      preconditionFailure("not a shape: \(dimensions)")
    }
    self = shape
  }

  /// The shape of two operands combined as NumPy does: lined up at their last axes, an axis of 1, or
  /// one that is missing, is repeated. Nil where two extents differ and neither is 1.
  public init?(broadcasting first: Shape, _ second: Shape) {
    guard first != second else {
      self = first
      return
    }
    let rank = max(first.rank, second.rank)
    var dimensions: [Int] = []
    for axis in 0..<rank {
      let (a, b) = (axis - rank + first.rank, axis - rank + second.rank)
      let extents = (a < 0 ? 1 : first[a], b < 0 ? 1 : second[b])
      guard extents.0 == extents.1 || extents.0 == 1 || extents.1 == 1 else { return nil }
      dimensions.append(extents.0 == 1 ? extents.1 : extents.0)
    }
    self.init(checking: dimensions)
  }

  /// From one element to the next along each axis of `whole`, a shape that this one is broadcast
  /// to; 0 along an axis that is repeated.
  public func strides(broadcastTo whole: Shape) -> [Int] {
    (0..<whole.rank).map { axis in
      let own = axis - whole.rank + rank
      return own < 0 || self[own] == 1 ? 0 : elementCount(from: own + 1)
    }
  }

  /// The number of extents.
  public var rank: Int { dimensions.count }

  /// The extent of one axis.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// The product of the extents from `axis` on; 1 past the last.
  public func elementCount(from axis: Int) -> Int {
    dimensions[axis...].reduce(1, *)
  }

  /// The product of the extents before `axis`.
  public func elementCount(before axis: Int) -> Int {
    dimensions[..<axis].reduce(1, *)
  }

  /// The same shape with one extent replaced.
  public func replacing(_ axis: Int, by extent: Int) -> Shape {
    var copy = dimensions
    copy[axis] = extent
    return Shape(copy)
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// A shape written as its extents: `[1, 3, 224, 224]`.
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  /// The extents as `[1, 3, 224, 224]`.
  public var description: String { "\(dimensions)" }
}
