import Foundation
public import ResNetKit

/// Builds the networks of the ResNet papers, with weights that are all zero and cost no memory.
public struct SampleResNet {
  /// How a unit's shortcut carries shapes over.
  public enum Shortcut: Sendable {
    /// Strided pooling and channels of zeros.
    case padded
    /// A projection where shapes change.
    case projectedOnChange
    /// A projection everywhere.
    case projected
    /// None: a plain network.
    case none
  }

  private var nodes: [Node] = []
  private var value: String
  private var channels: Int

  private init(input: Shape) {
    nodes = [Node("data", .input(.init(shape: input)))]
    value = "data"
    channels = input[1]
  }

  /// A network for ImageNet, 7×7 stem and four stages.
  public static func imageNet(
    units: [Int], isBottleneck: Bool, stridesInFirst: Bool = true,
    shortcut: Shortcut = .projectedOnChange, isPreActivated: Bool = false, width: Int = 64,
    input: Shape = [1, 3, 224, 224], hasBiases: Bool = false, stridesInLastUnit: Bool = false,
    hasHead: Bool = true, groups: Int = 1, innerFactor: Int = 1
  ) throws -> Network {
    var net = SampleResNet(input: input)
    net.convolve("conv1", to: width, kernel: 7, stride: 2)
    net.normalize("conv1")
    net.add(
      "pool1",
      .pooling(
        .init(kind: .maximum, kernel: Extent(3), stride: Extent(2), rounding: .ceil)))
    for (stage, count) in units.enumerated() {
      for unit in 0..<count {
        let inner = width << stage
        let strides =
          stridesInLastUnit
          ? stage + 1 < units.count && unit == count - 1 : stage > 0 && unit == 0
        net.unit(
          "res\(stage + 2)_\(unit)", inner: innerFactor * inner,
          outer: isBottleneck ? 4 * inner : inner, stride: strides ? 2 : 1,
          isBottleneck: isBottleneck, stridesInFirst: stridesInFirst, shortcut: shortcut,
          isPreActivated: isPreActivated, groups: groups)
      }
    }
    return try net.finish(classes: hasHead ? 1000 : nil, name: "sample")
  }

  /// A network for CIFAR-10: 3×3 stem, three stages, option A.
  ///
  /// - Parameters:
  ///   - isBottleneck: units of three convolutions instead of two.
  ///   - width: the channels of the first stage; the stem has 16.
  public static func cifar(
    depth: Int, shortcut: Shortcut = .padded, input: Shape = [1, 3, 32, 32],
    isBottleneck: Bool = false, isPreActivated: Bool = false, width: Int = 16
  ) throws -> Network {
    var net = SampleResNet(input: input)
    net.convolve("conv1", to: 16, kernel: 3, stride: 1)
    net.normalize("conv1")
    for stage in 0..<3 {
      for unit in 0..<(depth - 2) / (isBottleneck ? 9 : 6) {
        let inner = width << stage
        net.unit(
          "res\(stage + 2)_\(unit)", inner: inner, outer: isBottleneck ? 4 * inner : inner,
          stride: stage > 0 && unit == 0 ? 2 : 1, isBottleneck: isBottleneck,
          stridesInFirst: true, shortcut: shortcut, isPreActivated: isPreActivated)
      }
    }
    return try net.finish(classes: 10, name: "sample")
  }

  private mutating func finish(classes: Int?, name: String) throws -> Network {
    guard let classes else { return try Network(name: name, nodes: nodes) }
    add("pool", .globalPooling(.init(kind: .average)))
    add(
      "fc",
      .fullyConnected(.init(kernel: Self.zeros([classes, channels]), bias: Self.zeros([classes]))))
    add("prob", .softmax(.init()))
    return try Network(name: name, nodes: nodes)
  }

  private mutating func unit(
    _ name: String, inner: Int, outer: Int, stride: Int, isBottleneck: Bool, stridesInFirst: Bool,
    shortcut: Shortcut, isPreActivated: Bool, groups: Int = 1
  ) {
    let (start, startChannels) = (value, channels)
    let kernels = isBottleneck ? [1, 3, 1] : [3, 3]
    for (index, kernel) in kernels.enumerated() {
      let strides = index == (isBottleneck && !stridesInFirst ? 1 : 0)
      let isLast = index == kernels.count - 1
      let part = "\(name)_\(index)"
      if isPreActivated { normalize(part, suffix: "pre") }
      convolve(
        part, to: isLast ? outer : inner, kernel: kernel, stride: strides ? stride : 1,
        groups: isBottleneck && kernel == 3 ? groups : 1)
      if !isPreActivated { normalize(part, withReLU: !isLast || shortcut == .none) }
    }
    guard shortcut != .none else { return }
    let residual = value
    (value, channels) = (start, startChannels)
    let changes = stride > 1 || startChannels != outer
    switch shortcut {
    case .projectedOnChange where startChannels == outer && stride > 1:
      add(
        "\(name)_stride",
        .pooling(.init(kind: .maximum, kernel: Extent(1), stride: Extent(stride))))
    case .projected where true, .projectedOnChange where changes:
      convolve("\(name)_shortcut", to: outer, kernel: 1, stride: stride)
      if !isPreActivated { normalize("\(name)_shortcut", withReLU: false) }
    case .padded where changes:
      if stride > 1 {
        add(
          "\(name)_stride",
          .pooling(.init(kind: .average, kernel: Extent(1), stride: Extent(stride))))
      }
      add("\(name)_pad", .zeroPadding(.init(channelsAfter: outer - startChannels)))
    case .padded, .projectedOnChange, .projected, .none: break
    }
    nodes.append(
      Node(name, .elementwise(.init(operation: .sum)), inputs: [residual, value]))
    (value, channels) = (name, outer)
    if !isPreActivated { add("\(name)_relu", .relu(.init())) }
  }

  private mutating func convolve(
    _ name: String, to outputs: Int, kernel: Int, stride: Int, groups: Int = 1
  ) {
    let side = kernel / 2
    add(
      name,
      .convolution(
        .init(
          kernel: Self.zeros([outputs, channels / groups, kernel, kernel]),
          stride: Extent(stride), padding: Padding(vertical: side, horizontal: side),
          groups: groups)))
    channels = outputs
  }

  private mutating func normalize(_ name: String, suffix: String = "", withReLU: Bool = true) {
    let shape: Shape = [channels]
    add(
      "bn_\(name)\(suffix)",
      .batchNormalization(
        .init(
          mean: Self.zeros(shape), variance: Self.zeros(shape), gamma: Self.zeros(shape),
          beta: Self.zeros(shape), epsilon: 1e-5)))
    if withReLU { add("relu_\(name)\(suffix)", .relu(.init())) }
  }

  private mutating func add(_ name: String, _ layer: Layer) {
    nodes.append(Node(name, layer, inputs: [value]))
    value = name
  }

  /// Zeros that the kernel maps only when somebody looks.
  private static func zeros(_ shape: Shape) -> Tensor {
    let count = shape.elementCount * 4
    guard let base = calloc(count, 1) else { preconditionFailure("out of memory") }
    let bytes = Bytes(adopting: base, count: count) { free(UnsafeMutableRawPointer(mutating: $0)) }
    return Tensor(shape: shape, elementType: .float32, bytes: bytes)!
  }
}
