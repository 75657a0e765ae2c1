import Files
import Lowering
import ModelGraph
import TensorCore
import TestSupport
import Testing

/// Passes over padding, strides and poolings, each over many geometries.
@Suite struct WindowPassTests {
  /// An image, a window and how it moves.
  struct Case: Sendable, CustomTestStringConvertible {
    var image: Shape = [1, 4, 7, 9]
    var kernel = Extent(3)
    var stride = Extent(1)
    var padding = Padding.none
    var dilation = Extent(1)

    var testDescription: String {
      "\(image), kernel \(kernel), stride \(stride), \(padding), dilation \(dilation)"
    }

    func convolution(groups: Int = 1) -> Layer {
      var random = SeededGenerator(seed: 5)
      let kernel = random.tensor([8, image[1] / groups, kernel.height, kernel.width])
      return .convolution(
        Layer.Convolution(
          kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups))
    }

    func network(_ nodes: Node...) throws -> Network {
      try Network(name: "small", nodes: [Node("x", .input(Layer.Input(shape: image)))] + nodes)
    }
  }

  private func lowered(_ model: Network, _ passes: any LoweringPass...) throws -> LoweredNetwork {
    var network = try LoweredNetwork(model)
    try network.apply(passes)
    #expect(try LoweringLaws.faults(of: network, from: model, tolerance: 1e-14) == [])
    return network
  }

  static let convolutions = [
    Case(), Case(padding: Padding(vertical: 1, horizontal: 1)),
    Case(padding: Padding(top: 1)), Case(padding: Padding(top: 0, left: 2, bottom: 1, right: 0)),
    Case(stride: Extent(2), padding: Padding(bottom: 1, right: 1)),
    Case(stride: Extent(2), padding: Padding(top: 3, left: 1, bottom: 1, right: 4)),
    Case(padding: Padding(top: 2, bottom: 4), dilation: Extent(2)),
    Case(
      kernel: Extent(height: 1, width: 5), stride: Extent(height: 2, width: 1),
      padding: Padding(left: 4)),
    Case(kernel: Extent(1), padding: Padding(top: 1, left: 2, bottom: 3, right: 4)),
    Case(stride: Extent(2), padding: Padding(vertical: 2, horizontal: 2), dilation: Extent(2)),
  ]

  @Test(arguments: convolutions)
  func `enlarged kernels pad opposite sides alike`(_ work: Case) throws {
    let model = try work.network(Node("c", work.convolution(), inputs: ["x"]))
    let network = try lowered(model, EnlargeKernels(format: "Caffe", limit: 1 << 20))
    guard case .convolution(let layer) = network.nodes[1].layer else { return }
    #expect(layer.padding.top == layer.padding.bottom && layer.padding.left == layer.padding.right)
  }

