/// What a network says about an image: a number for each class.
public struct ClassScores: Sendable {
  /// Sum to 1 where `areProbabilities`.
  public let values: [Double]
  /// Whether they are probabilities, or numbers of the network's own scale.
  public let areProbabilities: Bool

  /// Scores.
  public init(_ values: [Double], areProbabilities: Bool) {
    self.values = values
    self.areProbabilities = areProbabilities
  }

  /// The classes with the highest scores, the best first; of equal ones the first first, and what is
  /// no number last.
  public func best(_ count: Int) -> [Int] {
    let keys = values.map { $0.isNaN ? -.infinity : $0 }
    return keys.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] > keys[$1] }
      .prefix(count).map { $0 }
  }
}

/// What is averaged of several looks at an image.
public enum Averaging: String, Sendable, CaseIterable {
  /// The probabilities of each look.
  case probabilities
  /// What enters the softmax: it is taken once, of the mean.
  case logits
}
