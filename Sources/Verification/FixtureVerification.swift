public import ModelGraph
internal import Reference
internal import Runtime
public import TensorCore

/// How a model compares with the golden values of a fixture.
public struct FixtureVerification: Sendable {
  /// One golden and the value it was compared with.
  public struct Comparison: Sendable {
    /// The array in the fixture.
    public var array: String
    /// The value of the network.
    public var value: String
    /// The part of the value that was compared.
    public var shape: Shape
    /// The number type of the golden.
    public var goldenType: ElementType
    /// How far the value is from the golden.
    public var deviation: Deviation
    /// What the largest deviation may be; of a golden in half precision, what it may be beyond
    /// half a step of each element.
    public var bound: Double
    /// What the rms of the deviation may be.
    public var rootMeanSquareBound: Double
    /// Whether both stay within their bounds.
    public var agrees: Bool {
      bound.isFinite && deviation.excess <= bound
        && deviation.rootMeanSquare <= rootMeanSquareBound
    }
    /// Where the worst element is, in the shape that was compared; nil where all are as expected.
    public var worstIndex: [Int]? {
      deviation.worst.map { worst in
        var rest = worst.index
        var index: [Int] = []
        for extent in shape.dimensions.reversed() {
          index.insert(rest % extent, at: 0)
          rest /= extent
        }
        return index
      }
    }
  }

  /// In how many images the classes agree with those of the golden output.
  public struct Agreement: Sendable {
    /// The images compared.
    public var imageCount: Int
    /// Images with the same best class.
    public var top1: Int
    /// Images whose golden best class is among the five best.
    public var top5: Int
  }

  /// Every comparison, in topological order.
  public var comparisons: [Comparison]
  /// Arrays that match no value.
  public var unmatched: [(array: String, reason: String)]
  /// The distinct values that were compared.
  public var comparedCount: Int { Set(comparisons.map(\.value)).count }
  /// The distinct values the fixture speaks of.
  public var valueCount: Int
  /// The classes of the last output; nil where the fixture has no golden of it with classes.
  public var agreement: Agreement?
  /// The best class of each image, by the last output; nil where that has no classes.
  public var predictions: [Int]?
  /// Seconds of the run that was compared.
  public var seconds: Double

  /// The first value, in topological order, that is further off than rounding explains.
  public var firstDiverging: Comparison? { comparisons.first { !$0.agrees } }
  /// Whether everything was compared and agrees.
  public var passes: Bool {
    firstDiverging == nil && unmatched.isEmpty && !comparisons.isEmpty
  }

  /// Runs a network on a fixture and compares.
  ///
  /// The bound is six times the measured scale of rounding, `RoundingScale`, for the arithmetic that
  /// the golden may come from. A float32 golden was rounded as well as the value, so its bound is √2
  /// as wide. The oracle rounds 2²⁹ times finer than float32. Of a golden in half precision each
  /// element may also be off by half of its own step.
  /// - Parameter scale: of this network on this fixture's inputs.
  /// - Throws: `NetworkError` where the inputs do not fit.
  public init(
    of network: Network, on fixture: Fixture, engine: Engine, scale: RoundingScale
  ) throws(NetworkError) {
    let goldens = Dictionary(grouping: fixture.goldens, by: \.value)
    let last = network.outputs.last
    var comparisons: [Comparison] = []
    var agreement: Agreement?
    var predictions: [Int]?
    let observed = Set(goldens.keys).union(last.map { [$0] } ?? [])
    seconds = try engine.run(network, inputs: fixture.inputs, observing: observed) {
      name, tensor in
      let found = tensor.doubles
      if name == last { predictions = Agreement.bestClasses(found, tensor.shape) }
      for golden in goldens[name] ?? [] {
        let expected = golden.tensor.doubles
        let part = FixtureVerification.part(golden.shape, of: found, tensor.shape)
        let type = golden.tensor.elementType
        let roundings = FixtureVerification.roundings(engine, type)
        let spread = scale.spread(of: name, golden: type)
        // The smallest step of the result itself: a value without rounding above it is exact.
        let step = roundings * FixtureVerification.largest(expected) * Perturbation.unitRoundoff
        let ownRounding = FixtureVerification.rootMeanSquareStep(expected, type)
        comparisons.append(
          Comparison(
            array: golden.array, value: name, shape: golden.shape,
            goldenType: type,
            deviation: Deviation(found: part, expected: expected, storedAs: type),
            bound: RoundingScale.gate * roundings * spread.maximum + step,
            rootMeanSquareBound: RoundingScale.gate * roundings * spread.rootMeanSquare + step
              + ownRounding))
        if name == last {
          agreement = Agreement(found: part, expected: expected, shape: golden.shape)
        }
      }
    }
    self.comparisons = comparisons
    self.agreement = agreement
    self.predictions = predictions
    unmatched = fixture.unmatched
    valueCount = fixture.valueCount
  }

