internal import ModelGraph
internal import TensorCore

/// A factor and an addend for each channel, in double: what layers in a row come to.
struct ComposedAffine {
  /// The factors; nil for ones.
  private(set) var factors: [Double]?
  /// The addends; nil for zeros.
  private(set) var addends: [Double]?

  /// What layers come to; nil where one of them is more, or has no numbers.
  init?(_ nodes: [Node]) {
    for node in nodes {
      guard !node.layer.weights.contains(where: \.tensor.isAbsent),
        let next = Self.step(node.layer), follow(by: next.factors, next.addends)
      else { return nil }
    }
  }

  /// How many channels there are; nil where that does not matter.
  var count: Int? { factors?.count ?? addends?.count }

  private static func step(_ layer: Layer) -> (factors: [Double]?, addends: [Double]?)? {
    switch layer {
    case .batchNormalization(let layer):
      let (means, variances) = layer.statistics
      let gammas = layer.gamma?.doubles
      let betas = layer.beta?.doubles
      let factors = variances.indices.map {
        (gammas?[$0] ?? 1) / (variances[$0] + layer.epsilon).squareRoot()
      }
      return (factors, means.indices.map { (betas?[$0] ?? 0) - means[$0] * factors[$0] })
    case .scale(let layer):
      guard let scale = layer.scale, layer.axis == 1, scale.shape.rank <= 1 else { return nil }
      return (scale.doubles, layer.bias?.doubles)
    case .bias(let layer):
      guard let bias = layer.bias, layer.axis == 1, bias.shape.rank <= 1 else { return nil }
      return (nil, bias.doubles)
    case .convolution(let layer): return (layer.kernel.doubles, layer.bias?.doubles)
    default: return nil
    }
  }

  private mutating func follow(by next: [Double]?, _ addend: [Double]?) -> Bool {
    let counts = Set([factors, addends, next, addend].compactMap { $0?.count })
    guard counts.count <= 1 else { return false }
    if let next {
      factors = factors.map { zip($0, next).map { $0 * $1 } } ?? next
      addends = addends.map { zip($0, next).map { $0 * $1 } }
    }
    if let addend { addends = addends.map { zip($0, addend).map { $0 + $1 } } ?? addend }
    return true
  }

  /// Kernels with these factors, and the biases at the end of each row.
  func effect(on kernel: WeightRows, bias: [Double]?, _ count: Int) -> WeightRows? {
    guard self.count ?? count == count, kernel.rowCount == count else { return nil }
    var elements: [Double] = []
    elements.reserveCapacity(kernel.elements.count + count)
    for channel in 0..<count {
      let factor = factors?[channel] ?? 1
      elements += kernel.row(channel).map { $0 * factor }
      elements.append((bias?[channel] ?? 0) * factor + (addends?[channel] ?? 0))
    }
    return WeightRows(elements, rowCount: count)
  }

  /// How another differs, as two weights.
  func differences(
    from other: ComposedAffine, count: Int, first: String, second: String, order: [Int]?
  ) -> [WeightDifference] {
    func pair(_ word: String, _ a: [Double]?, _ b: [Double]?, _ neutral: Double)
      -> WeightDifference
    {
      let all = Array(repeating: neutral, count: count)
      var difference = WeightDifference(
        first: "\(first)/\(word)", second: "\(second)/\(word)", shapes: ([count], [count]),
        relation: .reshaped)
      let (x, y) = (WeightRows(a ?? all, rowCount: count), WeightRows(b ?? all, rowCount: count))
      let moved = order.map { $0.count == count ? x.rows($0) : x } ?? x
      guard moved.elements.count == y.elements.count else { return difference }
      difference.compare(moved, y)
      // Both were computed here, through a root and a quotient.
      if difference.relativeL2 <= 1e-6 { difference.relation = .equivalent }
      return difference
    }
    return [
      pair("factors", factors, other.factors, 1), pair("addends", addends, other.addends, 0),
    ]
  }
}
