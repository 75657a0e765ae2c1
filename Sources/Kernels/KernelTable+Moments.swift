internal import CKernels

/// What some elements are like, around an origin.
public struct Moments: Sendable, Equatable {
  /// How many there are.
  public var count = 0
  /// `Σ (x − origin)`; not finite where an element is not.
  public var sum = 0.0
  /// `Σ (x − origin)²`; not finite where an element is not.
  public var squares = 0.0
  /// The smallest element; anything where an element is NaN.
  public var minimum = Float.infinity
  /// The largest element; anything where an element is NaN.
  public var maximum = -Float.infinity
  /// Elements that are 0, of either sign.
  public var zeroCount = 0
  /// Elements between 0 and the smallest normal number.
  public var subnormalCount = 0

  /// No elements.
  public init() {}

  /// Adds others, around the same origin.
  public mutating func add(_ other: Moments) {
    count += other.count
    sum += other.sum
    squares += other.squares
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    zeroCount += other.zeroCount
    subnormalCount += other.subnormalCount
  }

  /// Adds one element.
  public mutating func add(_ element: Float, around origin: Double) {
    count += 1
    let distance = Double(element) - origin
    sum += distance
    squares += distance * distance
    minimum = min(minimum, element)
    maximum = max(maximum, element)
    if element == 0 { zeroCount += 1 }
    if element.isSubnormal { subnormalCount += 1 }
  }
}

extension KernelTable {
  /// The lanes of a row.
  public static let laneCount = 16

  /// The moments of 16 lanes, in double; the same bits on every instruction set.
  ///
  /// - Parameters:
  ///   - x: rows of 16 elements.
  ///   - origins: one for each lane, a number near its mean, so that no digits are lost.
  ///   - body: gets the moments of each lane.
  public func measure(
    _ x: UnsafeBufferPointer<Float>, around origins: UnsafeBufferPointer<Double>,
    _ body: (_ lane: Int, Moments) -> Void
  ) {
    let rows = x.count / Self.laneCount
    precondition(x.count % Self.laneCount == 0 && origins.count == Self.laneCount)
    precondition(rows < 1 << 32, "counts have 32 bits")
    guard rows > 0, let start = x.baseAddress else { return }
    var found = ck_moments()
    table.pointee.measure(&found, start, rows, origins.baseAddress)
    for lane in 0..<Self.laneCount {
      let lanes = ck_moments_of(&found, lane)
      var moments = Moments()
      moments.count = rows
      (moments.sum, moments.squares) = (lanes.sum, lanes.squares)
      (moments.minimum, moments.maximum) = (lanes.minimum, lanes.maximum)
      moments.zeroCount = Int(lanes.zeros)
      moments.subnormalCount = Int(lanes.subnormals)
      body(lane, moments)
    }
  }
}
