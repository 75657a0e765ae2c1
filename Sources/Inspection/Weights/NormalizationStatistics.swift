internal import ModelGraph
internal import TensorCore

/// The numbers of a batch normalization, channel by channel, and which of them are odd.
public struct NormalizationStatistics: Sendable {
  /// What training left of the statistics.
  public enum Training: String, Sendable {
    /// They are of batches that were seen.
    case trained
    /// Means of 0 and variances of 1 throughout, as they are made.
    case initial
    /// A factor of 0: no batch was ever seen.
    case neverSeen
  }

  /// A variance this many times the median of its layer is huge.
  public static let largeVarianceRatio = 1e4
  /// A gamma below this part of the largest of its layer is near 0.
  public static let smallGammaRatio = 1e-3

  /// The layer's name.
  public let layer: String
  /// What is added to the variances.
  public let epsilon: Double
  /// What the sums of Caffe are divided by; nil for statistics that are stored as they are.
  public let factor: Double?
  /// The means, divided by the factor.
  public let means: [Double]
  /// The variances, divided by the factor.
  public let variances: [Double]
  /// The learned scales; nil where the layer has none.
  public let gammas: [Double]?
  /// The learned offsets; nil where the layer has none.
  public let betas: [Double]?
  /// What training left.
  public let training: Training
  /// Channels whose variance is below epsilon, which decides there alone.
  public let smallVariances: [Int]
  /// Channels whose variance is far above the others.
  public let largeVariances: [Int]
  /// Channels with a mean or variance that cannot be used: not finite, or below 0 with epsilon.
  public let impossible: [Int]
  /// Channels whose gamma is 0: their output is beta, whatever enters.
  public let zeroGammas: [Int]
  /// Channels whose gamma is near 0, but not 0.
  public let smallGammas: [Int]

  /// The numbers of a layer.
  ///
  /// - Parameter scale: a scale behind a normalization without gamma and beta, Caffe's pair.
  init(_ layer: Layer.BatchNormalization, named name: String, scale: Layer.Scale?) {
    self.layer = name
    epsilon = layer.epsilon
    factor = layer.factor?.doubles[0]
    let (means, variances) = layer.statistics
    (self.means, self.variances) = (means, variances)
    gammas = (layer.gamma ?? scale?.scale)?.doubles
    betas = (layer.beta ?? scale?.bias)?.doubles
    let isInitial = means.allSatisfy { $0 == 0 } && variances.allSatisfy { $0 == 1 }
    training = layer.isUntrained ? .neverSeen : isInitial ? .initial : .trained

    let epsilon = layer.epsilon
    let impossible = means.indices.filter {
      !means[$0].isFinite || !variances[$0].isFinite || variances[$0] + epsilon <= 0
    }
    self.impossible = impossible
    let usable = variances.indices.filter { !impossible.contains($0) }
    let isSeen = training != .neverSeen
    smallVariances = isSeen ? usable.filter { variances[$0] < epsilon } : []
    let median = usable.map { variances[$0] }.sorted().dropFirst(usable.count / 2).first ?? 0
    largeVariances =
      median > 0 ? usable.filter { variances[$0] > Self.largeVarianceRatio * median } : []
    let magnitudes = gammas?.map(abs) ?? []
    let largest = magnitudes.filter(\.isFinite).max() ?? 0
    zeroGammas = magnitudes.indices.filter { magnitudes[$0] == 0 }
    smallGammas = magnitudes.indices.filter {
      magnitudes[$0] > 0 && magnitudes[$0] < Self.smallGammaRatio * largest
    }
  }

  /// What a channel is multiplied by: `gamma / sqrt(variance + epsilon)`.
  public func factor(of channel: Int) -> Double {
    (gammas?[channel] ?? 1) / (variances[channel] + epsilon).squareRoot()
  }
}
