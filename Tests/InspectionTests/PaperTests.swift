@testable import Inspection
import ModelGraph
import ResNet
import TensorCore
import Testing

/// The tables of the papers: every cell, against numbers that were published or counted by others.
@Suite struct `The tables of the papers` {
  private static let networks = Result { try PaperNetwork.all() }

  private func network(
    _ name: String, _ table: PaperNetwork.Table, _ shortcut: ResNetDescription.Shortcut? = nil,
    _ stride: ResNetDescription.Stride? = nil
  ) throws -> PaperNetwork {
    let found = try Self.networks.get().filter {
      $0.name == name && $0.table == table && (shortcut == nil || $0.shortcut == shortcut)
        && (stride == nil || $0.stride == stride)
    }
    #expect(found.count == 1, "\(name): \(found.count)")
    return try #require(found.first)
  }

  @Test(
    arguments: [
      ("ResNet-18", .a, nil, 11_515_688, 1.795, .rounded),
      ("ResNet-18", .b, nil, 11_689_512, 1.814, .rounded),
      ("ResNet-18", .c, nil, 12_043_816, 1.878, .truncated),
      ("ResNet-34", .a, nil, 21_623_848, 3.644, .rounded),
      ("ResNet-34", .b, nil, 21_797_672, 3.664, .truncated),
      ("ResNet-34", .c, nil, 22_716_840, 3.831, .no),
      ("plain-18", nil, nil, 11_515_688, 1.795, .rounded),
      ("plain-34", nil, nil, 21_623_848, 3.644, .rounded),
      ("ResNet-50", .b, .first, 25_557_032, 3.858, .truncated),
      ("ResNet-50", .b, .middle, 25_557_032, 4.089, .rounded),
      ("ResNet-101", .b, .first, 44_549_160, 7.570, .rounded),
      ("ResNet-101", .b, .middle, 44_549_160, 7.801, .rounded),
      ("ResNet-152", .b, .first, 60_192_808, 11.282, .rounded),
      ("ResNet-152", .b, .middle, 60_192_808, 11.514, .rounded),
    ]
      as [(
        String, ResNetDescription.Shortcut?, ResNetDescription.Stride?, Int, Double,
        PublishedNumber.Agreement
      )])
  func `count parameters and MACs of networks for ImageNet`(
    _ name: String, _ shortcut: ResNetDescription.Shortcut?, _ stride: ResNetDescription.Stride?,
    _ parameters: Int, _ gigaMACs: Double, _ agreement: PublishedNumber.Agreement
  ) throws {
    let found = try network(name, .imageNet, shortcut, stride)
    #expect(found.parameterCount == parameters)
    #expect(abs(Double(found.multiplyAccumulates) / 1e9 - gigaMACs) < 0.0006)
    let published = try #require(found.publishedMultiplyAccumulates)
    #expect(published.agreement(with: found.multiplyAccumulates) == agreement)
    if let number = found.publishedParameters {
      #expect(number.agreement(with: parameters) == .rounded)
    }
  }

  @Test(
    arguments: [
      (20, 269_722, 0.0406), (32, 464_154, 0.0689), (44, 658_586, 0.0972), (56, 853_018, 0.1255),
      (110, 1_727_962, 0.2529), (1202, 19_421_274, 2.829),
    ])
  func `count parameters and MACs of networks for CIFAR`(
    _ depth: Int, _ parameters: Int, _ gigaMACs: Double
  ) throws {
    let found = try network("ResNet-\(depth)", .cifar)
    #expect(found.parameterCount == parameters && found.description?.depth == depth)
    #expect(found.shortcut == .a)
    #expect(abs(Double(found.multiplyAccumulates) / 1e9 - gigaMACs) < 0.0006)
    #expect(found.publishedParameters?.agreement(with: parameters) == .rounded)
  }

  @Test(
    arguments: [
      (18, nil, 11_173_962, 0.555), (34, nil, 21_282_122, 1.159), (50, .first, 23_520_842, 1.222),
      (50, .middle, 23_520_842, 1.298), (101, .first, 42_512_970, 2.434),
      (101, .middle, 42_512_970, 2.510), (152, .first, 58_156_618, 3.647),
      (152, .middle, 58_156_618, 3.722),
    ] as [(Int, ResNetDescription.Stride?, Int, Double)])
  func `count parameters with a stem for small images`(
    _ depth: Int, _ stride: ResNetDescription.Stride?, _ parameters: Int, _ gigaMACs: Double
  ) throws {
    let found = try network("ResNet-\(depth)", .smallImages, nil, stride)
    #expect(found.parameterCount == parameters)
    #expect(abs(Double(found.multiplyAccumulates) / 1e9 - gigaMACs) < 0.0006)
    #expect(found.publishedParameters?.agreement(with: parameters) == .rounded)
  }

