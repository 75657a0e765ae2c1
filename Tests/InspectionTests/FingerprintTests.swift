import Inspection
import ModelGraph
import TensorCore
import TestSupport
import Testing

@Suite struct FingerprintTests {
  /// A small residual net, and the ways to write it otherwise.
  struct Sample {
    var random = SeededGenerator(seed: 14)
    var shape: Shape = [1, 3, 9, 9]
    var nodes: [Node] = []

    init() {
      let first = random.tensor([4, 3, 3, 3])
      let second = random.tensor([4, 4, 3, 3])
      let variance = Tensor([4], random.tensor([4]).floats.map { 0.3 + abs($0) })
      let normalization = Layer.BatchNormalization(
        mean: random.tensor([4]), variance: variance, gamma: random.tensor([4]),
        beta: random.tensor([4]), epsilon: 1e-3)
      nodes = [
        Node("data", .input(.init(shape: shape))),
        Node(
          "conv1",
          .convolution(
            .init(
              kernel: first, bias: random.tensor([4]), stride: Extent(2),
              padding: Padding(bottom: 1, right: 1))), inputs: ["data"]),
        Node("bn1", .batchNormalization(normalization), inputs: ["conv1"]),
        Node("relu1", .relu(), inputs: ["bn1"]),
        Node(
          "conv2",
          .convolution(
            .init(kernel: second, padding: Padding(vertical: 1, horizontal: 1))),
          inputs: ["relu1"]),
        Node("add", .elementwise(.init(operation: .sum)), inputs: ["relu1", "conv2"]),
        Node("relu2", .relu(), inputs: ["add"]),
        Node("pool", .globalPooling(.init(kind: .average)), inputs: ["relu2"]),
        Node("flatten", .flatten(.init()), inputs: ["pool"]),
        Node(
          "fc", .fullyConnected(.init(kernel: random.tensor([5, 4]), bias: random.tensor([5]))),
          inputs: ["flatten"]),
        Node("prob", .softmax(.init()), inputs: ["fc"]),
      ]
    }

    subscript(name: String) -> Layer {
      get { nodes.first { $0.name == name }!.layer }
      set { nodes[nodes.firstIndex { $0.name == name }!].layer = newValue }
    }

    /// Puts nodes in place of one; the last makes its value.
    mutating func replace(_ name: String, by others: [(name: String, layer: Layer)]) {
      let place = nodes.firstIndex { $0.name == name }!
      var input = nodes[place].inputs
      var made: [Node] = []
      for (index, other) in others.enumerated() {
        let isLast = index == others.count - 1
        made.append(
          Node(other.name, other.layer, inputs: input, outputs: [isLast ? name : other.name]))
        input = [other.name]
      }
      nodes.replaceSubrange(place...place, with: made)
    }

    var text: String {
      get throws { try Fingerprint(of: Network(name: "sample", nodes: nodes)).text }
    }
  }

  private static let original: String = try! Sample().text

  /// A way to change the sample.
  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let apply: @Sendable (inout Sample) -> Void

