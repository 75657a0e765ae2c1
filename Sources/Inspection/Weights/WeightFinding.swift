internal import ModelGraph
internal import TensorCore

/// Something about weights that deserves attention.
public struct WeightFinding: Sendable, Equatable {
  /// What it is, the most important first.
  public enum Kind: Int, Sendable, CaseIterable, Comparable {
    /// Elements that are infinite or no number.
    case nonFinite
    /// Statistics of batch normalization that no output can be computed with.
    case impossibleStatistics
    /// A kernel that is zero as a whole.
    case zeroKernel
    /// Statistics of a net that was never trained.
    case untrained
    /// Filters that are zero.
    case zeroFilters
    /// Filters whose weights are all one number.
    case constantFilters
    /// Filters that equal another bit by bit.
    case duplicateFilters
    /// Batch normalization multiplies by 0.
    case zeroGamma
    /// Batch normalization multiplies by nearly 0.
    case smallGamma
    /// Epsilon decides what batch normalization divides by.
    case smallVariance
    /// A variance far above those of its layer.
    case largeVariance
    /// Elements that float16 cannot hold.
    case float16Overflow
    /// Elements far from the others.
    case outliers
    /// Elements that are slow on most processors.
    case subnormal

    /// By importance.
    public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
  }

  /// What it is.
  public let kind: Kind
  /// The tensor or layer.
  public let place: String
  /// How many are affected.
  public let count: Int
  /// Of how many.
  public let total: Int
  /// The finding in words.
  public let sentence: String
}

extension WeightFinding {
  /// As many findings of one kind are told one by one.
  static let listedCount = 8

  /// What there is to find, the most important first; within a kind what affects the largest share.
  static func all(
    in tensors: [TensorStatistics], _ normalizations: [NormalizationStatistics]
  ) -> [WeightFinding] {
    let found =
      tensors.flatMap(findings) + normalizations.flatMap(findings)
      + untrained(normalizations)
    // The order of the layers is kept where all else is equal.
    let sorted = found.enumerated().sorted { left, right in
      let (a, b) = (left.element, right.element)
      if a.kind != b.kind { return a.kind < b.kind }
      let shares = (Double(a.count) / Double(a.total), Double(b.count) / Double(b.total))
      return shares.0 == shares.1 ? left.offset < right.offset : shares.0 > shares.1
    }
    return sorted.map(\.element)
  }

  /// The findings in words: of each kind the first ones, and how many more there are.
  public static func sentences(_ findings: [WeightFinding]) -> [String] {
    Kind.allCases.flatMap { kind in
      let own = findings.filter { $0.kind == kind }
      let shown = own.prefix(listedCount).map(\.sentence)
      guard own.count > listedCount else { return shown }
      let rest = own.dropFirst(listedCount)
      let (count, total) = rest.reduce((0, 0)) { ($0.0 + $1.count, $0.1 + $1.total) }
      return shown + ["\(rest.count) more: \(kind.phrase(count, of: total))"]
    }
  }

  private static func findings(of tensor: TensorStatistics) -> [WeightFinding] {
    let (moments, channels) = (tensor.moments, tensor.channels)
    let place = tensor.role == .kernel ? tensor.layer ?? tensor.name : tensor.name
    var found: [WeightFinding] = []
    func add(_ kind: Kind, _ count: Int, of total: Int, _ addition: String = "") {
      guard count > 0 else { return }
      found.append(
        WeightFinding(
          kind: kind, place: place, count: count, total: total,
          sentence: "\(place): \(kind.phrase(count, of: total))\(addition)"))
    }
    add(
      .nonFinite, moments.count - moments.finiteCount, of: moments.count,
      tensor.firstNonFinite.map { ", the first at \(tensor.indices(of: $0))" } ?? "")
    if !channels.isEmpty, moments.isZero {
      add(.zeroKernel, moments.count, of: moments.count)
    } else {
      let dead = channels.indices.filter { channels[$0].moments.isZero }
      add(.zeroFilters, dead.count, of: channels.count, named(dead))
      let constant = channels.indices.filter {
        channels[$0].moments.isConstant && !channels[$0].moments.isZero
      }
      add(.constantFilters, constant.count, of: channels.count, named(constant))
      let copies = channels.indices.filter { channels[$0].duplicated != nil }
      let pairs = copies.prefix(3).map { "\($0) = \(channels[$0].duplicated ?? 0)" }
      add(
        .duplicateFilters, copies.count, of: channels.count,
        " (\(pairs.joined(separator: ", "))\(copies.count > 3 ? ", …" : ""))")
    }
    add(.float16Overflow, tensor.cost.float16OverflowCount, of: moments.count)
    add(.outliers, tensor.outlierCount, of: moments.count)
    add(.subnormal, moments.subnormalCount, of: moments.count)
    return found
  }

