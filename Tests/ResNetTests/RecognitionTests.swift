import ModelGraph
import ResNet
import TensorCore
import Testing

@Suite struct RecognitionTests {
  @Test(arguments: ResNetDescription.publishedNames)
  func `a description is read off the network that it makes`(_ name: String) throws {
    let net = try #require(ResNetDescription(named: name))
    // Names say nothing.
    let network = try net.network(named: "n", names: LayerNames(.torchvision, of: net))
    #expect(ResNetDescription(recognizedIn: network) == net)
  }

  @Test(
    arguments: [
      { $0.shortcut = .a }, { $0.shortcut = .c }, { $0.stride = .middle },
      { ($0.classCount, $0.biases) = (nil, []) },
      { $0.biases = .all }, { $0.biases = [.stem] }, { $0.hasScaleLayers = true },
      { $0.epsilon = 0.25 },
      {
        $0.padding = .same; $0.stride = .middle
      }, { $0.padding = .layer },
      {
        $0.stem.pooling = .zeros; $0.stem.padding = .layer
      }, { $0.stem.pooling = .valid },
      { $0.stem.pooling = .padded }, { $0.normalizesShortcuts = false },
      { $0 = $0.forImages(of: .cifar) }, { $0.image.channels = 1 },
      {
        $0.activation = .before
        $0.stridesInLastUnit = true
        $0.stride = .middle
        $0.normalizesShortcuts = false
        $0.padding = .layer
        $0.stem.isActivated = false
        $0.stem.pooling = .zeros
        $0.biases = [.stem, .last, .shortcut, .classes]
      },
    ] as [@Sendable (inout ResNetDescription) -> Void])
  func `each trait of a description is read off`(
    _ change: @Sendable (inout ResNetDescription) -> Void
  ) throws {
    var net = try #require(ResNetDescription(named: "resnet50"))
    change(&net)
    let network = try net.network(named: "n")
    #expect(ResNetDescription(recognizedIn: network) == net)
  }

  @Test func `a network with one layer more is none`() throws {
    let network = try #require(ResNetDescription(named: "resnet20")).network(named: "n")
    let more = Node(
      "more", .convolution(.init(kernel: try #require(Tensor(absent: [10, 10, 1, 1])))),
      inputs: ["fc10_image"])
    let nodes =
      network.nodes
      + [Node("fc10_image", .reshape(.init(extents: [0, 10, 1, 1])), inputs: ["prob"]), more]
    #expect(ResNetDescription(recognizedIn: try Network(name: "n", nodes: nodes)) == nil)
  }
}
