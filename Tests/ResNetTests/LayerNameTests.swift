import ModelGraph
import ResNet
import Testing

@Suite struct LayerNameTests {
  private static let second = UnitPlace(stage: 1, unit: 1)

  @Test(
    arguments: [
      (.caffe, .kernel, .stem(.convolution), "conv1/0"),
      (.caffe, .kernel, .branch(second, 2, .convolution), "res3b_branch2c/0"),
      (.caffe, .scale, .branch(second, 0, .scale), "scale3b_branch2a/0"),
      (.caffe, .bias, .branch(second, 0, .scale), "scale3b_branch2a/1"),
      (.caffe, .factor, .shortcut(second, .normalization), "bn3b_branch1/2"),
      (.caffe, .gamma, .shortcut(second, .normalization), nil),
      (.keras2016, .variance, .stem(.normalization), "bn_conv1/moving_variance:0"),
      (.keras2016, .bias, .stem(.scale), "scale_conv1/beta:0"),
      (.keras2018, .kernel, .shortcut(second, .convolution), "conv3_block2_0_conv/kernel:0"),
      (.keras2018, .gamma, .opening(second, .normalization), "conv3_block2_preact_bn/gamma:0"),
      (.torchvision, .kernel, .stem(.convolution), "conv1.weight"),
      (.torchvision, .gamma, .branch(second, 1, .normalization), "layer2.1.bn2.weight"),
      (
        .torchvision, .mean, .shortcut(second, .normalization), "layer2.1.downsample.1.running_mean"
      ),
      (.torchvision, .bias, .classes, "fc.bias"), (.torchvision, .factor, .stem(.scale), nil),
    ] as [(LayerNames.Scheme, Layer.WeightRole, ResNetPart, String?)])
  func `a weight has the name that its framework gives it`(
    _ scheme: LayerNames.Scheme, _ role: Layer.WeightRole, _ part: ResNetPart, _ name: String?
  ) throws {
    let net = try #require(ResNetDescription(named: "resnet50"))
    #expect(LayerNames(scheme, of: net).weight(role, of: part) == name)
  }

  @Test(arguments: [
    ("resnet101", 1, 0, "res3a"), ("resnet101", 1, 3, "res3b3"), ("resnet101", 2, 22, "res4b22"),
    ("resnet101", 3, 2, "res5c"), ("resnet50", 2, 5, "res4f"), ("resnet110", 0, 17, "res2b17"),
  ])
  func `long stages number their units in Caffe`(
    _ name: String, _ stage: Int, _ unit: Int, _ layer: String
  ) throws {
    let net = try #require(ResNetDescription(named: name))
    #expect(LayerNames(.caffe, of: net)[.sum(UnitPlace(stage: stage, unit: unit))] == layer)
  }

  /// The example's own summary: its first shortcut with weights is the tenth convolution.
  @Test func `Keras' example for CIFAR numbers its layers as it makes them`() throws {
    var net = ResNetDescription.cifar(depth: 20)
    net.shortcut = .b
    net.normalizesShortcuts = false
    let names = LayerNames(.kerasCIFAR, of: net)
    #expect(names[.stem(.convolution)] == "conv2d_1")
    let first = UnitPlace(stage: 1, unit: 0)
    #expect(names[.branch(first, 1, .convolution)] == "conv2d_9")
    #expect(names[.shortcut(first, .convolution)] == "conv2d_10")
    #expect(names[.branch(first, 1, .normalization)] == "batch_normalization_9")
    #expect(names[.closing(first)] == "activation_9")
    #expect(names[.classes] == "dense_1")
  }
}
