import ModelGraph
import ResNet
import TensorCore
import Testing

@Suite struct ArchitectureTests {
  /// A network of four stages for images of ImageNet.
  private func imageNet(
    units: [Int], isBottleneck: Bool, stridesInFirst: Bool = true,
    shortcut: ResNetDescription.Shortcut = .b, isPreActivated: Bool = false, width: Int = 64,
    stridesInLastUnit: Bool = false, hasHead: Bool = true, groups: Int = 1, innerFactor: Int = 1
  ) throws -> Network {
    var net = ResNetDescription.imageNet(isBottleneck ? .bottleneck : .basic, units, shortcut)
    net.widths = units.indices.map { width << $0 }
    net.stem.width = width
    net.groups = groups
    net.widthPerGroup = innerFactor * width / groups
    net.stride = stridesInFirst ? .first : .middle
    net.stridesInLastUnit = stridesInLastUnit
    net.activation = isPreActivated ? .before : .after
    net.normalizesShortcuts = !isPreActivated
    if !hasHead { net.classCount = nil }
    return try net.network(named: "sample")
  }

  /// A network of three stages for CIFAR.
  private func cifar(
    depth: Int, shortcut: ResNetDescription.Shortcut = .a, isBottleneck: Bool = false,
    isPreActivated: Bool = false, width: Int = 16
  ) throws -> Network {
    let count = (depth - 2) / (isBottleneck ? 9 : 6)
    var net = ResNetDescription(
      unit: isBottleneck ? .bottleneck : .basic, unitsPerStage: [count, count, count],
      widths: [width, 2 * width, 4 * width], shortcut: shortcut, stem: .cifar, classCount: 10,
      image: .cifar)
    net.activation = isPreActivated ? .before : .after
    net.normalizesShortcuts = !isPreActivated
    return try net.network(named: "sample")
  }

