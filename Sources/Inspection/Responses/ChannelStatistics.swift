internal import Kernels

/// What the elements of one channel look like, over any number of images.
///
/// Kept in double and merged plane by plane (T. Chan, G. Golub, R. LeVeque, 1979): the memory does
/// not grow, and no digits are lost where the mean is far from 0. The same images in the same order
/// give the same bits, in whatever batches and on however many threads.
public struct ChannelStatistics: Sendable, Equatable {
  /// How many elements there are.
  public private(set) var count = 0
  /// Elements that are infinite or no number; no other figure but `count` regards them.
  public private(set) var nonFiniteCount = 0
  /// The mean.
  public private(set) var mean = 0.0
  /// The smallest element; infinity if there is none.
  public private(set) var minimum = Double.infinity
  /// The largest element; −infinity if there is none.
  public private(set) var maximum = -Double.infinity
  /// Elements that are 0, of either sign.
  public private(set) var zeroCount = 0
  /// Elements between 0 and the smallest normal number: exact, but slow on most processors.
  public private(set) var subnormalCount = 0
  /// `Σ (x − mean)²`.
  private var squares = 0.0

  /// No elements.
  public init() {}

  /// How many elements are finite.
  public var finiteCount: Int { count - nonFiniteCount }
  /// The standard deviation (divided by the count); 0 where there is nothing.
  public var standardDeviation: Double {
    finiteCount == 0 ? 0 : (squares / Double(finiteCount)).squareRoot()
  }
  /// `Σ x²`.
  public var energy: Double { squares + Double(finiteCount) * mean * mean }
  /// The share of elements that are 0.
  public var zeroShare: Double { count == 0 ? 0 : Double(zeroCount) / Double(count) }
  /// Whether there was never anything but zeros.
  public var isZero: Bool { count > 0 && zeroCount == count }

  /// A number near the mean, for the moments of what comes next.
  func origin(before first: Float) -> Double {
    finiteCount > 0 ? mean : first.isFinite ? Double(first) : 0
  }

  /// Adds a plane whose elements are all finite.
  mutating func add(_ moments: Moments, around origin: Double) {
    guard moments.count > 0 else { return }
    let shift = moments.sum / Double(moments.count)
    var plane = ChannelStatistics()
    plane.count = moments.count
    plane.mean = origin + shift
    plane.squares = max(moments.squares - moments.sum * shift, 0)
    plane.minimum = Double(moments.minimum)
    plane.maximum = Double(moments.maximum)
    plane.zeroCount = moments.zeroCount
    plane.subnormalCount = moments.subnormalCount
    merge(plane)
  }

  /// Adds elements one by one.
  public mutating func add(_ elements: some Collection<Float>) {
    guard let first = elements.first else { return }
    add(elements, around: origin(before: first))
  }

  /// Adds the elements of a plane one by one: some may not be finite.
  mutating func add(_ elements: some Sequence<Float>, around origin: Double) {
    var moments = Moments()
    for element in elements {
      if element.isFinite {
        moments.add(element, around: origin)
      } else {
        count += 1
        nonFiniteCount += 1
      }
    }
    add(moments, around: origin)
  }

  /// Adds the elements of another channel, or of other images.
  public mutating func merge(_ other: ChannelStatistics) {
    let (a, b) = (Double(finiteCount), Double(other.finiteCount))
    if b > 0 {
      let distance = other.mean - mean
      mean = a == 0 ? other.mean : mean + distance * (b / (a + b))
      squares += other.squares + (a == 0 ? 0 : distance * distance * (a * b / (a + b)))
    }
    count += other.count
    nonFiniteCount += other.nonFiniteCount
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    zeroCount += other.zeroCount
    subnormalCount += other.subnormalCount
  }
}