  /// How many float32 roundings, in the sense of independent noise, lie between value and golden.
  private static func roundings(_ engine: Engine, _ golden: ElementType) -> Double {
    // Beside half precision the engine's own rounding is nothing.
    guard golden.byteCount >= 4 else { return 1 }
    let other = golden == .float64 ? Engine.oracle.roundoff : 1
    return (engine.roundoff * engine.roundoff + other * other).squareRoot()
  }

  /// The rms of half a step of each element of a golden in half precision; 0 for other types, whose
  /// step is in the bound.
  private static func rootMeanSquareStep(_ expected: [Double], _ type: ElementType) -> Double {
    guard type.byteCount < 4 else { return 0 }
    let steps = expected.lazy.map { element in
      element.isFinite
        ? max(abs(element) * type.unitRoundoff, type.leastNonzeroMagnitude / 2) : 0
    }
    return (steps.reduce(0) { $0 + $1 * $1 } / Double(max(expected.count, 1))).squareRoot()
  }

  private static func largest(_ elements: [Double]) -> Double {
    elements.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
  }

  /// The first images and channels of a value.
  static func part(_ part: Shape, of elements: [Double], _ whole: Shape) -> [Double] {
    guard part.rank > 1, part[1] < whole[1] else {
      return Array(elements.prefix(part.elementCount))
    }
    let image = whole.elementCount(from: 1)
    return (0..<part[0]).flatMap { n in
      elements[n * image..<n * image + part.elementCount(from: 1)]
    }
  }
}

extension FixtureVerification.Agreement {
  /// Compares the classes; nil where there are no classes.
  init?(found: [Double], expected: [Double], shape: Shape) {
    guard let best = Self.bestClasses(expected, shape) else { return nil }
    let classes = shape[1]
    imageCount = shape[0]
    top1 = 0
    top5 = 0
    for image in 0..<imageCount where best[image] >= 0 {
      let row = image * classes..<(image + 1) * classes
      let chosen = row.lowerBound + best[image]
      // A tie or a NaN is no agreement: only classes that are surely worse are not counted.
      let better = row.count { $0 != chosen && !(found[$0] < found[chosen]) }
      if better == 0 { top1 += 1 }
      if better < 5 { top5 += 1 }
    }
  }

  /// The first of the largest elements of each image, -1 where one is NaN; nil unless the shape is that of classes,
  /// `[batch, classes]` with extents of 1 behind.
  static func bestClasses(_ elements: [Double], _ shape: Shape) -> [Int]? {
    guard shape.rank > 1, shape[1] > 1, shape.elementCount(from: 2) == 1 else { return nil }
    return (0..<shape[0]).map { image in
      let row = elements[image * shape[1]..<(image + 1) * shape[1]]
      if row.contains(where: \.isNaN) { return -1 }
      return (row.indices.max { row[$0] < row[$1] } ?? row.startIndex) - row.startIndex
    }
  }
}
