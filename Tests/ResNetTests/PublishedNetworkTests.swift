import ModelGraph
import ResNet
import TensorCore
import Testing

/// Learned parameters and multiply-accumulates are those that the papers and their authors publish.
@Suite struct PublishedNetworkTests {
  @Test(
    arguments: [
      ("resnet18", .a, 11_515_688, 1.795), ("resnet18", .b, 11_689_512, 1.814),
      ("resnet18", .c, 12_043_816, 1.878), ("resnet34", .a, 21_623_848, 3.644),
      ("resnet34", .b, 21_797_672, 3.664), ("resnet34", .c, 22_716_840, 3.831),
      ("plain18", .absent, 11_515_688, 1.795), ("plain34", .absent, 21_623_848, 3.644),
      ("resnet50", .b, 25_557_032, 3.858), ("resnet50v1.5", .b, 25_557_032, 4.089),
      ("resnet101", .b, 44_549_160, 7.570), ("resnet152", .b, 60_192_808, 11.282),
      // torchvision's documentation of its weights.
      ("resnext50-32x4d", .b, 25_028_904, 4.230), ("wide50-2", .b, 68_883_240, 11.398),
      ("resnext101-32x8d", .b, 88_791_336, 16.414), ("wide101-2", .b, 126_886_696, 22.753),
      ("resnet20", .a, 269_722, 0.0406), ("resnet32", .a, 464_154, 0.0689),
      ("resnet44", .a, 658_586, 0.0972), ("resnet56", .a, 853_018, 0.1255),
      ("resnet110", .a, 1_727_962, 0.2529), ("resnet1202", .a, 19_421_274, 2.829),
    ] as [(String, ResNetDescription.Shortcut, Int, Double)])
  func `a published network has its published numbers`(
    _ name: String, _ shortcut: ResNetDescription.Shortcut, _ parameters: Int, _ gigaMACs: Double
  ) throws {
    var net = try #require(ResNetDescription(named: name))
    net.shortcut = shortcut
    let costs = try net.network(named: name).costs()
    #expect(costs.reduce(0) { $0 + $1.parameterCount } == parameters)
    let macs = Double(costs.reduce(0) { $0 + $1.multiplyAccumulates }) / 1e9
    #expect(abs(macs - gigaMACs) < 0.0006)
  }

  @Test(
    arguments: [
      ("resnet18", 11_173_962, 0.555), ("resnet34", 21_282_122, 1.159),
      ("resnet50", 23_520_842, 1.222), ("resnet50v1.5", 23_520_842, 1.298),
      ("resnet101", 42_512_970, 2.434), ("resnet152", 58_156_618, 3.647),
    ])
  func `a network for ImageNet is made one for CIFAR by its first layers and its classes`(
    _ name: String, _ parameters: Int, _ gigaMACs: Double
  ) throws {
    let net = try #require(ResNetDescription(named: name)).forImages(of: .cifar)
    let costs = try net.network(named: name).costs()
    #expect(costs.reduce(0) { $0 + $1.parameterCount } == parameters)
    let macs = Double(costs.reduce(0) { $0 + $1.multiplyAccumulates }) / 1e9
    #expect(abs(macs - gigaMACs) < 0.0006)
  }

  @Test(arguments: ResNetDescription.publishedNames)
  func `a name ends with its depth, and each layer has one name in each framework`(
    _ name: String
  ) throws {
    let net = try #require(ResNetDescription(named: name))
    let digits = name.drop { !$0.isNumber }.prefix { $0.isNumber }
    #expect(net.depth == Int(digits))
    for scheme in LayerNames.Scheme.allCases {
      let network = try net.network(named: name, names: LayerNames(scheme, of: net))
      #expect(Set(network.nodes.map(\.name)).count == network.nodes.count)
    }
  }

  @Test func `another name is none`() { #expect(ResNetDescription(named: "resnet51") == nil) }

  @Test func `Keras' networks of the second version have their published number of parameters`()
    throws
  {
    var net = try #require(ResNetDescription(named: "resnet50"))
    net.activation = .before
    net.stridesInLastUnit = true
    net.stride = .middle
    net.normalizesShortcuts = false
    net.padding = .layer
    net.stem.isActivated = false
    net.stem.pooling = .zeros
    net.biases = [.stem, .last, .shortcut, .classes]
    let names = LayerNames(.keras2018, of: net)
    let network = try net.network(named: "resnet50v2", names: names)
    // keras.io/api/applications: 25.6 million, statistics included.
    #expect(network.weights.reduce(0) { $0 + $1.tensor.shape.elementCount } == 25_613_800)
    let layers = Set(network.nodes.map(\.name))
    #expect(
      layers.isSuperset(of: [
        "conv1_conv", "pool1_pad", "pool1_pool", "conv2_block1_preact_bn", "conv2_block1_0_conv",
        "conv2_block1_2_pad", "conv2_block1_3_conv", "conv2_block1_out", "post_bn", "post_relu",
        "avg_pool", "predictions",
      ]))
    #expect(!layers.contains("conv1_bn"))
  }
}
