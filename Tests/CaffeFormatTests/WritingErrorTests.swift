import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// What Caffe cannot express.
struct WritingErrorTests {
  private func message(_ layer: Layer, inputs: [String] = ["data"], also nodes: [Node] = [])
    -> String?
  {
    failure { try CaffeFormat().encode(sample(layers: nodes + [Node("x", layer, inputs: inputs)])) }
  }

  @Test func `a rectifier with slope and cap`() {
    #expect(
      message(.relu(.init(negativeSlope: 0.5, maximum: 6)))
        == "x: Caffe has no rectifier with both a slope and a cap, found 0.5 and 6.0")
    #expect(message(.relu(.init(maximum: 0))) == "x: expected a cap above 0, found 0.0")
  }

  @Test func `a parameter beyond float32`() {
    #expect(
      message(.power(.init(shift: 1e300)))
        == "x: expected a shift that float32 can hold, found 1e+300")
  }

  @Test func `an element-wise layer of one input`() {
    #expect(
      message(.elementwise(.init(operation: .sum)))
        == "x: Caffe's Eltwise takes 2 inputs or more, found 1")
  }

  @Test func `padding that no kernel can make up for`() {
    let convolution = Layer.Convolution(
      kernel: .ramp([1, 4, 2, 2]), padding: Padding(top: 1, left: 0, bottom: 2, right: 0),
      dilation: Extent(2))
    #expect(
      message(.convolution(convolution))
        == "x: Caffe pads opposite sides alike, and a kernel of dilation 2 × 2 cannot make up for "
        + "padding of 1 above, 2 below, 0 left and 0 right")
  }

  @Test func `a kernel that padding makes too large`() {
    let convolution = Layer.Convolution(
      kernel: .ramp([1, 4, 1, 1]), stride: Extent(1000),
      padding: Padding(top: 0, left: 0, bottom: 60_000, right: 60_000))
    #expect(
      message(.convolution(convolution))
        == "x: expected a kernel that Caffe can hold, found [1, 4, 60001, 60001]")
  }

  @Test func `an average over the part of a window in the image`() {
    let pooling = Layer.Pooling(
      kind: .average, kernel: Extent(3), stride: Extent(1),
      padding: Padding(vertical: 1, horizontal: 1), divisor: .imageWindow)
    #expect(
      message(.pooling(pooling))
        == "x: Caffe's pooling has no such windows: kernel 3 × 3, stride 1 × 1, padding 1 above, "
        + "1 below, 1 left, 1 right, rounded by floor, divided by the part in the image, over "
        + "[1, 4, 6, 6]")
  }

  @Test func `a second input that Caffe does not broadcast`() {
    let one = Node("one", .input(.init(shape: [1, 1])))
    #expect(
      message(.scale(.init(scale: nil, axis: 0)), inputs: ["data", "one"], also: [one])
        == "x: Caffe broadcasts no second input of shape [1, 1] over [1, 4, 6, 6]")
  }

  @Test func `names that no reader of Caffe's files takes`() throws {
    let long = String(repeating: "x", count: 2000)
    #expect(
      failure { try CaffeFormat().encode(sample(layers: [Node(long, .sigmoid, inputs: ["data"])])) }
        == "layer 2: expected names of at most 1024 bytes, found one of 2000")
    #expect(
      failure {
        try CaffeFormat().encode(sample(layers: [Node("a\u{7}", .sigmoid, inputs: ["data"])]))
      }
        == "layer 2: expected names without control characters, found \"a\\u{07}\"")
  }

  @Test func `inputs without extents, and nothing but inputs`() throws {
    #expect(
      failure {
        try CaffeFormat().encode(sample([], layers: [Node("x", .sigmoid, inputs: ["data"])]))
      }
        == "data: expected extents of 1 or more, found []")
    #expect(
      failure { try CaffeFormat().encode(sample(layers: [])) }
        == "expected layers that compute something, found none")
  }

  @Test func `a network whose layers do not fit`() {
    #expect(
      message(.fullyConnected(.init(kernel: .ramp([2, 3]))))
        == "x: expected 3 inputs, found 144 (of [1, 4, 6, 6])")
  }
}