  @Test(
    arguments: [
      ("ResNeXt-50 32×4d", 25_028_904, 4.230), ("ResNeXt-101 32×8d", 88_791_336, 16.414),
      ("Wide ResNet-50-2", 68_883_240, 11.398), ("Wide ResNet-101-2", 126_886_696, 22.753),
    ])
  func `count parameters and MACs of wider networks`(
    _ name: String, _ parameters: Int, _ gigaMACs: Double
  ) throws {
    let found = try network(name, .later)
    #expect(found.parameterCount == parameters)
    #expect(abs(Double(found.multiplyAccumulates) / 1e9 - gigaMACs) < 0.0006)
    #expect(found.publishedParameters?.agreement(with: parameters) == .rounded)
    let published = try #require(found.publishedMultiplyAccumulates)
    #expect(published.agreement(with: found.multiplyAccumulates) == .rounded)
  }

  @Test(
    arguments: [
      (16, 138_357_544, 15.35, 15.47, "15.3", .rounded, .no),
      (19, 143_667_240, 19.51, 19.63, "19.6", .no, .rounded),
    ]
      as [(
        Int, Int, Double, Double, String, PublishedNumber.Agreement, PublishedNumber.Agreement
      )])
  func `count VGG by both conventions`(
    _ depth: Int, _ parameters: Int, _ convolutions: Double, _ all: Double, _ text: String,
    _ first: PublishedNumber.Agreement, _ second: PublishedNumber.Agreement
  ) throws {
    let found = try network("VGG-\(depth)", .vgg)
    #expect(found.parameterCount == parameters)
    #expect(abs(Double(found.convolutionMultiplyAccumulates) / 1e9 - convolutions) < 0.006)
    #expect(abs(Double(found.multiplyAccumulates) / 1e9 - all) < 0.006)
    let published = try #require(found.publishedMultiplyAccumulates)
    #expect(published.text == text)
    #expect(published.agreement(with: found.convolutionMultiplyAccumulates) == first)
    #expect(published.agreement(with: found.multiplyAccumulates) == second)
  }

  @Test func `agree with the stages of table 1, layer by layer`() throws {
    let stages = try PaperStage.all()
    #expect(stages.count == 30)
    for stage in stages {
      #expect(stage.agrees, "\(stage.network) \(stage.name): \(stage.layers) \(stage.outputSize)")
    }
    for depth in [18, 34, 50, 101, 152] {
      let own = stages.filter { $0.network == "ResNet-\(depth)" }
      let whole = try network(
        "ResNet-\(depth)", .imageNet, depth < 50 ? .a : .b, depth < 50 ? nil : .first)
      #expect(own.reduce(0) { $0 + $1.parameterCount } == whole.parameterCount)
      #expect(own.reduce(0) { $0 + $1.multiplyAccumulates } == whole.multiplyAccumulates)
    }
  }
}

@Suite struct `A network beside those that were published` {
  private func match(_ net: ResNetDescription) throws -> (PaperNetwork, [String]) {
    let networks = try PaperNetwork.all()
    let match = try PaperMatch(of: net.network(named: "x"), among: networks)
    return (networks[match.index], match.differences)
  }

  /// Those of the tables: of networks without shortcuts they have the ones for ImageNet only.
  private static let names = ResNetDescription.publishedNames.filter { name in
    name != "resnet200" && (!name.hasPrefix("plain") || ["plain18", "plain34"].contains(name))
  }

  @Test(arguments: names)
  func `is found whatever its paddings`(_ name: String) throws {
    var net = try #require(ResNetDescription(named: name))
    let (found, differences) = try match(net)
    #expect(differences.isEmpty, "\(found.name): \(differences)")
    #expect(found.description?.shortcut == net.shortcut && found.description?.depth == net.depth)
    net.hasScaleLayers = true
    net.epsilon = 1e-3
    if net.stem.pooling != nil { net.stem.pooling = .zeros }
    #expect(try match(net).1.isEmpty)
  }

  @Test func `differs in words`() throws {
    var net = try #require(ResNetDescription(named: "resnet50"))
    net.classCount = 37
    net.image = .init(channels: 3, height: 256, width: 256)
    var (found, differences) = try match(net)
    #expect(found.name == "ResNet-50" && found.table == .imageNet && found.stride == .first)
    #expect(
      differences == [
        "37 classes instead of 1000 classes",
        "images of 3×256×256 instead of images of 3×224×224",
      ])
    net = .cifar(depth: 26)
    (found, differences) = try match(net)
    #expect(differences == ["4-4-4 units instead of 3-3-3 units"], "\(found.name)")
    (found, differences) = try match(#require(ResNetDescription(named: "resnet200")))
    #expect(found.name == "ResNet-152" && differences.count == 3, "\(found.name): \(differences)")
  }

  @Test func `that is no ResNet is told by its layers`() throws {
    let networks = try PaperNetwork.all()
    let nodes = [
      Node("x", .input(.init(shape: [1, 3, 8, 8]))),
      Node("y", .activation(.relu(.init())), inputs: ["x"]),
    ]
    let match = try PaperMatch(of: Network(name: "none", nodes: nodes), among: networks)
    #expect(match.differences.contains { $0.hasPrefix("0 parameters instead of ") })
  }
}