  /// Learned parameters and multiply-accumulates are those the papers and their authors publish.
  @Test(
    arguments: [
      (
        [2, 2, 2, 2], false, true, .b, "ResNet-18", 11_689_512,
        1.814
      ),
      ([2, 2, 2, 2], false, true, .a, "ResNet-18", 11_515_688, 1.795),
      ([2, 2, 2, 2], false, true, .c, "ResNet-18", 12_043_816, 1.878),
      ([3, 4, 6, 3], false, true, .b, "ResNet-34", 21_797_672, 3.664),
      ([3, 4, 6, 3], true, true, .b, "ResNet-50", 25_557_032, 3.858),
      ([3, 4, 6, 3], true, false, .b, "ResNet-50", 25_557_032, 4.089),
      ([3, 4, 23, 3], true, true, .b, "ResNet-101", 44_549_160, 7.570),
      ([3, 8, 36, 3], true, false, .b, "ResNet-152", 60_192_808, 11.514),
    ] as [([Int], Bool, Bool, ResNetDescription.Shortcut, String, Int, Double)])
  func `a published ResNet is recognised with its published numbers`(
    _ units: [Int], _ isBottleneck: Bool, _ stridesInFirst: Bool,
    _ shortcut: ResNetDescription.Shortcut, _ name: String, _ parameters: Int, _ gigaMACs: Double
  ) throws {
    let network = try imageNet(
      units: units, isBottleneck: isBottleneck, stridesInFirst: stridesInFirst, shortcut: shortcut)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == name)
    #expect(architecture.unitsPerStage == units)
    #expect(architecture.version == (isBottleneck && !stridesInFirst ? .v1_5 : .v1))
    #expect(architecture.shortcuts == shortcut)
    let stem = try #require(architecture.stem)
    #expect(stem.kernel == 7 && stem.stride == 2 && stem.hasMaxPooling)
    #expect(architecture.classCount == 1000)
    let costs = try network.costs()
    #expect(costs.reduce(0) { $0 + $1.parameterCount } == parameters)
    let macs = Double(costs.reduce(0) { $0 + $1.multiplyAccumulates }) / 1e9
    #expect(abs(macs - gigaMACs) < 0.0006)
  }

  @Test(arguments: [(20, 269_722), (56, 853_018), (110, 1_727_962)])
  func `a CIFAR net is recognised by its depth`(_ depth: Int, _ parameters: Int) throws {
    let network = try cifar(depth: depth)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == "ResNet-\(depth) for CIFAR")
    #expect(architecture.depth == depth)
    #expect(architecture.shortcuts == .a)
    #expect(try network.costs().reduce(0) { $0 + $1.parameterCount } == parameters)
  }

  @Test func `a net of 1202 layers is recognised in linear time`() throws {
    #expect(Architecture(of: try cifar(depth: 1202)).depth == 1202)
  }

  @Test func `pre-activation is read off what follows the additions`() throws {
    let network = try imageNet(
      units: [3, 4, 6, 3], isBottleneck: true, isPreActivated: true)
    let architecture = Architecture(of: network)
    #expect(architecture.version == .preActivation)
    #expect(architecture.publishedName == "ResNet-50")
  }

  @Test func `a plain net has no units`() throws {
    let network = try imageNet(
      units: [3, 4, 6, 3], isBottleneck: false, shortcut: .absent)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == "plain-34")
    #expect(architecture.unit == nil && architecture.shortcuts == nil)
    #expect(architecture.description.contains("no shortcuts"))
  }

  @Test func `a narrower net is named with its width`() throws {
    let network = try imageNet(
      units: [3, 4, 6, 3], isBottleneck: true, width: 32)
    #expect(
      Architecture(of: network).publishedName == "ResNet-50, width 32 instead of 64")
  }

  @Test(arguments: [
    ([3, 4, 6, 3], "ResNet-50"), ([3, 4, 23, 3], "ResNet-101"), ([3, 8, 36, 3], "ResNet-152"),
  ])
  func `stages that stride in their last unit are those of Keras' ResNetV2`(
    _ units: [Int], _ name: String
  ) throws {
    let network = try imageNet(
      units: units, isBottleneck: true, stridesInFirst: false, isPreActivated: true,
      stridesInLastUnit: true)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == name)
    #expect(architecture.unitsPerStage == units)
    #expect(architecture.version == .preActivation)
    #expect(architecture.stridesInLastUnit)
    #expect(architecture.description.contains("strides in the last unit of a stage"))
  }

  @Test(
    arguments: [
      ([1, 1, 1, 1], false, 10), ([2, 2, 2, 2], false, 18), ([3, 4, 6, 3], false, 34),
      ([3, 4, 6, 3], true, 50), ([3, 4, 23, 3], true, 101), ([3, 8, 36, 3], true, 152),
    ] as [([Int], Bool, Int)], [false, true])
  func `a net without its head has no classes`(
    _ net: (units: [Int], isBottleneck: Bool, depth: Int), _ isPreActivated: Bool
  ) throws {
    let network = try imageNet(
      units: net.units, isBottleneck: net.isBottleneck, isPreActivated: isPreActivated,
      hasHead: false)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == "ResNet-\(net.depth)")
    #expect(architecture.depth == net.depth - 1)
    #expect(architecture.classCount == nil)
    #expect(architecture.description.hasSuffix("no classes"))
  }

  @Test func `a plain net without its head has no classes`() throws {
    let network = try imageNet(
      units: [3, 4, 6, 3], isBottleneck: false, shortcut: .absent, hasHead: false)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == "plain-34")
    #expect(architecture.classCount == nil)
  }

  @Test(
    arguments: [
      (164, true, true, 16, "ResNet-164 for CIFAR"), (110, false, true, 16, "ResNet-110 for CIFAR"),
      (26, false, true, 160, "WRN-28-10"), (38, false, true, 32, "WRN-40-2"),
      (26, false, false, 160, "ResNet-26 for CIFAR, width 160 instead of 16"),
    ] as [(Int, Bool, Bool, Int, String)])
  func `the CIFAR nets of the later papers have their names`(
    _ depth: Int, _ isBottleneck: Bool, _ isPreActivated: Bool, _ width: Int, _ name: String
  ) throws {
    let network = try cifar(
      depth: depth, shortcut: .b, isBottleneck: isBottleneck,
      isPreActivated: isPreActivated, width: width)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == name)
    #expect(architecture.version == (isPreActivated ? .preActivation : .v1))
  }

  @Test(
    arguments: [
      (32, 2, "ResNeXt-50"), (64, 4, "ResNeXt-50"), (1, 2, "Wide ResNet-50-2"),
      (1, 1, "ResNet-50"), (1, 3, "Wide ResNet-50-3"), (32, 1, nil),
    ] as [(Int, Int, String?)])
  func `wider units are told from grouped ones`(
    _ groups: Int, _ innerFactor: Int, _ name: String?
  ) throws {
    let network = try imageNet(
      units: [3, 4, 6, 3], isBottleneck: true, groups: groups, innerFactor: innerFactor)
    #expect(Architecture(of: network).publishedName == name)
  }

  /// A unit over a line, with everything that stands before the first convolution.
  private func line(_ before: [Layer], kernel: Int, isRectified: Bool) throws -> Network {
    func convolution(_ inputs: Int) -> Layer {
      .convolution(
        .init(
          kernel: Tensor(
            [8, inputs, 1, kernel], [Float](repeating: 0, count: 8 * inputs * kernel)),
          padding: Padding(left: (kernel - 1) / 2, right: kernel / 2)))
    }
    var nodes = [
      Node("data", .input(.init(shape: [1, 2, 1, 32]))),
      Node("stem", convolution(2), inputs: ["data"]),
    ]
    for (index, layer) in before.enumerated() {
      nodes.append(Node("before\(index)", layer, inputs: [nodes.last!.name]))
    }
    let start = nodes.last!.name
    nodes += [
      Node("a", convolution(8), inputs: [start]),
      Node("relu", .activation(.relu(.init())), inputs: ["a"]),
      Node("b", convolution(8), inputs: ["relu"]),
      Node(
        "short",
        .pooling(.init(kind: .maximum, kernel: Extent(height: 1, width: 1), stride: Extent(1))),
        inputs: [start]),
      Node("sum", .elementwise(.init(operation: .sum)), inputs: ["short", "b"]),
    ]
    if isRectified { nodes.append(Node("last", .activation(.relu(.init())), inputs: ["sum"])) }
    return try Network(name: "line", nodes: nodes)
  }

  @Test(
    arguments: [
      (16, [.activation(.relu(.init()))], false, nil),
      (3, [.activation(.relu(.init()))], true, .v1), (3, [], false, nil),
      (
        7,
        [
          .pooling(.init(kind: .maximum, kernel: Extent(1), stride: Extent(1))),
          .batchNormalization(
            .init(
              mean: Tensor([8], [Float](repeating: 0, count: 8)),
              variance: Tensor([8], [Float](repeating: 1, count: 8)), epsilon: 1e-3)),
          .activation(.relu(.init())),
        ], false, .preActivation
      ),
    ] as [(Int, [Layer], Bool, Architecture.Version?)])
  func `a residual net over lines is of no paper`(
    _ kernel: Int, _ before: [Layer], _ isRectified: Bool, _ version: Architecture.Version?
  ) throws {
    let network = try line(before, kernel: kernel, isRectified: isRectified)
    let architecture = Architecture(of: network)
    #expect(architecture.isLine)
    #expect(architecture.publishedName == nil)
    #expect(architecture.version == version)
    #expect(architecture.stem?.kernel == kernel && architecture.stem?.hasMaxPooling == false)
    #expect(architecture.description.hasPrefix("1-D residual network"))
    #expect(architecture.description.contains("stem \(kernel)/1, no classes"))
  }
}