  @Test func `a dilated kernel cannot make up for an odd difference`() throws {
    let work = Case(padding: Padding(top: 1), dilation: Extent(2))
    var network = try LoweredNetwork(
      try work.network(Node("c", work.convolution(), inputs: ["x"])))
    let error = #expect(throws: FormatError.self) {
      try network.apply([EnlargeKernels(format: "Caffe", limit: 1 << 20)])
    }
    #expect(error?.reason.contains("Caffe pads opposite sides alike") == true)
  }

  @Test(arguments: convolutions)
  func `convolutions are padded by same or not at all`(_ work: Case) throws {
    let model = try work.network(Node("c", work.convolution(), inputs: ["x"]))
    let network = try lowered(model, PadConvolutionsAsSame())
    let isApart = network.nodes.count == 3
    #expect(
      isApart == (work.padding != .none && network.changes.map(\.change) == [.separatePadding]))
  }

  @Test(arguments: convolutions)
  func `a stride is taken behind the layer`(_ work: Case) throws {
    let model = try work.network(Node("c", work.convolution(groups: 4), inputs: ["x"]))
    let network = try lowered(model, SeparateStrides { _, _ in true })
    #expect(network.nodes.count == (work.stride == Extent(1) ? 2 : 3))
    #expect(network.outputs == ["c"])
  }

  @Test(arguments: convolutions)
  func `zero padding goes into the convolution behind it`(_ work: Case) throws {
    var bare = work
    bare.padding = .none
    let model = try work.network(
      Node("p", .zeroPadding(Layer.ZeroPadding(spatial: work.padding)), inputs: ["x"]),
      Node("c", bare.convolution(), inputs: ["p"]))
    #expect(try lowered(model, MergePadding { _ in true }).nodes.map(\.name) == ["x", "c"])
    #expect(try lowered(model, MergePadding { _ in false }).nodes.count == 3)
  }

  static let paddings = [
    Layer.ZeroPadding(spatial: Padding(top: 1, left: 0, bottom: 2, right: 3)),
    Layer.ZeroPadding(spatial: Padding(top: -1, left: -2, bottom: 0, right: -3)),
    Layer.ZeroPadding(channelsBefore: 2, channelsAfter: 1),
    Layer.ZeroPadding(spatial: Padding(top: 1, left: 2), channelsAfter: 3),
    Layer.ZeroPadding(spatial: Padding(top: 1, left: -2)),
    Layer.ZeroPadding(spatial: Padding(top: 1, left: -2), channelsBefore: 1),
  ]

  @Test(arguments: paddings.indices)
  func `padding is parted into a cut, zeros around and channels`(_ index: Int) throws {
    let model = try Case().network(Node("p", .zeroPadding(Self.paddings[index]), inputs: ["x"]))
    let network = try lowered(model, SeparatePaddings())
    for case .zeroPadding(let part) in network.nodes.map(\.layer) {
      let kinds = [
        part.cutsOff,
        [part.spatial.top, part.spatial.left, part.spatial.bottom, part.spatial.right]
          .contains { $0 > 0 }, part.channelsBefore + part.channelsAfter > 0,
      ]
      #expect(kinds.count { $0 } == 1)
    }
  }

  @Test(arguments: paddings.indices)
  func `padding is a convolution with ones and zeros`(_ index: Int) throws {
    let model = try Case().network(Node("p", .zeroPadding(Self.paddings[index]), inputs: ["x"]))
    let pass = MovingAsConvolution(format: "Caffe", limit: 1 << 20)
    guard index < 4 else {
      var network = try LoweredNetwork(model)
      #expect(throws: FormatError.self) { try network.apply([pass]) }
      return
    }
    #expect(try lowered(model, pass).nodes.map(\.layer.typeName) == ["input", "convolution"])
  }

  /// Poolings of each framework: rounded down and up, padded on one side, clipped.
  static let poolings: [(work: Case, rounding: Rounding, clips: Bool)] = [
    (Case(kernel: Extent(3), stride: Extent(2)), .floor, false),
    (Case(kernel: Extent(3), stride: Extent(2)), .ceil, false),
    (Case(image: [1, 4, 8, 8], kernel: Extent(3), stride: Extent(2)), .ceil, false),
    (
      Case(
        image: [1, 4, 8, 8], stride: Extent(2), padding: Padding(vertical: 1, horizontal: 1)),
      .floor, false
    ),
    (Case(stride: Extent(2), padding: Padding(vertical: 1, horizontal: 1)), .ceil, true),
    (
      Case(
        image: [1, 4, 8, 7], kernel: Extent(height: 2, width: 3),
        stride: Extent(height: 2, width: 3)), .ceil, false
    ),
    (Case(kernel: Extent(1), stride: Extent(2)), .floor, false),
    (
      Case(image: [1, 4, 8, 8], kernel: Extent(2), padding: Padding(top: 1, left: 1)), .floor, false
    ),
  ]

  @Test(arguments: poolings.indices, Layer.PoolingKind.allCases)
  func `poolings are padded by same or not at all, behind a rectifier`(
    _ index: Int, kind: Layer.PoolingKind
  ) throws {
    let (work, rounding, clips) = Self.poolings[index]
    for divisor in Layer.Pooling.Divisor.allCases {
      let pooling = Layer.Pooling(
        kind: kind, kernel: work.kernel, stride: work.stride, padding: work.padding,
        rounding: rounding, clipsLastWindow: clips, divisor: divisor)
      let model = try work.network(
        Node("r", .relu(), inputs: ["x"]), Node("p", .pooling(pooling), inputs: ["r"]))
      var network = try LoweredNetwork(model)
      do {
        try network.apply([PadPoolingsAsSame(format: "Keras")])
      } catch {
        // Some averages Keras does not have; a maximum of numbers above zero it has.
        #expect(kind == .average, "\(error)")
        continue
      }
      #expect(try LoweringLaws.faults(of: network, from: model, tolerance: 1e-14) == [])
      for case .pooling(let part) in network.nodes.map(\.layer) {
        #expect(part.rounding == .floor && !part.clipsLastWindow)
      }
    }
  }

  @Test func `a maximum of numbers below zero is not padded with zeros`() throws {
    let pooling = Layer.Pooling(
      kind: .maximum, kernel: Extent(3), stride: Extent(2),
      padding: Padding(top: 1, left: 1, bottom: 0, right: 0))
    let work = Case(image: [1, 4, 8, 8])
    var network = try LoweredNetwork(try work.network(Node("p", .pooling(pooling), inputs: ["x"])))
    let pass = PadPoolingsAsSame(format: "Keras")
    do {
      try network.apply([pass])
      // Every second window of `same` at stride 1, then.
      #expect(!network.nodes.contains { $0.layer.typeName == "zero padding" })
    } catch { #expect(error.reason.contains("below 0")) }
  }

  @Test func `zeros that no window reads are cut`() throws {
    let pooling = Layer.Pooling(kind: .maximum, kernel: Extent(2), stride: Extent(3))
    let padding = Layer.ZeroPadding(spatial: Padding(top: 1, left: 1, bottom: 2, right: 2))
    let model = try Case(image: [1, 4, 8, 8]).network(
      Node("p", .zeroPadding(padding), inputs: ["x"]), Node("m", .pooling(pooling), inputs: ["p"]))
    let network = try lowered(model, CutUnreadPadding())
    #expect(network.shapes["p"] == [1, 4, 8 + 3, 8 + 3])
    #expect(network.shapes["m"] == (try model.shapes()["m"]))
  }
}
