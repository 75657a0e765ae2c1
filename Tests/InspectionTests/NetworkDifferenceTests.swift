import Inspection
import ModelGraph
import ResNet
import TensorCore
import Testing

/// Twins of a small ResNet, each changed in one way.
@Suite struct `What two networks differ in` {
  /// Three stages, 20 layers, with batch normalization in two layers as Caffe has it.
  static let net = try! ResNetDescription(named: "resnet20")!  // it is published
    .model(named: "resnet20", seed: 3).network

  /// The network with the kernel and vectors of some layers replaced.
  static func changing(
    _ change: (_ node: Node, _ role: Layer.WeightRole, _ tensor: Tensor) -> Tensor
  ) -> Network {
    net.mapLayers { node in
      node.layer.mapWeights { role, tensor in change(node, role, tensor) }
    }
  }

  /// The convolutions in order, and the normalization of each.
  static let convolutions = net.nodes.filter {
    if case .convolution = $0.layer { true } else { false }
  }

  static func normalization(of convolution: Node) -> Node {
    net.nodes.first { $0.inputs == convolution.outputs }!  // each has one
  }

  static func findings(_ other: Network) -> [NetworkDifference.Finding] {
    NetworkDifference(net, other).findings
  }

  /// Rows of a tensor in another order, or some of them.
  static func rows(_ tensor: Tensor, _ order: [Int]) -> Tensor {
    let length = tensor.shape.elementCount / tensor.shape[0]
    let elements = tensor.floats
    return Tensor(
      tensor.shape.replacing(0, by: order.count),
      order.flatMap { elements[$0 * length..<($0 + 1) * length] })
  }

  /// Input channels of a kernel in another order, or some of them.
  static func inputs(_ tensor: Tensor, _ order: [Int]) -> Tensor {
    let taps = tensor.shape.elementCount(from: 2)
    let elements = tensor.floats
    let row = tensor.shape[1] * taps
    var moved: [Float] = []
    for output in 0..<tensor.shape[0] {
      for input in order {
        let start = output * row + input * taps
        moved += elements[start..<start + taps]
      }
    }
    return Tensor(tensor.shape.replacing(1, by: order.count), moved)
  }

  static func noisy(_ tensor: Tensor, _ scale: Float, _ seed: UInt64) -> Tensor {
    var state = seed
    return Tensor(
      tensor.shape,
      tensor.floats.map { element in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return element * (1 + scale * (Float(state >> 40) * 0x1p-23 - 1))
      })
  }

  @Test func `a network and itself do not differ`() {
    let difference = NetworkDifference(Self.net, Self.net)
    #expect(difference.isSame && difference.findings == [.same(isRewritten: false)])
    #expect(difference.layers.count { $0.isProduct } == 20)
  }

  @Test func `one filter is changed`() {
    let layer = Self.convolutions[4]
    let other = Self.changing { node, role, tensor in
      guard node.name == layer.name, role == .kernel else { return tensor }
      var elements = tensor.floats
      let length = tensor.shape.elementCount(from: 1)
      for index in 7 * length..<8 * length { elements[index] = 0.25 - elements[index] }
      return Tensor(tensor.shape, elements)
    }
    #expect(Self.findings(other) == [.partly(layer: layer.name, channels: [7], of: 16)])
  }

  @Test func `two layers are exchanged`() {
    let (a, b) = (Self.convolutions[2], Self.convolutions[5])
    func kernel(_ node: Node) -> Tensor { node.layer.weights[0].tensor }
    let other = Self.changing { node, role, tensor in
      guard role == .kernel else { return tensor }
      return node.name == a.name ? kernel(b) : node.name == b.name ? kernel(a) : tensor
    }
    #expect(Self.findings(other) == [.exchanged(a.name, b.name)])
  }

  /// Exchanges output channels of a convolution inside a unit; what reads it may follow.
  static func exchanged(follows: Bool) -> (Network, String) {
    let layer = convolutions[1]
    let next = convolutions[2]
    let bn = normalization(of: layer)
    let scale = net.nodes.first { $0.inputs == bn.outputs }!
    var order = Array(0..<16)
    order.swapAt(3, 12)
    let other = changing { node, role, tensor in
      switch node.name {
      case layer.name: rows(tensor, order)
      case bn.name: rows(tensor, order)
      case scale.name: rows(tensor, order)
      case next.name where role == .kernel && follows: inputs(tensor, order)
      default: tensor
      }
    }
    return (other, layer.name)
  }

