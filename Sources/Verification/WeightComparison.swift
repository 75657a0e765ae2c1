internal import Alignment
internal import TensorCore

/// The weights of two models, layer by layer where the graph says that layers are the same.
public struct WeightComparison: Sendable {
  /// A weight that is not the same in both.
  public struct Difference: Sendable, Equatable {
    /// The weight's name in the first model; where only the second has it, its name there.
    public var name: String
    /// What differs: presence, shape or numbers.
    public var reason: String
  }

  /// Weights that are bit-equal.
  public private(set) var equalCount = 0
  /// Weights that are the same number by number, but for how they are stored: another type, a
  /// factor in front, a rounding to float32.
  public private(set) var equivalentCount = 0
  /// Weights that have another shape in the second model: a kernel with zeros around it. What they
  /// do is judged by the values.
  public private(set) var reshaped: [Difference] = []
  /// The others.
  public private(set) var differences: [Difference] = []

  /// Four steps of float32: what a conversion through a root or a quotient may be off.
  private static let tolerance = 0x1p-22

  /// Compares the weights of an alignment.
  init(_ pairs: [WeightPair]) {
    for pair in pairs { add(pair) }
  }

  private mutating func add(_ pair: WeightPair) {
    guard let a = pair.firstTensor, let b = pair.secondTensor else {
      // An offset of zeros and a scale of ones say what their absence says.
      let tensor = pair.firstTensor ?? pair.secondTensor
      let name = pair.firstTensor == nil ? pair.second : pair.first
      let neutral = name.hasSuffix("/gamma") || name.hasSuffix("/scale") ? 1.0 : 0
      if tensor?.doubles.allSatisfy({ $0 == neutral }) ?? true {
        equivalentCount += 1
      } else {
        let side = pair.firstTensor == nil ? "second" : "first"
        differences.append(Difference(name: name, reason: "only in the \(side) model"))
      }
      return
    }
    if pair.firstDivisor == pair.secondDivisor, a.isBitEqual(to: b) {
      equalCount += 1
      return
    }
    guard a.shape.elementCount == b.shape.elementCount else {
      reshaped.append(Difference(name: pair.first, reason: "\(a.shape) and \(b.shape)"))
      return
    }
    let expected = a.scaled(by: pair.firstDivisor)
    let found = b.scaled(by: pair.secondDivisor)
    let isEquivalent = zip(expected, found).allSatisfy { x, y in
      x == y || x.isNaN && y.isNaN || abs(x - y) <= Self.tolerance * max(abs(x), abs(y))
    }
    if isEquivalent {
      equivalentCount += 1
    } else {
      let deviation = Deviation(found: found, expected: expected)
      differences.append(
        Difference(name: pair.first, reason: "differ by at most \(deviation.maximum)"))
    }
  }
}

extension Tensor {
  /// The elements divided by a factor of running sums; a factor of 0 makes zeros.
  fileprivate func scaled(by divisor: Double) -> [Double] {
    if divisor == 1 { return doubles }
    return doubles.map { divisor == 0 ? 0 : $0 / divisor }
  }
}
