public import ModelGraph
import TensorCore

/// A random network of layers of every kind that computes, over images of 1 to 40 rows and columns.
///
/// The same seed gives the same network. Layers that do not fit what they would read are left out.
public func randomNetwork(seed: UInt64, layers count: Int = 12) throws -> Network {
  var builder = RandomNetworkBuilder(seed: seed)
  for index in 0..<count { builder.add("n\(index)") }
  return try Network(name: "random \(seed)", nodes: builder.nodes)
}

private struct RandomNetworkBuilder {
  var random: SeededGenerator
  var nodes: [Node] = []
  /// Images [batch, channels, height, width] that can be read.
  var images: [(name: String, shape: Shape)] = []

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    let shape: Shape = [
      int(1...2), int(1...40), int(1...40), int(1...40),
    ]
    nodes.append(Node("data", .input(.init(shape: shape))))
    images.append(("data", shape))
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  /// Adds a layer that reads an image, mostly the last.
  mutating func add(_ name: String) {
    let source = int(0...3) == 0 ? images.randomElement(using: &random)! : images.last!
    guard let layer = layer(source.shape) else { return }
    let isSum =
      if case .elementwise = layer { true } else { false }
    let isJoined =
      if case .concatenation = layer { true } else { false }
    let others = images.filter { $0.shape == source.shape && $0.name != source.name }
    let second = (isSum || isJoined) ? (others.last ?? source).name : nil
    let node = Node(name, layer, inputs: [source.name] + (second.map { [$0] } ?? []))
    let inputShapes = node.inputs.map { input in images.first { $0.name == input }!.shape }
    guard let shape = try? node.outputShapes(for: inputShapes).first, shape.elementCount > 0,
      shape.elementCount < 100_000
    else { return }
    nodes.append(node)
    if shape.rank == 4 { images.append((name, shape)) }
  }

  private mutating func layer(_ shape: Shape) -> Layer? {
    let channels = shape[1]
    switch int(0...21) {
    case 0...6: return convolution(channels)
    case 7:
      return .batchNormalization(
        .init(
          mean: random.tensor([channels]), variance: positive([channels]),
          gamma: random.tensor([channels]), beta: random.tensor([channels]), epsilon: 1e-3))
    case 8: return .scale(.init(scale: random.tensor([channels]), bias: random.tensor([channels])))
    case 9: return .relu(.init(negativeSlope: [0, 0.1].randomElement(using: &random)!))
    case 10: return .prelu(.init(slope: random.tensor([channels])))
    case 11: return .activation([.sigmoid, .tanh, .silu, .softplus].randomElement(using: &random)!)
    case 12, 13: return pooling()
    case 14:
      return .elementwise(
        .init(operation: [.sum, .sum, .product, .maximum].randomElement(using: &random)!))
    case 15: return .concatenation(.init(axis: int(1...3)))
    case 16: return .crop(.init(axis: int(1...3), start: int(0...2), step: int(1...2)))
    case 17:
      return .zeroPadding(
        .init(
          spatial: Padding(top: int(0...2), left: int(0...2), bottom: int(0...2)),
          channelsBefore: int(0...5), channelsAfter: int(0...5)))
    case 18:
      return .localResponseNormalization(.init(size: 3, alpha: 0.1, beta: 0.75))
    case 19: return .globalPooling(.init(kind: int(0...1) == 0 ? .average : .maximum))
    case 20:
      let inputs = shape.elementCount(from: 1)
      guard inputs < 5000 else { return nil }
      return .fullyConnected(
        .init(kernel: random.tensor([int(1...40), inputs]), bias: nil))
    default: return .softmax(.init())
    }
  }

  private mutating func positive(_ shape: Shape) -> Tensor {
    Tensor(shape, random.tensor(shape).floats.map { 0.5 + abs($0) })
  }

  /// Half of them of the kinds that a ResNet has.
  private mutating func convolution(_ channels: Int) -> Layer {
    let outputs = int(1...48)
    let isUsual = int(0...1) == 0
    let side = [1, 3, 3].randomElement(using: &random)!
    let window = isUsual ? Extent(side) : Extent(height: int(1...5), width: int(1...5))
    let padding =
      isUsual
      ? Padding(vertical: side / 2, horizontal: side / 2)
      : Padding(top: int(0...2), left: int(0...2), bottom: int(0...2), right: int(0...2))
    let divisors = (1...channels).filter { channels % $0 == 0 }
    let groups = int(0...2) == 0 ? divisors.randomElement(using: &random)! : 1
    let multiple = groups == channels && int(0...1) == 0 ? groups : groups * int(1...3)
    let kernels = groups == 1 ? outputs : multiple
    let scale = 1 / Float(channels / groups * window.height * window.width).squareRoot()
    return .convolution(
      .init(
        kernel: random.tensor(
          [kernels, channels / groups, window.height, window.width], scale: scale),
        bias: int(0...1) == 0 ? random.tensor([kernels]) : nil,
        stride: isUsual && int(0...3) > 0
          ? Extent(1) : Extent(height: int(1...3), width: int(1...3)),
        padding: padding,
        dilation: isUsual ? Extent(1) : Extent(height: int(1...2), width: int(1...2)),
        groups: groups))
  }

  private mutating func pooling() -> Layer {
    .pooling(
      .init(
        kind: int(0...1) == 0 ? .average : .maximum,
        kernel: Extent(height: int(1...3), width: int(1...3)),
        stride: Extent(height: int(1...2), width: int(1...2)),
        padding: Padding(vertical: int(0...1), horizontal: int(0...1)),
        rounding: int(0...1) == 0 ? .ceil : .floor))
  }
}
