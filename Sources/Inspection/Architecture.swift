/// What a network is in the terms of the ResNet papers, read off its graph and not off its names.
public struct Architecture: Sendable, Equatable {
  /// What a residual unit computes.
  public enum Unit: String, Sendable {
    /// Two 3×3 convolutions.
    case basic
    /// 1×1, 3×3 and 1×1 convolutions.
    case bottleneck
    /// Anything else.
    case other
  }

  /// Where a unit normalizes and rectifies, and where it strides.
  public enum Version: String, Sendable {
    /// ReLU after the addition; a bottleneck strides in its first 1×1 (or the unit is basic).
    case v1
    /// As v1, but a bottleneck strides in its 3×3.
    case v1_5 = "v1.5"
    /// Normalization and ReLU before each convolution, nothing after the addition.
    case preActivation = "pre-activation"
  }

  /// What the shortcuts do, as the first paper names it.
  public enum Shortcuts: String, Sendable {
    /// All shortcuts are free of weights; where shapes change they stride and pad with zeros.
    case a = "A"
    /// Projections where shapes change, identities elsewhere.
    case b = "B"
    /// Every shortcut is a projection.
    case c = "C"
  }

  /// The first layers.
  public struct Stem: Sendable, Equatable {
    /// The side of the first convolution's kernel.
    public var kernel: Int
    /// Its stride.
    public var stride: Int
    /// Whether a max pooling follows before the first unit.
    public var hasMaxPooling: Bool
  }

  /// Convolutions and fully connected layers on the longest path: those of shortcuts do not count.
  public var depth: Int
  /// The number of units of each stage; empty for a network without shortcuts.
  public var unitsPerStage: [Int]
  /// The kind of unit; nil for a network without shortcuts.
  public var unit: Unit?
  /// The version; nil for a network without shortcuts.
  public var version: Version?
  /// The shortcuts; nil for a network without shortcuts.
  public var shortcuts: Shortcuts?
  /// The first layers; nil for a network without convolutions.
  public var stem: Stem?
  /// The channels of the first stage's 3×3 convolutions: 64, or 16 for CIFAR nets.
  public var width: Int?
  /// The largest number of groups of a convolution.
  public var groups: Int
  /// The outputs of the last weighted layer; nil without one.
  public var classCount: Int?

  /// The published network this is; nil for none.
  public var publishedName: String? {
    guard let unit, let stem, let width else { return plainName }
    let imageStem = stem == Stem(kernel: 7, stride: 2, hasMaxPooling: true)
    if imageStem, let name = Architecture.published[PublishedKey(unit, unitsPerStage)] {
      let family = groups > 1 ? "ResNeXt" : "ResNet"
      return "\(family)-\(name)"
        + (width == 64 || groups > 1 ? "" : ", width \(width) instead of 64")
    }
    let stages = Set(unitsPerStage)
    let smallStem = stem.kernel == 3 && stem.stride == 1 && !stem.hasMaxPooling
    if smallStem, unitsPerStage.count == 3, stages.count == 1, unit == .basic {
      return "ResNet-\(6 * unitsPerStage[0] + 2) for CIFAR"
        + (width == 16 ? "" : ", width \(width) instead of 16")
    }
    return nil
  }

  private var plainName: String? {
    guard unit == nil, [18, 34].contains(depth), stem?.kernel == 7 else { return nil }
    return "plain-\(depth)"
  }

  private struct PublishedKey: Hashable {
    let unit: Unit
    let unitsPerStage: [Int]

    init(_ unit: Unit, _ unitsPerStage: [Int]) {
      self.unit = unit
      self.unitsPerStage = unitsPerStage
    }
  }

  /// Table 1 of He et al. 2015, ResNet-10 of Simon et al. 2016, ResNet-200 of He et al. 2016.
  private static let published: [PublishedKey: Int] = [
    PublishedKey(.basic, [1, 1, 1, 1]): 10,
    PublishedKey(.basic, [2, 2, 2, 2]): 18,
    PublishedKey(.basic, [3, 4, 6, 3]): 34,
    PublishedKey(.bottleneck, [3, 4, 6, 3]): 50,
    PublishedKey(.bottleneck, [3, 4, 23, 3]): 101,
    PublishedKey(.bottleneck, [3, 8, 36, 3]): 152,
    PublishedKey(.bottleneck, [3, 24, 36, 3]): 200,
  ]
}

extension Architecture: CustomStringConvertible {
  /// One line: `ResNet-50 v1: 50 layers, bottleneck units 3-4-6-3, shortcuts B, …`.
  public var description: String {
    var parts = ["\(depth) weighted layers"]
    if let unit {
      parts.append(
        "\(unit.rawValue) units \(unitsPerStage.map(String.init).joined(separator: "-"))")
    } else {
      parts.append("no shortcuts")
    }
    if let shortcuts { parts.append("shortcuts \(shortcuts.rawValue)") }
    if let stem {
      let pooling = stem.hasMaxPooling ? " and max pooling" : ""
      parts.append("stem \(stem.kernel)×\(stem.kernel)/\(stem.stride)\(pooling)")
    }
    if let classCount { parts.append("\(classCount) classes") }
    let name = [publishedName ?? "not a published ResNet", version?.rawValue]
    return name.compactMap { $0 }.joined(separator: " ") + ": " + parts.joined(separator: ", ")
  }
}
