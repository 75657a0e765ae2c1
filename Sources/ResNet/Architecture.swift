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

  /// The first layers.
  public struct Stem: Sendable, Equatable {
    /// The side of the first convolution's kernel.
    public var kernel: Int
    /// Its stride.
    public var stride: Int
    /// Whether a max pooling follows before the first unit.
    public var hasMaxPooling: Bool
  }

  /// Convolutions and fully connected layers on the longest path: those of shortcuts and of factors
  /// for channels do not count.
  public var depth: Int
  /// The number of units of each stage; empty for a network without shortcuts.
  public var unitsPerStage: [Int]
  /// Whether the last unit of a stage has its stride, as in Keras' ResNetV2, and not the first.
  public var stridesInLastUnit: Bool
  /// The kind of unit; nil for a network without shortcuts.
  public var unit: Unit?
  /// The version; nil for a network without shortcuts, or whose units are of none of them.
  public var version: Version?
  /// The shortcuts; nil for a network without shortcuts.
  public var shortcuts: ResNetDescription.Shortcut?
  /// The first layers; nil for a network without convolutions.
  public var stem: Stem?
  /// The channels of each stage's 3×3 convolutions: from 64 on, or from 16 on for CIFAR nets.
  public var widths: [Int]
  /// The channels of the first unit's sum.
  public var outputWidth: Int?
  /// The largest number of groups of a convolution.
  public var groups: Int
  /// Whether its convolutions go along lines (`Conv1D`): no paper's ResNet does.
  public var isLine: Bool
  /// Whether channels are scaled by factors made of their means (squeeze and excitation).
  public var hasGates: Bool
  /// The outputs of the last weighted layer behind the units; nil for a network without its head.
  public var classCount: Int?

  /// The channels of the first stage's 3×3 convolutions.
  public var width: Int? { widths.first }

  /// The published network this is; nil for none.
  public var publishedName: String? {
    guard !isLine else { return nil }
    guard let unit, let stem, let width else { return plainName }
    // Every paper doubles the channels from stage to stage.
    guard widths.count == unitsPerStage.count,
      zip(widths, widths.dropFirst()).allSatisfy({ 2 * $0 == $1 })
    else { return nil }
    let imageStem = stem == Stem(kernel: 7, stride: 2, hasMaxPooling: true)
    let smallStem = stem.kernel == 3 && stem.stride == 1 && !stem.hasMaxPooling
    if let depth = unit.published.flatMap({ ResNetDescription.depth(of: $0, unitsPerStage) }) {
      guard imageStem || smallStem, let name = imageName(depth, width) else { return nil }
      return name + (imageStem ? "" : " with a stem for small images")
    }
    return smallStem ? smallName(unit, width) : nil
  }

  /// The name of a net of four stages.
  private func imageName(_ depth: Int, _ width: Int) -> String? {
    let family = (hasGates ? "SE-" : "") + (groups > 1 ? "ResNeXt" : "ResNet") + "-\(depth)"
    // Only the 3×3 convolutions are wider, the sums are not.
    let isWideInside = unit == .bottleneck && outputWidth == 256 && width > 64 && width % 64 == 0
    if groups > 1 { return isWideInside ? family : nil }
    if isWideInside { return "Wide \(family)-\(width / 64)" }
    guard outputWidth == (unit == .bottleneck ? 4 * width : width) else { return nil }
    return width == 64 ? family : "\(family), width \(width) instead of 64"
  }

  /// The name of a net of three stages for CIFAR.
  private func smallName(_ unit: Unit, _ width: Int) -> String? {
    guard unitsPerStage.count == 3, Set(unitsPerStage).count == 1, groups == 1, !hasGates else {
      return nil
    }
    let count = unitsPerStage[0]
    switch unit {
    case .basic where version == .preActivation && width > 16 && width % 16 == 0:
      return "WRN-\(6 * count + 4)-\(width / 16)"
    case .basic:
      return "ResNet-\(6 * count + 2) for CIFAR"
        + (width == 16 ? "" : ", width \(width) instead of 16")
    case .bottleneck:
      return "ResNet-\(9 * count + 2) for CIFAR"
        + (width == 16 ? "" : ", width \(width) instead of 16")
    case .other: return nil
    }
  }

  private var plainName: String? {
    guard unit == nil, stem?.kernel == 7 else { return nil }
    let layers = depth + (classCount == nil ? 1 : 0)
    return [18, 34].contains(layers) ? "plain-\(layers)" : nil
  }
}

extension Architecture.Unit {
  /// The unit of published networks that it is.
  fileprivate var published: ResNetDescription.Unit? {
    switch self {
    case .basic: .basic
    case .bottleneck: .bottleneck
    case .other: nil
    }
  }
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
    if stridesInLastUnit { parts.append("strides in the last unit of a stage") }
    if let shortcuts { parts.append("shortcuts \(shortcuts.rawValue)") }
    if let stem {
      let pooling = stem.hasMaxPooling ? " and max pooling" : ""
      let side = isLine ? "\(stem.kernel)" : "\(stem.kernel)×\(stem.kernel)"
      parts.append("stem \(side)/\(stem.stride)\(pooling)")
    }
    parts.append(classCount.map { "\($0) classes" } ?? "no classes")
    let unpublished = isLine && unit != nil ? "1-D residual network" : "not a published ResNet"
    let name = [publishedName ?? unpublished, version?.rawValue]
    return name.compactMap { $0 }.joined(separator: " ") + ": " + parts.joined(separator: ", ")
  }
}
