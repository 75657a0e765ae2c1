import ModelGraph
import ModelIO
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Layers that only forks of Caffe have, and names that only they use twice.
struct ForkLayerTests {
  private let image = input([2, 3, 4, 4])

  private func weights(_ model: Model) -> [String] {
    model.network.weights.map { "\($0.name) \($0.tensor.shape)" }
  }

  @Test func `Axpy is a product by channels and a sum`() throws {
    let text = """
      input: ['a', 'x', 'y'] input_shape { dim: [2, 3, 1, 1] } input_shape { dim: [2, 3, 4, 4] }
      input_shape { dim: [2, 3, 4, 4] }
      layer { name: 'axpy' type: 'Axpy' bottom: ['a', 'x', 'y'] top: 'z' }
      layer { name: 't' type: 'TanH' bottom: 'z' top: 't' }
      """
    for text in [text, text.replacing("[2, 3, 1, 1]", with: "[2, 3]")] {
      let nodes = try read(text).network.nodes.dropFirst(3)
      #expect(nodes.map(\.name) == ["axpy_factors", "axpy_product", "axpy", "t"])
      #expect(
        nodes.map(\.inputs) == [["a"], ["x", "axpy_factors"], ["axpy_product", "y"], ["axpy"]])
    }
    #expect(
      failure { try read(text.replacing("'x', 'y'] top", with: "'x'] top")) }
        == "net.prototxt: axpy: expected 3 bottoms and 1 top for Axpy, found 2 and 1")
    #expect(failure { try read(text.replacing("[2, 3, 1, 1]", with: "[2, 3, 4, 4]")) } != nil)
  }

  @Test func `ReLU6 is a rectifier with a cap`() throws {
    let model = try read(image + "layer { name: 'r' type: 'ReLU6' bottom: 'data' top: 'data' }")
    guard case .activation(.relu(let relu)) = model.network.nodes[1].layer else {
      Issue.record("expected a rectifier")
      return
    }
    #expect(relu.maximum == 6 && relu.negativeSlope == 0)
  }

  @Test(arguments: [
    ("DepthwiseConvolution", "num_output: 3 group: 3"), ("DepthwiseConvolution", "num_output: 3"),
    ("ConvolutionDepthwise", "num_output: 3"), ("ConvolutionDepthwise", ""),
  ])
  func `a depthwise convolution has a group for each channel`(
    type: String, parameters: String
  ) throws {
    let layer = """
      layer { name: 'd' type: '\(type)' bottom: 'data' top: 'd'
        convolution_param { \(parameters) kernel_size: 3 bias_term: false } }
      """
    let model = try read(image + layer, weights: "layer { name: 'd' \(blob([3, 1, 3, 3])) }")
    guard case .convolution(let convolution) = model.network.nodes[1].layer else {
      Issue.record("expected a convolution")
      return
    }
    #expect(convolution.groups == 3)
    #expect(
      failure {
        try read(image + layer.replacing("kernel_size", with: "group: 2 kernel_size"))
      } != nil)
  }

  // MARK: BN

  private func bn(_ parameters: String) -> String {
    image + "layer { name: 'b' type: 'BN' bottom: 'data' top: 'b' \(parameters) }"
  }

  private let four =
    "layer { name: 'b' \(legacyBlob([1, 3, 1, 1])) \(blob([1, 3, 1, 1], from: 4)) "
    + "\(blob([1, 3, 1, 1], from: 7)) \(blob([3], from: 10)) }"

  @Test(arguments: [
    ("", 1e-5), ("bn_param { slope_filler { value: 1 } frozen: true momentum: 0.95 }", 1e-5),
    ("bn_param { eps: 0.001 engine: CAFFE }", 1e-3),
    ("bn_param { scale_filler { value: 1 } shift_filler { value: 0 } decay: 0.1 }", 1e-10),
    ("bn_param { var_eps: 1e-7 use_history_in_test: true }", 1e-7),
  ])
  func `four tensors are scale, offset, mean and variance`(
    parameters: String, epsilon: Float
  ) throws {
    let model = try read(bn(parameters), weights: four)
    guard case .batchNormalization(let layer) = model.network.nodes[1].layer else {
      Issue.record("expected a batch normalization")
      return
    }
    #expect(layer.epsilon == Double(epsilon))
    #expect(layer.gamma?.floats == [1, 2, 3] && layer.beta?.floats == [4, 5, 6])
    #expect(layer.mean.floats == [7, 8, 9] && layer.variance.floats == [10, 11, 12])
    #expect(layer.factor == nil)
  }

  @Test func `1/deviation of old files becomes the variance`() throws {
    let inverse = four.replacing(
      "\(blob([3], from: 10))", with: "blobs { shape { dim: 3 } data: [1, 2, 0.5] }")
    let model = try read(bn(""), weights: inverse, bnStatistic: .inverseDeviation)
    guard case .batchNormalization(let layer) = model.network.nodes[1].layer else {
      Issue.record("expected a batch normalization")
      return
    }
    let epsilon = Double(Float(1e-5))
    #expect(
      layer.variance.floats == [Float(1 - epsilon), Float(0.25 - epsilon), Float(4 - epsilon)])
    #expect(
      model.provenance.ledger.entries.last?.transforms == [.invertSquare(subtracting: epsilon)])
    #expect(model.provenance.notes == [])
    #expect(
      try read(bn(""), weights: inverse).provenance.notes.first?
        .contains("--bn-statistic inverse-deviation: b") == true)
  }

  @Test func `SegNet's statistics are in scale and offset`() throws {
    let two = "layer { name: 'b' \(blob([1, 3, 1, 1])) \(blob([1, 3, 1, 1], from: 4)) }"
    let model = try read(bn("bn_param { bn_mode: INFERENCE }"), weights: two)
    guard case .scale(let layer) = model.network.nodes[1].layer else {
      Issue.record("expected a scale layer")
      return
    }
    #expect(layer.scale?.floats == [1, 2, 3] && layer.bias?.floats == [4, 5, 6])
    for parameters in ["", "bn_param { bn_mode: LEARN }"] {
      #expect(
        failure { try read(bn(parameters), weights: two) }?
          .hasPrefix("net.prototxt: b: expected a BN layer with statistics, found one that") == true
      )
    }
  }

  @Test(arguments: [
    ("bn_param { use_history_in_test: false }", "normalizes by the batch at hand"),
    ("bn_param { axis: 2 }", "expected channels on axis 1, found axis 2"),
  ])
  func `what normalizes otherwise is refused`(parameters: String, message: String) {
    #expect(failure { try read(bn(parameters), weights: four) }?.contains(message) == true)
    #expect(
      failure {
        try read(bn(""), weights: "layer { name: 'b' \(blob([3])) \(blob([3])) \(blob([3])) }")
      }
        == "net.prototxt: b: expected 4 tensors of a BN layer (scale, offset, mean, variance) or 2, "
        + "found 3")
  }

  /// Each fork gave the message a number that another message has in BVLC's Caffe.
  @Test(arguments: [
    (45, 3, "scale"), (137, 5, "batchNormalization"), (150, 7, "batchNormalization"),
    (152, 5, "batchNormalization"),
  ])
  func `a caffemodel alone tells which fork wrote it`(
    number: Int, field: UInt32, type: String
  ) throws {
    let count = number == 45 ? 2 : 4
    let blobs = (0..<count).map { _ in blob([3]) }.joined(separator: " ")
    var layer = WireWriter()
    layer.field(1, bytes: Array("b".utf8))
    layer.field(2, bytes: Array("BN".utf8))
    layer.field(3, bytes: Array("data".utf8))
    layer.field(4, bytes: Array("b".utf8))
    var parameters = WireWriter()
    parameters.field(field, varint: 1)
    layer.field(UInt32(number), bytes: parameters.bytes)
    var net = WireWriter()
    net.field(100, bytes: layer.bytes + (try tensorFields(blobs)))
    let files = try TestFiles()
    let model = try CaffeFormat().readModel(
      from: CaffeSource(weights: try files.file("net.caffemodel", net.bytes)),
      options: ReadingOptions(inputShape: [1, 3, 2, 2])
    ).model
    #expect("\(model.network.nodes[1].layer)".hasPrefix(type))
  }

  /// The fields `blobs` of a layer, encoded.
  private func tensorFields(_ blobs: String) throws -> [UInt8] {
    let net = Bytes(try encoded("layer { \(blobs) }"))
    return try net.withSpan { span in
      var reader = WireReader(0..<span.byteCount)
      guard case .lengthPrefixed(let range)? = try reader.next(in: span)?.value else { return [] }
      return span.bytes(range)
    }
  }

  // MARK: Names

  @Test func `layers without weights may have one name`() throws {
    let text = """
      layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'x' }
      layer { name: 'r' type: 'TanH' bottom: 'x' top: 'x' }
      layer { name: 'r' type: 'Sigmoid' bottom: 'x' top: 'x' }
      layer { name: 'w' type: 'ReLU' bottom: 'x' top: 'x' }
      layer { name: 'w' type: 'PReLU' bottom: 'x' top: 'x' }
      """
    let model = try read(image + text, weights: "layer { name: 'w' \(blob([3])) }")
    #expect(model.network.nodes.map(\.name) == ["data", "r", "r_2", "r_3", "w_2", "w"])
    #expect(weights(model) == ["w/slope [3]"])
    #expect(
      model.provenance.notes == [
        "renamed the layer r to r_2, because a layer has its name",
        "renamed the layer r to r_3, because a layer has its name",
        "renamed the layer w to w_2, because a layer has its name",
      ])
  }

  @Test func `a dropout keeps its ratio`() throws {
    let text = image + "layer { name: 'd' type: 'Dropout' bottom: 'data' top: 'data' P }"
    for (parameters, rate) in [("", 0.5), ("dropout_param { dropout_ratio: 0.1 }", 0.1)] {
      let model = try read(text.replacing("P", with: parameters))
      guard case .passThrough(let layer) = model.network.nodes[1].layer else {
        Issue.record("expected a dropout")
        return
      }
      #expect(layer.kind == .dropout && layer.rate == rate)
      let definition = try CaffeFormat().encode(model).definition
      #expect(definition.contains("dropout_ratio: 0.1") == (rate == 0.1), "\(definition)")
    }
  }
}
