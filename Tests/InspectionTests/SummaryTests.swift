import ModelGraph
import ResNet
import TensorCore
import Testing

@testable import Inspection

/// Numbers of layers that follow from shapes alone.
@Suite struct `Numbers of a layer` {
  private func fields(_ network: Network) -> [String: Extent?] {
    Dictionary(
      uniqueKeysWithValues: zip(network.nodes.map(\.name), ReceptiveField.fields(of: network)))
  }

  /// A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of Convolutional Neural Networks"
  /// (2019), and the sums by hand: a window of 3 adds twice the distance between elements.
  @Test(arguments: [
    ("resnet18", "res5b", 435), ("resnet50", "res5c", 483), ("resnet50v1.5", "res5c", 427),
    ("resnet20", "res4c", 81),
  ])
  func `a receptive field grows with windows and strides`(
    name: String, layer: String, side: Int
  ) throws {
    let net = try #require(ResNetDescription(named: name))
    let found = fields(try net.network(named: name))
    #expect(found["conv1"] == .some(Extent(net.stem.kernel)))
    #expect(found[layer] == .some(Extent(side)))
    let classes = try #require(net.classCount)
    #expect(found["fc\(classes)"] == .some(nil))
  }

  @Test func `a receptive field of VGG-16 is 212 pixels wide`() throws {
    #expect(fields(try Network(vgg: 16))["pool5"] == .some(Extent(212)))
  }

  /// The number of floating-point operations of a layer after an image of 2×4×4.
  private func operations(_ layer: Layer, inputs: Int = 1) throws -> Int {
    let nodes = [
      Node("x", .input(.init(shape: [1, 2, 4, 4]))),
      Node("y", layer, inputs: [String](repeating: "x", count: inputs)),
    ]
    return try Network(name: "one", nodes: nodes).costs()[1].operationCount
  }

  @Test func `operations are counted one by one`() throws {
    let kernel = try #require(Tensor(absent: [3, 2, 3, 3]))
    let bias = try #require(Tensor(absent: [3]))
    let padding = Padding(vertical: 1, horizontal: 1)
    // 3·4·4 outputs of 2·3·3 products and sums each; a bias is one more.
    #expect(try operations(.convolution(.init(kernel: kernel, padding: padding))) == 1728)
    #expect(
      try operations(.convolution(.init(kernel: kernel, bias: bias, padding: padding))) == 1776)
    let matrix = try #require(Tensor(absent: [5, 32]))
    #expect(try operations(.fullyConnected(.init(kernel: matrix))) == 320)
    #expect(try operations(.activation(.relu(.init()))) == 32)
    #expect(try operations(.elementwise(.init(operation: .sum)), inputs: 3) == 64)
    let pooling = Layer.Pooling(kind: .maximum, kernel: Extent(2), stride: Extent(2))
    #expect(try operations(.pooling(pooling)) == 24)
    #expect(try operations(.globalPooling(.init(kind: .average))) == 32)
    #expect(try operations(.softmax(.init())) == 160)
    #expect(try operations(.flatten(.init())) == 0)
  }
}

@Suite struct `Parts of a network` {
  private func sections(_ name: String) throws -> [String: NetworkSection] {
    let net = try #require(ResNetDescription(named: name))
    let network = try net.network(named: name)
    return Dictionary(
      uniqueKeysWithValues: zip(network.nodes.map(\.name), NetworkSection.sections(of: network)))
  }

  @Test func `are the stem, the units and the head`() throws {
    let found = try sections("resnet50")
    #expect(found["conv1"] == .stem && found["pool1"] == .stem && found["fc1000"] == .head)
    #expect(found["res2a_branch1"] == .unit(.init(stage: 0, unit: 0)))
    #expect(found["res2a_relu"] == .unit(.init(stage: 0, unit: 0)))
    #expect(found["res2b_branch2a"] == .unit(.init(stage: 0, unit: 1)))
    #expect(found["res5c_relu"] == .unit(.init(stage: 3, unit: 2)) && found["pool5"] == .head)
    #expect(Set(found.values).count == 18)
  }

  @Test func `of a network that is activated before begin with their normalization`() throws {
    let found = try sections("resnet200")
    #expect(found["bn2b_preact"] == .unit(.init(stage: 0, unit: 1)))
    #expect(found["pool5"] == .head)
    #expect(Set(found.values).count == 68)
  }

  @Test func `of a plain network are its sizes`() throws {
    let found = try sections("plain18")
    #expect(found["conv1"] == .size(1) && found["fc1000"] == .head)
    #expect(Set(found.values).count == 7)
  }
}
