import Inspection
import ModelGraph
import Testing
import TestSupport

@Suite struct ArchitectureTests {
  /// Learned parameters and multiply-accumulates are those the papers and their authors publish.
  @Test(
    arguments: [
      (
        [2, 2, 2, 2], false, true, .projectedOnChange, "ResNet-18", 11_689_512,
        1.814
      ),
      ([2, 2, 2, 2], false, true, .padded, "ResNet-18", 11_515_688, 1.795),
      ([2, 2, 2, 2], false, true, .projected, "ResNet-18", 12_043_816, 1.878),
      ([3, 4, 6, 3], false, true, .projectedOnChange, "ResNet-34", 21_797_672, 3.664),
      ([3, 4, 6, 3], true, true, .projectedOnChange, "ResNet-50", 25_557_032, 3.858),
      ([3, 4, 6, 3], true, false, .projectedOnChange, "ResNet-50", 25_557_032, 4.089),
      ([3, 4, 23, 3], true, true, .projectedOnChange, "ResNet-101", 44_549_160, 7.570),
      ([3, 8, 36, 3], true, false, .projectedOnChange, "ResNet-152", 60_192_808, 11.514),
    ] as [([Int], Bool, Bool, SampleResNet.Shortcut, String, Int, Double)])
  func `a published ResNet is recognised with its published numbers`(
    _ units: [Int], _ isBottleneck: Bool, _ stridesInFirst: Bool,
    _ shortcut: SampleResNet.Shortcut, _ name: String, _ parameters: Int, _ gigaMACs: Double
  ) throws {
    let network = try SampleResNet.imageNet(
      units: units, isBottleneck: isBottleneck, stridesInFirst: stridesInFirst, shortcut: shortcut)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == name)
    #expect(architecture.unitsPerStage == units)
    #expect(architecture.version == (isBottleneck && !stridesInFirst ? .v1_5 : .v1))
    #expect(
      architecture.shortcuts
        == (shortcut == .padded ? .a : shortcut == .projected ? .c : .b))
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
    let network = try SampleResNet.cifar(depth: depth)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == "ResNet-\(depth) for CIFAR")
    #expect(architecture.depth == depth)
    #expect(architecture.shortcuts == .a)
    #expect(try network.costs().reduce(0) { $0 + $1.parameterCount } == parameters)
  }

  @Test func `a net of 1202 layers is recognised in linear time`() throws {
    #expect(Architecture(of: try SampleResNet.cifar(depth: 1202)).depth == 1202)
  }

  @Test func `pre-activation is read off what follows the additions`() throws {
    let network = try SampleResNet.imageNet(
      units: [3, 4, 6, 3], isBottleneck: true, isPreActivated: true)
    let architecture = Architecture(of: network)
    #expect(architecture.version == .preActivation)
    #expect(architecture.publishedName == "ResNet-50")
  }

  @Test func `a plain net has no units`() throws {
    let network = try SampleResNet.imageNet(
      units: [3, 4, 6, 3], isBottleneck: false, shortcut: .none)
    let architecture = Architecture(of: network)
    #expect(architecture.publishedName == "plain-34")
    #expect(architecture.unit == nil && architecture.shortcuts == nil)
    #expect(architecture.description.contains("no shortcuts"))
  }

  @Test func `a narrower net is named with its width`() throws {
    let network = try SampleResNet.imageNet(
      units: [3, 4, 6, 3], isBottleneck: true, width: 32)
    #expect(
      Architecture(of: network).publishedName == "ResNet-50, width 32 instead of 64")
  }
}
