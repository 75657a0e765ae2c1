import ModelGraph
import TensorCore
import Testing

@Suite struct ShapeInferenceTests {
  static func zeros(_ shape: Shape) -> Tensor { Tensor(shape) { _ in } }

  static func convolution(
    _ kernel: Shape, stride: Int = 1, padding: Padding = .none, dilation: Int = 1, groups: Int = 1
  ) -> Layer {
    .convolution(
      .init(
        kernel: zeros(kernel), stride: Extent(stride), padding: padding,
        dilation: Extent(dilation), groups: groups))
  }

  static func pooling(_ kernel: Int, _ stride: Int, _ padding: Int, _ rounding: Rounding) -> Layer {
    .pooling(
      .init(
        kind: .maximum, kernel: Extent(kernel), stride: Extent(stride),
        padding: Padding(vertical: padding, horizontal: padding), rounding: rounding,
        clipsLastWindow: padding > 0))
  }

  /// The sizes of Caffe's own networks, and the corners of its rules.
  @Test(
    arguments: [
      (
        convolution([64, 3, 7, 7], stride: 2, padding: Padding(vertical: 3, horizontal: 3)),
        [1, 3, 224, 224], [1, 64, 112, 112]
      ),
      (
        convolution([4, 3, 3, 3], stride: 2, padding: Padding(bottom: 1, right: 1)),
        [2, 3, 8, 9], [2, 4, 4, 4]
      ),
      (convolution([4, 3, 3, 3], dilation: 3), [1, 3, 9, 7], [1, 4, 3, 1]),
      (convolution([6, 1, 3, 3], groups: 3), [1, 3, 5, 5], [1, 6, 3, 3]),
      (pooling(3, 2, 0, .ceil), [1, 64, 112, 112], [1, 64, 56, 56]),
      (pooling(3, 2, 0, .floor), [1, 64, 112, 112], [1, 64, 55, 55]),
      (pooling(2, 2, 1, .ceil), [1, 1, 3, 4], [1, 1, 2, 3]),
      (pooling(3, 2, 1, .ceil), [1, 1, 6, 6], [1, 1, 4, 4]),
      (.globalPooling(.init(kind: .average)), [2, 5, 7, 3], [2, 5, 1, 1]),
      (
        .zeroPadding(.init(spatial: Padding(top: 1, right: 2), channelsAfter: 3)), [1, 2, 4, 4],
        [1, 5, 5, 6]
      ),
      (.fullyConnected(.init(kernel: zeros([10, 60]))), [2, 3, 4, 5], [2, 10]),
      (.fullyConnected(.init(kernel: zeros([10, 5]), axis: 3)), [2, 3, 4, 5], [2, 3, 4, 10]),
      (.flatten(.init(axis: 1, endAxis: 2)), [2, 3, 4, 5], [2, 12, 5]),
      (.reshape(.init(extents: [0, -1, 2])), [2, 3, 4, 5], [2, 30, 2]),
      (.reshape(.init(extents: [-1], axis: 1, axisCount: 2)), [2, 3, 4, 5], [2, 12, 5]),
      (pooling(3, 2, 0, .ceil), [1, 1, 2, 2], [1, 1, 1, 1]),
    ] as [(Layer, Shape, Shape)])
  func `a layer's output has the size its rule gives`(
    _ layer: Layer, _ input: Shape, _ output: Shape
  ) throws {
    #expect(try Node("l", layer, inputs: ["x"]).outputShapes(for: [input]) == [output])
  }

