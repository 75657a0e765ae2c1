extension ResNetDescription {
  /// The names of the networks that have been published, in families and by depth.
  public static let publishedNames = published.map(\.name)

  /// A network that has been published, by a name of `publishedNames`; nil for another name.
  public init?(named name: String) {
    guard let found = ResNetDescription.published.first(where: { $0.name == name }) else {
      return nil
    }
    self = found.description
  }

  /// The networks that have been published.
  static let published: [(name: String, description: ResNetDescription)] =
    [
      ("resnet18", imageNet(.basic, [2, 2, 2, 2])), ("resnet34", imageNet(.basic, [3, 4, 6, 3])),
      ("resnet50", imageNet(.bottleneck, [3, 4, 6, 3])), ("resnet50v1.5", torch([3, 4, 6, 3])),
      ("resnet101", imageNet(.bottleneck, [3, 4, 23, 3])),
      ("resnet152", imageNet(.bottleneck, [3, 8, 36, 3])), ("resnet200", resNet200),
      ("plain18", imageNet(.basic, [2, 2, 2, 2], .absent)),
      ("plain34", imageNet(.basic, [3, 4, 6, 3], .absent)),
    ] + [20, 32, 44, 56, 110, 1202].map { ("resnet\($0)", cifar(depth: $0)) }
    + [20, 32, 44, 56].map { ("plain\($0)", cifar(depth: $0, .absent)) } + [
      ("resnext50-32x4d", torch([3, 4, 6, 3], groups: 32, widthPerGroup: 4)),
      ("resnext101-32x8d", torch([3, 4, 23, 3], groups: 32, widthPerGroup: 8)),
      ("wide50-2", torch([3, 4, 6, 3], widthPerGroup: 128)),
      ("wide101-2", torch([3, 4, 23, 3], widthPerGroup: 128)),
    ]

  /// The depths of networks of four stages, which are named for them: table 1 of He et al. 2015,
  /// ResNet-10 of Simon et al. 2016, ResNet-200 of He et al. 2016.
  static func depth(of unit: Unit, _ unitsPerStage: [Int]) -> Int? {
    let known =
      switch unit {
      case .basic: [[1, 1, 1, 1], [2, 2, 2, 2], [3, 4, 6, 3]]
      case .bottleneck: [[3, 4, 6, 3], [3, 4, 23, 3], [3, 8, 36, 3], [3, 24, 36, 3]]
      }
    guard known.contains(unitsPerStage) else { return nil }
    return imageNet(unit, unitsPerStage).depth
  }

  /// A network for ImageNet as its first paper has it.
  public static func imageNet(
    _ unit: Unit, _ unitsPerStage: [Int], _ shortcut: Shortcut = .b
  ) -> ResNetDescription {
    ResNetDescription(
      unit: unit, unitsPerStage: unitsPerStage, widths: [64, 128, 256, 512], shortcut: shortcut,
      stem: .imageNet, classCount: 1000, image: .imageNet)
  }

  /// A network for CIFAR-10 as the first paper has it: three stages, shortcuts without weights.
  ///
  /// - Parameter depth: two more than a multiple of six, 20 and more.
  public static func cifar(depth: Int, _ shortcut: Shortcut = .a) -> ResNetDescription {
    ResNetDescription(
      unit: .basic, unitsPerStage: [Int](repeating: (depth - 2) / 6, count: 3),
      widths: [16, 32, 64], shortcut: shortcut, stem: .cifar, classCount: 10, image: .cifar)
  }

  /// A network of torchvision, whose bottlenecks stride in their 3×3 convolutions
  /// (torchvision/models/resnet.py).
  private static func torch(
    _ unitsPerStage: [Int], groups: Int = 1, widthPerGroup: Int = 64
  ) -> ResNetDescription {
    var net = imageNet(.bottleneck, unitsPerStage)
    net.stride = .middle
    net.stem.pooling = .padded
    net.groups = groups
    net.widthPerGroup = widthPerGroup
    return net
  }

  /// ResNet-200 of "Identity Mappings in Deep Residual Networks".
  private static var resNet200: ResNetDescription {
    var net = imageNet(.bottleneck, [3, 24, 36, 3])
    net.activation = .before
    net.normalizesShortcuts = false
    return net
  }

  /// The network for other images: the first layers, and 1000 classes and 224 × 224 pixels, or 10
  /// classes and 32 × 32.
  public func forImages(of stem: Stem) -> ResNetDescription {
    var net = self
    let isSmall = stem.pooling == nil
    net.stem.kernel = stem.kernel
    net.stem.stride = stem.stride
    net.stem.pooling = isSmall ? nil : net.stem.pooling ?? stem.pooling
    net.image = isSmall ? .cifar : .imageNet
    if classCount != nil { net.classCount = isSmall ? 10 : 1000 }
    return net
  }
}
