public import TensorCore

/// What the numbers of a tensor look like.
public struct WeightStatistics: Sendable, Equatable {
  /// How many elements there are.
  public var count = 0
  /// The smallest finite element; 0 if there is none.
  public var minimum = 0.0
  /// The largest finite element; 0 if there is none.
  public var maximum = 0.0
  /// The mean of the finite elements.
  public var mean = 0.0
  /// Their standard deviation (divided by the count).
  public var standardDeviation = 0.0
  /// Elements that are zero, of either sign.
  public var zeroCount = 0
  /// Elements that are no number.
  public var nanCount = 0
  /// Elements that are infinite.
  public var infiniteCount = 0
  /// Elements below the normal range of their type: exact, but slow on most processors.
  public var subnormalCount = 0

  /// Looks at every element of some tensors, taken as one.
  public init(of tensors: [Tensor]) {
    var (finiteCount, sum, squares) = (0, 0.0, 0.0)
    var (smallest, largest) = (Double.infinity, -Double.infinity)
    // Sums of differences from the first element: no cancellation where the mean is far from 0.
    var origin: Double?
    for tensor in tensors {
      let leastNormal = tensor.elementType.leastNormal
      tensor.forEachElement { _, element in
        count += 1
        guard element.isFinite else {
          if element.isNaN { nanCount += 1 } else { infiniteCount += 1 }
          return
        }
        if element == 0 {
          zeroCount += 1
        } else if abs(element) < leastNormal {
          subnormalCount += 1
        }
        let first = origin ?? element
        origin = first
        finiteCount += 1
        sum += element - first
        squares += (element - first) * (element - first)
        smallest = min(smallest, element)
        largest = max(largest, element)
      }
    }
    guard finiteCount > 0, let origin else { return }
    minimum = smallest
    maximum = largest
    let shift = sum / Double(finiteCount)
    mean = origin + shift
    standardDeviation = max(squares / Double(finiteCount) - shift * shift, 0).squareRoot()
  }
}