  @Test(
    arguments: [
      (
        convolution([4, 3, 3, 3]), [1, 4, 9, 9], "l: expected 3 × 1 input channels, found 4"
      ),
      (
        convolution([4, 3, 3, 3], stride: 0), [1, 3, 9, 9],
        "l: expected a stride of 1 or more, found 0"
      ),
      (
        convolution([4, 3, 9, 9]), [1, 3, 8, 9],
        "l: expected an image of at least 9 with its padding, found 8"
      ),
      (
        convolution([4, 3, 3, 3], groups: 3), [1, 9, 9, 9],
        "l: expected 4 outputs divisible by groups, found 3"
      ),
      (
        .fullyConnected(.init(kernel: zeros([10, 7]))), [2, 3],
        "l: expected 7 inputs, found 3 (of [2, 3])"
      ),
      (.softmax(.init(axis: 2)), [2, 3], "l: expected an axis of [2, 3], found 2"),
      (
        .reshape(.init(extents: [7, -1])), [2, 3],
        "l: expected one open extent that 6 elements fill, found [7, -1]"
      ),
      (.reshape(.init(extents: [7])), [2, 3], "l: expected a shape of 6 elements, found [7]"),
      (
        .globalPooling(.init(kind: .maximum)), [2, 3],
        "l: expected an input [batch, channels, height, width], found [2, 3]"
      ),
      (
        .fullyConnected(.init(kernel: zeros([1 << 62, 0]))), [4, 0],
        "l: the output of [4, 0] is too large to count"
      ),
      (
        .prelu(.init(slope: zeros([3, 1, 1]))), [1, 3, 2, 2],
        "l: expected slopes [channels], found [3, 1, 1]"
      ),
      (
        .localResponseNormalization(.init(size: 65537, alpha: 1, beta: 1)), [1, 3, 2, 2],
        "l: expected a size below 65536, found 65537"
      ),
    ] as [(Layer, Shape, String)])
  func `a layer that does not fit says what it expected`(
    _ layer: Layer, _ input: Shape, _ message: String
  ) {
    let error = #expect(throws: NetworkError.self) {
      try Node("l", layer, inputs: ["x"]).outputShapes(for: [input])
    }
    #expect(error?.description == message)
  }

  @Test func `extents that add up to too many are refused`() {
    let concatenation = Node("l", .concatenation(.init()), inputs: ["x", "y"])
    #expect(throws: NetworkError.self) {
      try concatenation.outputShapes(for: [[1, 1 << 62, 1, 1], [1, 1 << 62, 1, 1]])
    }
    let padding = Node("l", .zeroPadding(.init(channelsAfter: 5)), inputs: ["x"])
    #expect(throws: NetworkError.self) {
      try padding.outputShapes(for: [[1, Int.max - 2, 1, 1]])
    }
  }

  @Test(
    arguments: [
      (
        pooling(1, 2, 0, .ceil),
        "l: expected windows that reach the image, found one that begins behind it"
      ),
      (
        .pooling(
          .init(kind: .average, kernel: Extent(2), stride: Extent(1), padding: Padding(top: 2))),
        "l: expected padding smaller than the window of 2, found 2"
      ),
    ] as [(Layer, String)])
  func `a pooling window that sees nothing is refused`(_ layer: Layer, _ message: String) {
    let error = #expect(throws: NetworkError.self) {
      try Node("l", layer, inputs: ["x"]).outputShapes(for: [[1, 1, 4, 4]])
    }
    #expect(error?.description == message)
  }

  @Test func `a huge window does not overflow`() {
    let layer = Layer.pooling(
      .init(
        kind: .maximum, kernel: Extent(Int.max), stride: Extent(1),
        padding: Padding(top: Int.max, bottom: Int.max)))
    #expect(throws: NetworkError.self) {
      try Node("l", layer, inputs: ["x"]).outputShapes(for: [[1, 1, 4, 4]])
    }
  }

  @Test func `slices part an axis at their points or equally`() throws {
    let points = Node("l", .slice(.init(points: [1, 3])), inputs: ["x"], outputs: ["a", "b", "c"])
    #expect(try points.outputShapes(for: [[2, 6, 2]]) == [[2, 1, 2], [2, 2, 2], [2, 3, 2]])
    let equal = Node("l", .slice(.init(axis: 2, points: nil)), inputs: ["x"], outputs: ["a", "b"])
    #expect(try equal.outputShapes(for: [[2, 6, 2]]) == [[2, 6, 1], [2, 6, 1]])
    #expect(throws: NetworkError.self) { try points.outputShapes(for: [[2, 3, 2]]) }
  }
}