  private static func findings(of layer: NormalizationStatistics) -> [WeightFinding] {
    func finding(_ kind: Kind, _ channels: [Int]) -> WeightFinding? {
      guard !channels.isEmpty else { return nil }
      let total = layer.variances.count
      return WeightFinding(
        kind: kind, place: layer.layer, count: channels.count, total: total,
        sentence: "\(layer.layer): \(kind.phrase(channels.count, of: total))\(named(channels))")
    }
    return [
      finding(.impossibleStatistics, layer.impossible), finding(.zeroGamma, layer.zeroGammas),
      finding(.smallGamma, layer.smallGammas), finding(.smallVariance, layer.smallVariances),
      finding(.largeVariance, layer.largeVariances),
    ].compactMap { $0 }
  }

  /// All normalizations of an untrained net are one finding.
  private static func untrained(_ layers: [NormalizationStatistics]) -> [WeightFinding] {
    let own = layers.filter { $0.training != .trained }
    guard let first = own.first else { return [] }
    let phrase = Kind.untrained.phrase(own.count, of: layers.count)
    return [
      WeightFinding(
        kind: .untrained, place: first.layer, count: own.count, total: layers.count,
        sentence: own.count == layers.count
          ? phrase
          : "\(phrase): \(own.prefix(3).map(\.layer).joined(separator: ", "))"
            + (own.count > 3 ? ", …" : ""))
    ]
  }

  /// A few channels by their numbers.
  private static func named(_ channels: [Int]) -> String {
    guard !channels.isEmpty else { return "" }
    let shown = channels.prefix(5).map(String.init).joined(separator: ", ")
    return " (\(shown)\(channels.count > 5 ? ", …" : ""))"
  }
}

extension WeightFinding.Kind {
  /// `31 of 256 filters are zero`.
  fileprivate func phrase(_ count: Int, of total: Int) -> String {
    let part = "\(count) of \(total)"
    let (are, have, equal) = count == 1 ? ("is", "has", "equals") : ("are", "have", "equal")
    let deviations = Int(TensorStatistics.outlierDeviations)
    return switch self {
    case .nonFinite: "\(part) numbers \(are) infinite or no number"
    case .impossibleStatistics: "\(part) channels \(have) statistics that cannot be used"
    case .zeroKernel: "all weights are zero"
    case .untrained:
      "\(part) batch normalizations \(have) the statistics of an untrained net"
    case .zeroFilters: "\(part) filters \(are) zero"
    case .constantFilters: "\(part) filters \(are) one number throughout"
    case .duplicateFilters: "\(part) filters \(equal) another bit by bit"
    case .zeroGamma: "\(part) channels \(have) gamma 0: only beta is left of them"
    case .smallGamma: "\(part) channels \(have) a gamma near 0"
    case .smallVariance: "\(part) channels \(have) a variance below epsilon"
    case .largeVariance: "\(part) channels \(have) a variance far above the others"
    case .float16Overflow: "\(part) numbers \(are) too large for float16"
    case .outliers:
      "\(part) numbers \(are) more than \(deviations) standard deviations from the mean"
    case .subnormal: "\(part) numbers \(are) subnormal"
    }
  }
}

extension TensorStatistics {
  /// The place of an element along each axis: `[3, 0, 1, 2]`.
  public func indices(of element: Int) -> [Int] {
    var rest = element
    var indices: [Int] = []
    for extent in shape.dimensions.reversed() {
      indices.insert(rest % extent, at: 0)
      rest /= extent
    }
    return indices
  }
}
