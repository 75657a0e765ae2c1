import Inspection
import Kernels
import ModelGraph
import ResNet
import Runtime
import TensorCore
import Testing

/// Mean, deviation and counts of elements, two passes in double.
private struct Plain {
  var mean = 0.0, deviation = 0.0, minimum = Double.infinity, maximum = -Double.infinity
  var zeros = 0, nonFinite = 0, subnormal = 0, count = 0

  init(_ elements: [Float]) {
    count = elements.count
    let finite = elements.filter(\.isFinite).map(Double.init)
    nonFinite = count - finite.count
    guard !finite.isEmpty else { return }
    mean = finite.reduce(0, +) / Double(finite.count)
    deviation =
      (finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)).squareRoot()
    minimum = finite.min()!
    maximum = finite.max()!
    zeros = finite.count { $0 == 0 }
    subnormal = elements.count(where: \.isSubnormal)
  }
}

@Suite struct `Responses of a network` {
  static let net = try! ResNetDescription(named: "resnet20")!  // it is published
    .model(named: "resnet20", seed: 5)
  static let images = RandomImages(for: net, seed: 2)

  /// Every value of some images, row-major.
  static func values(_ count: Int) throws -> [String: (shape: Shape, elements: [Float])] {
    let batch = images.batch(0..<count)
    let session = try Session(
      net.network, options: ExecutionOptions(isStrict: true),
      inputShapes: batch.mapValues(\.shape), observing: .all)
    var values: [String: (shape: Shape, elements: [Float])] = [:]
    try session.run(batch) { values[$0.name] = ($0.shape, Array($0.elements)) }
    return values
  }

  static func responses(
    _ count: Int, batch: Int, threads: Int, isStrict: Bool = true
  ) throws -> ResponseRun {
    var run = try ResponseRun(
      of: net.network, inputShapes: images.batch(0..<batch).mapValues(\.shape),
      options: ExecutionOptions(threadCount: threads, isStrict: isStrict))
    for start in stride(from: 0, to: count, by: batch) {
      try run.add(images.batch(start..<min(start + batch, count)))
    }
    return run
  }

  @Test func `are those of two passes over all elements`() throws {
    let values = try Self.values(5)
    let run = try Self.responses(5, batch: 5, threads: 1)
    #expect(run.imageCount == 5 && run.values.count == values.count)
    for value in run.values {
      let (shape, elements) = try #require(values[value.value])
      let plain = Plain(elements)
      let whole = value.whole
      #expect(abs(whole.mean - plain.mean) <= 1e-9 * max(plain.deviation, abs(plain.mean)))
      #expect(abs(whole.standardDeviation - plain.deviation) <= 1e-9 * plain.deviation)
      #expect(whole.minimum == plain.minimum && whole.maximum == plain.maximum)
      #expect(whole.zeroCount == plain.zeros && whole.count == plain.count)
      #expect(value.channels.count == shape[1])
      let pixels = shape.elementCount(from: 2)
      for channel in [0, shape[1] - 1] {
        let own = (0..<shape[0]).flatMap { image in
          let start = (image * shape[1] + channel) * pixels
          return elements[start..<start + pixels]
        }
        let expected = Plain(own)
        let found = value.channels[channel]
        #expect(abs(found.mean - expected.mean) <= 1e-9 * (expected.deviation + abs(expected.mean)))
        #expect(abs(found.standardDeviation - expected.deviation) <= 1e-9 * expected.deviation)
        #expect(found.zeroCount == expected.zeros && found.maximum == expected.maximum)
      }
    }
  }

  @Test func `in blocks of channels are those of rows, but for rounding`() throws {
    let rows = try Self.responses(3, batch: 2, threads: 1)
    let blocks = try Self.responses(3, batch: 2, threads: 1, isStrict: false)
    for (a, b) in zip(rows.values, blocks.values) {
      let unit = a.whole.standardDeviation
      #expect(a.value == b.value && a.channels.count == b.channels.count)
      for (x, y) in zip(a.channels, b.channels) {
        #expect(x.count == y.count && abs(x.mean - y.mean) < 1e-4 * unit, "\(a.value)")
        #expect(abs(x.standardDeviation - y.standardDeviation) < 1e-4 * unit, "\(a.value)")
      }
    }
  }

  @Test(arguments: [false, true])
  func `have the same bits on any number of threads`(isStrict: Bool) throws {
    let one = try Self.responses(7, batch: 3, threads: 1, isStrict: isStrict)
    let three = try Self.responses(7, batch: 3, threads: 3, isStrict: isStrict)
    #expect(one.values.map(\.channels) == three.values.map(\.channels))
  }

