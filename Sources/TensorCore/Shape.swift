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