/// Poolings along one axis, against a list of all windows made by hand.
struct PoolingWindowTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var extent: Int
    var kernel: Int
    var stride: Int
    var testDescription: String { "\(extent) pixels, windows of \(kernel) by \(stride)" }
  }

  static let cases: [Case] = (1...7).flatMap { extent in
    (1...4).flatMap { kernel in
      (1...3).map { Case(extent: extent, kernel: kernel, stride: $0) }
    }
  }

  /// First and last pixel and divisor of each window; nil if there are no windows.
  private func windows(_ item: Case, _ layer: Layer.Pooling) -> [[Int]]? {
    let (before, after) = (layer.padding.top, layer.padding.bottom)
    let padded = item.extent + before + after
    let free = padded - item.kernel + (layer.rounding == .ceil ? item.stride - 1 : 0)
    guard free >= 0 else { return nil }
    var starts = (0...free / item.stride).map { $0 * item.stride }
    if layer.clipsLastWindow, starts.last! >= item.extent + before { starts.removeLast() }
    guard starts.last.map({ $0 < item.extent + before }) == true else { return nil }
    return starts.map { start in
      let inPadded = start..<min(start + item.kernel, padded)
      let inImage = inPadded.clamped(to: before..<before + item.extent)
      switch (layer.kind, layer.divisor) {
      case (.maximum, _): return [inImage.lowerBound - before, inImage.count]
      case (.average, .paddedWindow):
        return [inImage.lowerBound - before, inImage.count, inPadded.count]
      case (.average, .imageWindow):
        return [inImage.lowerBound - before, inImage.count, inImage.count]
      }
    }
  }

  /// Caffe's pooling.
  private func caffe(
    _ item: Case, _ kind: Layer.PoolingKind, pad: Int, _ rounding: Rounding
  ) -> Layer.Pooling {
    Layer.Pooling(
      kind: kind, kernel: Extent(height: item.kernel, width: 1),
      stride: Extent(height: item.stride, width: 1),
      padding: Padding(vertical: pad, horizontal: 0), rounding: rounding,
      clipsLastWindow: pad > 0, divisor: .paddedWindow)
  }

  @Test(arguments: cases)
  func `a pooling is written if and only if Caffe has its windows`(_ item: Case) throws {
    var written = 0
    for top in 0..<item.kernel {
      for bottom in 0...2 {
        for rounding in Rounding.allCases {
          for clips in [false, true] {
            for kind in Layer.PoolingKind.allCases {
              for divisor in Layer.Pooling.Divisor.allCases {
                let layer = Layer.Pooling(
                  kind: kind, kernel: Extent(height: item.kernel, width: 1),
                  stride: Extent(height: item.stride, width: 1),
                  padding: Padding(top: top, bottom: bottom), rounding: rounding,
                  clipsLastWindow: clips, divisor: divisor)
                written += try check(layer, item) ? 1 : 0
              }
            }
          }
        }
      }
    }
    #expect(written > 0 || item.kernel > item.extent)
  }

  /// Whether a pooling was written; it must be written right, or there must be no right way.
  private func check(_ layer: Layer.Pooling, _ item: Case) throws -> Bool {
    guard let expected = windows(item, layer) else { return false }
    let model = try sample(
      [1, 1, item.extent, 1], layers: [Node("pool", .pooling(layer), inputs: ["data"])])
    guard let files = try? CaffeFormat().encode(model) else {
      // A window larger than the image could be had with another pad: that is left out.
      guard item.kernel <= item.extent else { return false }
      for pad in 0..<item.kernel {
        for rounding in Rounding.allCases {
          #expect(
            windows(item, caffe(item, layer.kind, pad: pad, rounding)) != expected, "\(layer)")
        }
      }
      return false
    }
    let definition = try CaffeNet(
      text: Bytes(Array(files.definition.utf8)))
    if case .convolution(let parameters) = definition.layers[1].operation {
      // Windows of one element, rounded down: other readers than Caffe's know them so.
      let stride = parameters.stride.height ?? parameters.stride.sides.first ?? 1
      #expect(item.kernel == 1 && stride == item.stride)
      #expect(windows(item, caffe(item, layer.kind, pad: 0, .floor)) == expected, "\(layer)")
      return true
    }
    guard case .pooling(let parameters) = definition.layers[1].operation else {
      Issue.record("expected a pooling")
      return false
    }
    let pad = parameters.padding.height ?? parameters.padding.sides.first ?? 0
    let found = caffe(item, layer.kind, pad: pad, parameters.roundingValue == 1 ? .floor : .ceil)
    #expect(windows(item, found) == expected, "\(layer)")
    return true
  }
}