    init(_ name: String, _ apply: @escaping @Sendable (inout Sample) -> Void) {
      testDescription = name
      self.apply = apply
    }
  }

  static let harmless: [Change] = [
    Change("other names") { sample in
      sample.nodes = sample.nodes.map { node in
        Node("x" + node.name, node.layer, inputs: node.inputs.map { "x" + $0 })
      }
    },
    Change("the terms of a sum exchanged") { sample in
      let place = sample.nodes.firstIndex { $0.name == "add" }!
      sample.nodes[place].inputs.reverse()
    },
    Change("a batch of 7") { $0["data"] = .input(.init(shape: [7, 3, 9, 9])) },
    Change("normalization in Caffe's two layers, with its factor") { sample in
      guard case .batchNormalization(var layer) = sample["bn1"] else { return }
      let scale = Layer.Scale(scale: layer.gamma, bias: layer.beta)
      // Sums of 8 batches: the division is exact.
      func sum(_ tensor: Tensor) -> Tensor { Tensor(tensor.shape, tensor.floats.map { $0 * 8 }) }
      (layer.gamma, layer.beta) = (nil, nil)
      (layer.mean, layer.variance) = (sum(layer.mean), sum(layer.variance))
      layer.factor = Tensor([1], [Float(8)])
      layer.epsilon = Double(Float(layer.epsilon))
      sample.replace(
        "bn1", by: [("norm", .batchNormalization(layer)), ("scale", .scale(scale))])
    },
    Change("zeros around a kernel") { sample in
      guard case .convolution(var layer) = sample["conv1"] else { return }
      let numbers = layer.kernel.floats
      var enlarged = [Float](repeating: 0, count: 4 * 3 * 16)
      for plane in 0..<12 {
        for row in 0..<3 {
          for column in 0..<3 {
            enlarged[plane * 16 + (row + 1) * 4 + column + 1] =
              numbers[plane * 9 + row * 3 + column]
          }
        }
      }
      layer.kernel = Tensor([4, 3, 4, 4], enlarged)
      layer.padding = Padding(vertical: 1, horizontal: 1)
      sample["conv1"] = .convolution(layer)
    },
    Change("padding in a layer of its own") { sample in
      guard case .convolution(var layer) = sample["conv1"] else { return }
      let padding = Layer.ZeroPadding(spatial: layer.padding)
      layer.padding = .none
      sample.replace("conv1", by: [("pad", .zeroPadding(padding)), ("c", .convolution(layer))])
    },
    Change("padding that no window reads") { sample in
      guard case .convolution(var layer) = sample["conv1"] else { return }
      layer.padding.bottom = 0
      layer.padding.right = 0
      sample["conv1"] = .convolution(layer)
    },
    Change("a bias in a layer of its own") { sample in
      guard case .convolution(var layer) = sample["conv1"] else { return }
      let bias = Layer.Bias(bias: layer.bias)
      layer.bias = nil
      sample.replace("conv1", by: [("c", .convolution(layer)), ("bias", .bias(bias))])
    },
    Change("a bias of zeros of both signs") { sample in
      guard case .convolution(var layer) = sample["conv2"] else { return }
      layer.bias = Tensor([4], [0, -0.0, 0, Float(0)])
      sample["conv2"] = .convolution(layer)
    },
    Change("a rectifier as a clip") {
      $0["relu1"] = .activation(.clip(minimum: 0, maximum: .infinity))
    },
    Change("an average over a window of all") { sample in
      sample["pool"] = .pooling(
        .init(kind: .average, kernel: Extent(4), stride: Extent(3), rounding: .ceil))
    },
    Change("a reshape, or nothing, for the flattening") { sample in
      sample["flatten"] = .reshape(.init(extents: [0, -1, 1], axis: 0))
    },
    Change("the matrix as a convolution") { sample in
      guard case .fullyConnected(let layer) = sample["fc"] else { return }
      sample["flatten"] = .passThrough(.init(kind: .split))
      sample["fc"] = .convolution(
        .init(kernel: layer.kernel.reshaped(to: [5, 4, 1, 1]), bias: layer.bias))
    },
    Change("dropout") { sample in
      sample.replace(
        "relu2",
        by: [("r", .relu()), ("drop", .passThrough(.init(kind: .dropout, rate: 0.5)))])
    },
    Change("weights as float64") { sample in
      sample.nodes = sample.nodes.map { node in
        var node = node
        node.layer = node.layer.mapWeights { Tensor($1.shape, $1.doubles) }
        return node
      }
    },
  ]

  @Test(arguments: harmless) func `does not change with`(_ change: Change) throws {
    var sample = Sample()
    change.apply(&sample)
    #expect(try sample.text == Self.original)
  }

  static let harmful: [Change] = [
    Change("a weight that is the next number") { sample in
      guard case .convolution(var layer) = sample["conv2"] else { return }
      var numbers = layer.kernel.floats
      numbers[77] = numbers[77].nextUp
      layer.kernel = Tensor(layer.kernel.shape, numbers)
      sample["conv2"] = .convolution(layer)
    },
    Change("a beta that is the next number") { sample in
      guard case .batchNormalization(var layer) = sample["bn1"] else { return }
      var numbers = layer.beta!.floats
      numbers[2] += 0.001
      layer.beta = Tensor([4], numbers)
      sample["bn1"] = .batchNormalization(layer)
    },
    Change("another stride") { sample in
      guard case .convolution(var layer) = sample["conv1"] else { return }
      layer.stride = Extent(height: 2, width: 1)
      sample["conv1"] = .convolution(layer)
    },
    Change("other padding") { sample in
      guard case .convolution(var layer) = sample["conv1"] else { return }
      layer.padding = Padding(top: 1, left: 1)
      sample["conv1"] = .convolution(layer)
    },
    Change("another epsilon") { sample in
      guard case .batchNormalization(var layer) = sample["bn1"] else { return }
      layer.epsilon = 1e-5
      sample["bn1"] = .batchNormalization(layer)
    },
    Change("normalization behind the rectifier") { sample in
      (sample["bn1"], sample["relu1"]) = (sample["relu1"], sample["bn1"])
    },
    Change("two filters exchanged") { sample in
      guard case .convolution(var layer) = sample["conv2"] else { return }
      let numbers = layer.kernel.floats
      layer.kernel = Tensor(
        layer.kernel.shape, Array(numbers[36..<72] + numbers[..<36] + numbers[72...]))
      sample["conv2"] = .convolution(layer)
    },
    Change("another shortcut") { sample in
      let place = sample.nodes.firstIndex { $0.name == "add" }!
      sample.nodes[place].inputs[0] = "bn1"
    },
    Change("another sum") { $0["add"] = .elementwise(.init(operation: .maximum)) },
    Change("a leaky rectifier") { $0["relu2"] = .relu(.init(negativeSlope: 0.01)) },
    Change("a maximum for the average") { $0["pool"] = .globalPooling(.init(kind: .maximum)) },
    Change("no softmax") { $0.nodes.removeLast() },
    Change("a larger image") { $0["data"] = .input(.init(shape: [1, 3, 11, 9])) },
    Change("weights rounded to float16") { sample in
      guard case .convolution(var layer) = sample["conv2"] else { return }
      layer.kernel = Tensor(layer.kernel.shape, layer.kernel.floats.map { Float(Float16($0)) })
      sample["conv2"] = .convolution(layer)
    },
  ]

  @Test(arguments: harmful) func `changes with`(_ change: Change) throws {
    var sample = Sample()
    change.apply(&sample)
    #expect(try sample.text != Self.original)
  }

  @Test func `is what the specification says, computed by another program`() throws {
    // schemas/fingerprint.py of a file with these layers.
    let network = try Network(
      name: "net",
      nodes: [
        Node("data", .input(.init(shape: [1, 3]))),
        Node(
          "fc",
          .fullyConnected(
            .init(
              kernel: Tensor([2, 3], [1, -2, 0.5, 3, 0.25, -1] as [Float]),
              bias: Tensor([2], [0.125, -0.0] as [Float]))), inputs: ["data"]),
        Node("relu", .relu(.init(maximum: 6)), inputs: ["fc"]),
      ])
    let fingerprint = try Fingerprint(of: network)
    #expect(
      fingerprint.text == "r1:1b5768df57d8a30804a6cc62e6ba63436f8fe9c122e7ac32f4a558b4d2328d88")
    #expect(
      fingerprint.terms.map(\.line) == [
        "input index=0 shape=1,3",
        "convolution kernel=2,3,1,1 groups=1 first=0,0 stride=1,1 dilation=1,1 count=1,1",
        "affine channels=2", "clip minimum=00000000 maximum=40c00000",
      ])
    #expect(fingerprint.terms.map(\.inputs) == [[], [0], [1], [2]])
  }

  @Test func `sees a subsampling of channels padded with zeros in each way to write it`() throws {
    func text(_ layers: [(String, Layer)]) throws -> String {
      var nodes = [Node("data", .input(.init(shape: [1, 2, 5, 5])))]
      for (name, layer) in layers {
        nodes.append(Node(name, layer, inputs: [nodes.last!.outputs[0]]))
      }
      return try Fingerprint(of: Network(name: "a", nodes: nodes)).text
    }
    let pad = Layer.zeroPadding(.init(channelsBefore: 1, channelsAfter: 1))
    let cropped = try text([
      ("rows", .crop(.init(axis: 2, step: 2))), ("columns", .crop(.init(axis: 3, step: 2))),
      ("pad", pad),
    ])
    let pooled = try text([
      ("pool", .pooling(.init(kind: .average, kernel: Extent(1), stride: Extent(2)))), ("pad", pad),
    ])
    let kernel = Tensor([4, 2, 1, 1], [0, 0, 1, 0, 0, 1, 0, 0] as [Float])
    let convolved = try text([
      ("conv", .convolution(.init(kernel: kernel, stride: Extent(2))))
    ])
    // As Keras' writer pads channels: over exchanged axes.
    let exchanged = try text([
      ("rows", .crop(.init(axis: 2, step: 2))), ("to", .permutation(.init(axes: [0, 2, 1, 3]))),
      ("pad", .zeroPadding(.init(spatial: Padding(top: 1, bottom: 1)))),
      ("back", .permutation(.init(axes: [0, 2, 1, 3]))),
      ("columns", .crop(.init(axis: 3, step: 2))),
    ])
    let other = try text([
      (
        "conv",
        .convolution(
          .init(kernel: Tensor([4, 2, 1, 1], [0, 0, 0, 1, 1, 0, 0, Float(0)]), stride: Extent(2)))
      )
    ])
    #expect(cropped == pooled && pooled == convolved && convolved == exchanged)
    #expect(other != cropped)
  }

  @Test func `sees zeros before a maximum in its padding only where nothing is below them`() throws
  {
    func text(rectified: Bool, separate: Bool) throws -> String {
      let padding = Padding(vertical: 1, horizontal: 1)
      let pool = Layer.Pooling(
        kind: .maximum, kernel: Extent(3), stride: Extent(2), padding: separate ? .none : padding)
      var nodes = [Node("data", .input(.init(shape: [1, 2, 8, 8])))]
      if rectified { nodes.append(Node("relu", .relu(), inputs: ["data"])) }
      if separate {
        nodes.append(
          Node("pad", .zeroPadding(.init(spatial: padding)), inputs: nodes.last!.outputs))
      }
      nodes.append(Node("pool", .pooling(pool), inputs: nodes.last!.outputs))
      return try Fingerprint(of: Network(name: "m", nodes: nodes)).text
    }
    #expect(
      try text(rectified: true, separate: true) == text(rectified: true, separate: false))
    #expect(
      try text(rectified: false, separate: true) != text(rectified: false, separate: false))
  }

  @Test func `of a definition without weights is refused`() throws {
    let network = try Network(
      name: "d",
      nodes: [
        Node("data", .input(.init(shape: [1, 3, 4, 4]))),
        Node(
          "conv", .convolution(.init(kernel: Tensor(absent: [2, 3, 1, 1])!)), inputs: ["data"]),
      ])
    #expect(throws: NetworkError.self) { try Fingerprint(of: network) }
  }
}
