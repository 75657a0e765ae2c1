/// Counts, range, mean and deviation of numbers, which can be joined to those of more numbers.
///
/// Within one run of numbers the deviation is summed from the mean itself, so that nothing cancels;
/// runs are joined by the formula of Chan, Golub and LeVeque (1979).
public struct ElementMoments: Sendable, Equatable {
  /// How many elements there are.
  public internal(set) var count = 0
  /// How many of them are finite: all that follows but the last is of these.
  public internal(set) var finiteCount = 0
  /// The smallest; +∞ if there is none.
  public internal(set) var minimum = Double.infinity
  /// The largest; −∞ if there is none.
  public internal(set) var maximum = -Double.infinity
  /// The sum and what its rounding lost: numbers of both signs leave little of it.
  private var sum = 0.0
  private var lost = 0.0
  /// The sum of squared differences from the mean.
  var deviationSum = 0.0
  /// The sum of squares.
  public internal(set) var energy = 0.0
  /// Those that are zero, of either sign.
  public internal(set) var zeroCount = 0
  /// Those below the normal range of their type: exact, but slow on most processors.
  public internal(set) var subnormalCount = 0
  /// Elements that are no number.
  public internal(set) var nanCount = 0
  /// Elements that are infinite.
  public internal(set) var infiniteCount = 0

  /// The mean; 0 if there is none.
  public var mean: Double { finiteCount > 0 ? (sum + lost) / Double(finiteCount) : 0 }
  /// The standard deviation (divided by the count).
  public var standardDeviation: Double {
    finiteCount > 0 ? (deviationSum / Double(finiteCount)).squareRoot() : 0
  }
  /// The square root of the sum of squares.
  public var norm: Double { energy.squareRoot() }
  /// The largest magnitude; 0 if there is none.
  public var magnitude: Double { finiteCount > 0 ? max(-minimum, maximum, 0) : 0 }
  /// Whether all elements are zero.
  public var isZero: Bool { count > 0 && zeroCount == count }
  /// Whether all elements are the same number, and there are several.
  public var isConstant: Bool { count > 1 && finiteCount == count && minimum == maximum }

  init() {}

  /// The numbers of one run, of which the finite ones are moved to its begin.
  ///
  /// - Parameter leastNormal: the smallest positive normal number of their type.
  init(compacting numbers: UnsafeMutableBufferPointer<Double>, leastNormal: Double) {
    count = numbers.count
    finiteCount = count
    var run = UnsafeBufferPointer(numbers)
    var scan = RunScan(run, leastNormal: leastNormal)
    if !scan.isAllFinite {
      nanCount = numbers.count { $0.isNaN }
      finiteCount = numbers.compactFinite()
      infiniteCount = count - finiteCount - nanCount
      run = UnsafeBufferPointer(rebasing: run[..<finiteCount])
      scan = RunScan(run, leastNormal: leastNormal)
    }
    guard finiteCount > 0 else { return }
    (minimum, maximum) = (scan.minimum, scan.maximum)
    (zeroCount, subnormalCount) = (scan.zeroCount, scan.smallCount - scan.zeroCount)
    energy = scan.squareSum
    let center = scan.sum / Double(finiteCount)
    let (difference, squares) = run.sums { lanes in
      let difference = lanes - center
      return (difference, difference * difference)
    }
    // What the rounding of the mean adds is taken away again.
    deviationSum = max(squares - difference * difference / Double(finiteCount), 0)
    sum = scan.sum
  }

  /// Takes in the numbers of another run.
  mutating func join(_ other: ElementMoments) {
    count += other.count
    nanCount += other.nanCount
    infiniteCount += other.infiniteCount
    zeroCount += other.zeroCount
    subnormalCount += other.subnormalCount
    guard other.finiteCount > 0 else { return }
    let (n, m) = (Double(finiteCount), Double(other.finiteCount))
    let difference = other.mean - mean
    deviationSum += other.deviationSum + difference * difference * (n / (n + m) * m)
    let whole = sum + other.sum
    // The sum of both without rounding is `whole` and this (Knuth).
    let part = whole - sum
    lost += other.lost + ((sum - (whole - part)) + (other.sum - part))
    sum = whole
    energy += other.energy
    finiteCount += other.finiteCount
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }
}

/// The first look at a run.
private struct RunScan {
  var sum = 0.0
  var squareSum = 0.0
  var minimum = Double.infinity
  var maximum = -Double.infinity
  /// Zeros and subnormals.
  var smallCount = 0
  var zeroCount = 0
  var isAllFinite = true

  init(_ numbers: UnsafeBufferPointer<Double>, leastNormal: Double) {
    var (low, high) = (SIMD4<Double>(repeating: .infinity), SIMD4<Double>(repeating: -.infinity))
    var (sums, squares) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var (zeros, small) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var odd = SIMD4<Double>.zero
    let (one, none) = (SIMD4<Double>(repeating: 1), SIMD4<Double>.zero)
    let whole = numbers.count / 4 * 4
    for index in stride(from: 0, to: whole, by: 4) {
      let lanes = numbers.lanes(at: index)
      low = pointwiseMin(low, lanes)
      high = pointwiseMax(high, lanes)
      sums += lanes
      squares += lanes * lanes
      odd += lanes - lanes  // NaN where one is not finite
      zeros += none.replacing(with: one, where: lanes .== 0)
      small += none.replacing(
        with: one, where: (lanes .< leastNormal) .& (lanes .> -leastNormal))
    }
    (minimum, maximum) = (low.min(), high.max())
    (sum, squareSum) = (sums.sum(), squares.sum())
    var difference = odd.sum()
    (zeroCount, smallCount) = (Int(zeros.sum()), Int(small.sum()))
    for number in numbers[whole...] {
      minimum = min(minimum, number)
      maximum = max(maximum, number)
      sum += number
      squareSum += number * number
      difference += number - number
      if number == 0 { zeroCount += 1 }
      if abs(number) < leastNormal { smallCount += 1 }
    }
    isAllFinite = difference == 0
  }
}

extension UnsafeMutableBufferPointer<Double> {
  /// Moves the finite numbers to the begin, in their order.
  ///
  /// - Returns: how many they are.
  func compactFinite() -> Int {
    var kept = 0
    for number in self where number.isFinite {
      self[kept] = number
      kept += 1
    }
    return kept
  }
}

extension UnsafeBufferPointer<Double> {
  /// Four numbers from an index on.
  func lanes(at index: Int) -> SIMD4<Double> {
    // SAFETY: callers stop four before the end.
    UnsafeRawPointer(baseAddress! + index).loadUnaligned(as: SIMD4<Double>.self)
  }

  /// The sums of two functions of each number, four at a time.
  func sums(
    _ terms: (SIMD4<Double>) -> (SIMD4<Double>, SIMD4<Double>)
  ) -> (Double, Double) {
    var (first, second) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    let whole = count / 4 * 4
    for index in stride(from: 0, to: whole, by: 4) {
      let (a, b) = terms(lanes(at: index))
      first += a
      second += b
    }
    var (sum, other) = (first.sum(), second.sum())
    for number in self[whole...] {
      let (a, b) = terms(SIMD4(repeating: number))
      sum += a[0]
      other += b[0]
    }
    return (sum, other)
  }
}