  @Test func `of a layer with one dead channel say so`() throws {
    let kernel = Tensor([3, 1, 1, 1], [Float(1), 0, -1])
    let bias = Tensor([3], [Float(0), -1, 0])
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 1, 4, 4]))),
        Node("conv", .convolution(.init(kernel: kernel, bias: bias)), inputs: ["data"]),
        Node("relu", .relu(), inputs: ["conv"]),
      ])
    var run = try ResponseRun(of: network, inputShapes: ["data": [2, 1, 4, 4]])
    try run.add(["data": Tensor([2, 1, 4, 4], (0..<32).map { Float($0) - 15.5 })])
    #expect(run.value("relu")?.deadChannels == [1])
    // It is no rectifier: a channel of one number is no fault.
    #expect(run.value("conv")?.deadChannels == [])
  }

  @Test func `that are not finite or subnormal are counted`() throws {
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 20, 3, 3]))),
        Node("pass", .activation(.absolute), inputs: ["data"]),
      ])
    var elements = (0..<180).map { Float($0 % 7) }
    elements[9 * 4 + 2] = .nan
    elements[9 * 4 + 5] = .infinity
    elements[9 * 17 + 1] = 0x1p-140
    var run = try ResponseRun(of: network, inputShapes: ["data": [1, 20, 3, 3]])
    try run.add(["data": Tensor([1, 20, 3, 3], elements)])
    let value = try #require(run.value("data"))
    for (index, channel) in value.channels.enumerated() {
      let plain = Plain(Array(elements[9 * index..<9 * index + 9]))
      #expect(
        channel.nonFiniteCount == plain.nonFinite && channel.subnormalCount == plain.subnormal)
      #expect(abs(channel.mean - plain.mean) < 1e-12 && channel.zeroCount == plain.zeros)
    }
    #expect(value.whole.nonFiniteCount == 2 && value.whole.subnormalCount == 1)
  }

  @Test func `of images far from zero lose no digits`() throws {
    var statistics = ChannelStatistics()
    let elements = (0..<4096).map { 1e6 + Float($0 % 16) / 16 }
    for start in stride(from: 0, to: 4096, by: 256) {
      var part = ChannelStatistics()
      for element in elements[start..<start + 256] {
        var one = ChannelStatistics()
        one.add(CollectionOfOne(element))
        part.merge(one)
      }
      statistics.merge(part)
    }
    let plain = Plain(elements)
    #expect(abs(statistics.standardDeviation - plain.deviation) < 1e-9 * plain.deviation)
  }

  @Test func `are those of figure 7 after batch normalization and before the nonlinearity`() throws
  {
    let layers = ResponseLayer.all(in: Self.net.network)
    // Each 3×3 layer of ResNet-20 but the classes'.
    #expect(layers.count == 19 && layers.allSatisfy(\.isNormalized))
    let readers = Dictionary(grouping: Self.net.network.nodes, by: { $0.inputs.first ?? "" })
    for layer in layers {
      let next =
        readers[layer.value]
        ?? Self.net.network.nodes.filter { $0.inputs.contains(layer.value) }
      #expect(
        next.allSatisfy { node in
          switch node.layer {
          case .activation, .elementwise: true
          default: false
          }
        })
      let estimate = try #require(layer.estimate)
      #expect(estimate.standardDeviation > 0 && estimate.mean.isFinite)
    }
  }

  @Test func `are estimated from gamma and beta`() throws {
    func vector(_ numbers: [Float]) -> Tensor { Tensor([numbers.count], numbers) }
    let network = try Network(
      name: "n",
      nodes: [
        Node("data", .input(.init(shape: [1, 2, 4, 4]))),
        Node(
          "bn",
          .batchNormalization(
            .init(mean: vector([5, 6]), variance: vector([3, 1]), epsilon: 1)), inputs: ["data"]),
        Node(
          "scale", .scale(.init(scale: vector([2, -4]), bias: vector([1, 3]))), inputs: ["bn"]),
      ])
    let estimate = try #require(ResponseEstimate.all(in: network)["scale"])
    #expect(estimate.means == [1, 3])
    // |gamma| · √(variance / (variance + epsilon)).
    #expect(abs(estimate.deviations[0] - 2 * 0.75.squareRoot()) < 1e-12)
    #expect(abs(estimate.deviations[1] - 4 * 0.5.squareRoot()) < 1e-12)
    // Variance within channels, (3 + 8) / 2, and between them, 1.
    #expect(abs(estimate.standardDeviation - 6.5.squareRoot()) < 1e-12)
  }

  @Test func `show a residual branch beside its shortcut`() throws {
    let run = try Self.responses(2, batch: 2, threads: 1)
    let units = ResponseUnit.all(in: Self.net.network, run)
    #expect(units.count == 9 && units.allSatisfy { ($0.ratio ?? 0) > 0 })
    let values = try Self.values(2)
    for unit in units {
      let branch = try #require(values[unit.unit.branch]).elements
      let expected = branch.reduce(0) { $0 + Double($1) * Double($1) } / Double(branch.count)
      #expect(abs(unit.branchEnergy - expected) <= 1e-9 * expected)
    }
  }
}

@Suite struct `Random images` {
  @Test func `are the same in any batches`() {
    let images = `Responses of a network`.images
    let whole = images.batch(0..<4).values.first!.floats
    let parts = images.batch(0..<1).values.first!.floats + images.batch(1..<4).values.first!.floats
    #expect(whole == parts)
  }

  @Test func `of a model with a recipe are preprocessed pixels`() throws {
    var model = `Responses of a network`.net
    model.preprocessing = Preprocessing(mean: .channels([100, 110, 120]), scales: [0.5])
    let image = RandomImages(for: model, seed: 1).batch(0..<1).values.first!
    let pixels = image.shape.elementCount(from: 2)
    for (channel, mean) in [100.0, 110, 120].enumerated() {
      let elements = image.doubles[channel * pixels..<(channel + 1) * pixels]
      #expect(elements.allSatisfy { (-mean / 2...(255 - mean) / 2).contains($0) })
      #expect(abs(elements.reduce(0, +) / Double(pixels) - (127.5 - mean) / 2) < 5)
    }
  }
}