  @Test func `a pair of channels is exchanged, and the next layer follows`() {
    let (other, name) = Self.exchanged(follows: true)
    #expect(Self.findings(other) == [.permuted(layer: name, channels: [3, 12], of: 16)])
    // Everything else is as it was, in the new order.
    let difference = NetworkDifference(Self.net, other)
    #expect(
      difference.layers.filter { !$0.isSame }.allSatisfy { layer in
        layer.weights.allSatisfy {
          if case .permuted = $0.relation { true } else { $0.isSame }
        }
      })
  }

  @Test func `a pair of channels is exchanged, and the next layer does not follow`() {
    let (other, name) = Self.exchanged(follows: false)
    #expect(
      Self.findings(other) == [
        .permuted(layer: name, channels: [3, 12], of: 16),
        .unordered(layers: [Self.convolutions[2].name]),
      ])
  }

  @Test(arguments: [Float(1e-3), 1e-2])
  func `a twin was trained a little further`(_ scale: Float) throws {
    let other = Self.changing { node, _, tensor in
      Self.noisy(tensor, scale, node.name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    }
    let findings = Self.findings(other)
    guard case .close(let count, let distances, let cosine) = try #require(findings.first) else {
      Issue.record("\(findings)")
      return
    }
    // Uniform noise of ±scale has a deviation of scale / √3.
    let expected = Double(scale) / 3.0.squareRoot()
    #expect(count == 20 && findings.count == 1 && cosine > 0.9999)
    #expect(distances.lowerBound > 0.8 * expected && distances.upperBound < 1.2 * expected)
  }

  @Test func `another seed has nothing in common`() throws {
    let other = try ResNetDescription(named: "resnet20")!.model(named: "resnet20", seed: 4).network
    guard case .unrelated(_, let cosine) = try #require(Self.findings(other).last) else {
      Issue.record("\(Self.findings(other))")
      return
    }
    #expect(abs(cosine) < 0.1)
  }

  @Test func `filters are zeroed`() {
    let layer = Self.convolutions[8]
    let other = Self.changing { node, role, tensor in
      guard node.name == layer.name, role == .kernel else { return tensor }
      var elements = tensor.floats
      let length = tensor.shape.elementCount(from: 1)
      for row in [2, 9, 10] {
        for index in row * length..<(row + 1) * length { elements[index] = 0 }
      }
      return Tensor(tensor.shape, elements)
    }
    #expect(
      Self.findings(other) == [
        .zeroed(
          layer: layer.name, channels: [2, 9, 10], of: layer.layer.weights[0].tensor.shape[0],
          inSecond: true)
      ])
    guard case .zeroed(_, [2, 9, 10], _, false) = NetworkDifference(other, Self.net).findings[0]
    else {
      Issue.record("not found the other way round")
      return
    }
  }

  @Test func `single numbers are zeroed`() throws {
    let other = Self.changing { _, role, tensor in
      guard role == .kernel else { return tensor }
      return Tensor(tensor.shape, tensor.floats.map { abs($0) < 0.02 ? 0 : $0 })
    }
    guard case .thinned(let layers, let share, true) = try #require(Self.findings(other).first)
    else {
      Issue.record("\(Self.findings(other))")
      return
    }
    #expect(layers.count > 10 && share > 0 && share < 1)
  }

  @Test func `channels are removed`() {
    let layer = Self.convolutions[1]
    let next = Self.convolutions[2]
    let bn = Self.normalization(of: layer)
    let scale = Self.net.nodes.first { $0.inputs == bn.outputs }!
    let kept = (0..<16).filter { ![0, 5, 11].contains($0) }
    let other = Self.changing { node, role, tensor in
      switch node.name {
      case layer.name, bn.name, scale.name: Self.rows(tensor, kept)
      case next.name where role == .kernel: Self.inputs(tensor, kept)
      default: tensor
      }
    }
    #expect(Self.findings(other) == [.reduced(layer: layer.name, removed: [0, 5, 11], of: 16)])
  }

  @Test func `kernels were rounded`() {
    let other = Self.changing { _, role, tensor in
      guard role == .kernel else { return tensor }
      return Tensor(
        tensor.shape,
        tensor.floats.map { element in
          // To the nearest, ties to even.
          let bits = element.bitPattern
          return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
        })
    }
    guard case .rounded("bfloat16", let count, true) = Self.findings(other)[0] else {
      Issue.record("\(Self.findings(other))")
      return
    }
    #expect(count == 20)
  }

  @Test(arguments: [2.5, -1])
  func `a kernel is scaled`(_ factor: Float) {
    let layer = Self.convolutions[6]
    let other = Self.changing { node, role, tensor in
      guard node.name == layer.name, role == .kernel else { return tensor }
      return Tensor(tensor.shape, tensor.floats.map { $0 * factor })
    }
    guard case .scaled(layer.name, let found?) = Self.findings(other)[0] else {
      Issue.record("\(Self.findings(other))")
      return
    }
    #expect(abs(found - Double(factor)) < 1e-6)
  }

  @Test func `a unit is missing`() throws {
    let longer = try ResNetDescription(named: "resnet32")!.model(named: "resnet32", seed: 3).network
    let findings = Self.findings(longer)
    let layers = findings.compactMap { finding -> [String]? in
      if case .missing(let layers, false) = finding { layers } else { nil }
    }
    // Two more units in each of three stages: of the first stage they are found exactly.
    let first = layers.joined().filter { $0.hasPrefix("res2") && $0.hasSuffix("branch2a") }
    #expect(Set(first) == ["res2d_branch2a", "res2e_branch2a"], "\(findings)")
  }
}
