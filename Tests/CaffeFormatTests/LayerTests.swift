import ModelGraph
import TensorCore
import Testing

@testable import CaffeFormat

/// What each type of layer becomes.
struct LayerTests {
  /// Reads a network of one layer with as many tensors as it needs.
  private func layer(
    _ type: String, _ parameters: String = "", inputs: [[Int]] = [[1, 4, 6, 6]],
    tops: [String] = ["y"], weights: [[Int]] = []
  ) throws -> (layer: Layer, shapes: [Shape]) {
    let names = inputs.indices.map { "x\($0)" }
    let definition =
      zip(names, inputs).map { input($1, $0) }.joined()
      + "layer { name: 'l' type: '\(type)' \(names.map { "bottom: '\($0)' " }.joined())"
      + "\(tops.map { "top: '\($0)' " }.joined())\(parameters) }"
    let stored = "layer { name: 'l' \(weights.map { blob($0) }.joined(separator: " ")) }"
    let model = try read(definition, weights: weights.isEmpty ? nil : stored)
    let node = model.network.nodes.last!
    let shapes = try model.network.shapes()
    return (node.layer, node.outputs.map { shapes[$0]! })
  }

  @Test(
    arguments: [
      ("kernel_size: 3", [4, 4], [1, 1], [0, 0], [1, 1], [3, 3]),
      (
        "kernel_size: 3 kernel_size: 1 pad: [1, 2] stride: [2, 3] dilation: [2, 1]", [2, 4],
        [2, 3], [1, 2], [2, 1], [3, 1]
      ),
      (
        "kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 0 stride_h: 2 stride_w: 1", [3, 6], [2, 1],
        [1, 0], [1, 1], [3, 1]
      ),
      (
        "kernel_size: 2 pad_h: 1 stride_w: 3 stride_h: 1", [7, 2], [1, 3], [1, 0], [1, 1], [2, 2]
      ),
      (
        "kernel_size: 3 dilation: 2 axis: -3 force_nd_im2col: true engine: CAFFE", [2, 2], [1, 1],
        [0, 0], [2, 2], [3, 3]
      ),
    ] as [(String, [Int], [Int], [Int], [Int], [Int])])
  func `a convolution takes all forms of its window`(
    window: String, size: [Int], stride: [Int], pad: [Int], dilation: [Int], kernel: [Int]
  ) throws {
    let (layer, shapes) = try layer(
      "Convolution", "convolution_param { num_output: 2 \(window) }",
      weights: [[2, 4] + kernel, [2]])
    guard case .convolution(let convolution) = layer else {
      Issue.record("expected a convolution, found \(layer.typeName)")
      return
    }
    #expect(shapes == [Shape([1, 2] + size)])
    #expect(convolution.stride == Extent(height: stride[0], width: stride[1]))
    #expect(convolution.padding == Padding(vertical: pad[0], horizontal: pad[1]))
    #expect(convolution.dilation == Extent(height: dilation[0], width: dilation[1]))
    #expect(convolution.groups == 1)
    #expect(convolution.bias?.floats == [1, 2])
  }

  @Test func `a grouped convolution without bias has one tensor`() throws {
    let (layer, _) = try layer(
      "Convolution", "convolution_param { num_output: 8 kernel_size: 1 group: 4 bias_term: false }",
      weights: [[8, 1, 1, 1]])
    guard case .convolution(let convolution) = layer else {
      Issue.record("expected a convolution, found \(layer.typeName)")
      return
    }
    #expect(convolution.groups == 4)
    #expect(convolution.bias == nil)
    #expect(convolution.kernel.floats == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test(
    arguments: [
      ("pool: MAX kernel_size: 3 stride: 2", [3, 3], Rounding.ceil, false),
      ("pool: MAX kernel_size: 3 stride: 2 round_mode: FLOOR", [2, 2], .floor, false),
      ("pool: AVE kernel_size: 2 stride: 2 pad: 1", [4, 4], .ceil, true),
      ("kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 3 pad_h: 0 pad_w: 1", [5, 3], .ceil, true),
      ("kernel_size: 2", [5, 5], .ceil, false),
    ] as [(String, [Int], Rounding, Bool)])
  func `a pooling takes all forms of its window`(
    parameters: String, size: [Int], rounding: Rounding, clips: Bool
  ) throws {
    let (layer, shapes) = try layer("Pooling", "pooling_param { \(parameters) }")
    guard case .pooling(let pooling) = layer else {
      Issue.record("expected a pooling, found \(layer.typeName)")
      return
    }
    #expect(shapes == [Shape([1, 4] + size)])
    #expect(pooling.kind == (parameters.contains("AVE") ? .average : .maximum))
    #expect(pooling.rounding == rounding)
    #expect(pooling.clipsLastWindow == clips)
    #expect(pooling.divisor == .paddedWindow)
  }

  @Test func `global pooling is a layer of its own`() throws {
    let (layer, shapes) = try layer("Pooling", "pooling_param { pool: AVE global_pooling: true }")
    #expect(layer.typeName == "global average pooling")
    #expect(shapes == [[1, 4, 1, 1]])
  }

  @Test func `batch normalization keeps its factor and its epsilon`() throws {
    let (layer, _) = try layer(
      "BatchNorm", "batch_norm_param { use_global_stats: true }", weights: [[4], [4], [1]])
    guard case .batchNormalization(let norm) = layer else {
      Issue.record("expected a batch normalization, found \(layer.typeName)")
      return
    }
    #expect(norm.epsilon == Double(Float(1e-5)))
    #expect(norm.mean.floats == [1, 2, 3, 4])
    #expect(norm.factor?.floats == [1])
    #expect(norm.gamma == nil && norm.beta == nil)
  }

  @Test(
    arguments: [
      ("", [[4]], [4], 1), ("bias_term: true", [[4], [4]], [4], 1),
      ("axis: -2 num_axes: -1", [[6, 6]], [6, 6], 2),
      ("axis: 0 num_axes: 2", [[1, 4]], [1, 4], 0),
      ("num_axes: 0 bias_term: true", [[], []], [], 0),
    ] as [(String, [[Int]], [Int], Int)])
  func `a scale covers the axes it names`(
    parameters: String, weights: [[Int]], shape: [Int], axis: Int
  ) throws {
    let (layer, _) = try layer("Scale", "scale_param { \(parameters) }", weights: weights)
    guard case .scale(let scale) = layer else {
      Issue.record("expected a scale, found \(layer.typeName)")
      return
    }
    #expect(scale.scale?.shape == Shape(shape))
    #expect(scale.bias?.shape == (weights.count == 2 ? Shape(shape) : nil))
    #expect(scale.axis == axis)
  }

  @Test func `a scale by a second input may have a bias`() throws {
    let inputs = [[2, 4, 6, 6], [2, 4]]
    let (layer, shapes) = try layer(
      "Scale", "scale_param { axis: 0 bias_term: true }", inputs: inputs, weights: [[2, 4]])
    guard case .scale(let scale) = layer else {
      Issue.record("expected a scale, found \(layer.typeName)")
      return
    }
    #expect(scale.scale == nil && scale.bias?.shape == [2, 4] && scale.axis == 0)
    #expect(shapes == [[2, 4, 6, 6]])
  }

  @Test func `a bias is a constant or a second input`() throws {
    let constant = try layer("Bias", "bias_param { axis: 1 num_axes: 2 }", weights: [[4, 6]])
    guard case .bias(let bias) = constant.layer else {
      Issue.record("expected a bias, found \(constant.layer.typeName)")
      return
    }
    #expect(bias.bias?.shape == [4, 6] && bias.axis == 1)
    let second = try layer("Bias", inputs: [[1, 4, 6, 6], [4]])
    guard case .bias(let other) = second.layer else {
      Issue.record("expected a bias, found \(second.layer.typeName)")
      return
    }
    #expect(other.bias == nil && other.axis == 1)
  }

  @Test func `activations keep their parameters`() throws {
    func description(_ type: String, _ parameters: String = "") throws -> String {
      "\(try layer(type, parameters).layer)"
    }
    #expect(try description("ReLU").contains("negativeSlope: 0.0, maximum: nil"))
    #expect(try description("ReLU", "relu_param { negative_slope: 0.25 }").contains("0.25"))
    #expect(
      try description("Clip", "clip_param { min: 0 max: 6 }").contains("maximum: Optional(6.0)"))
    #expect(try description("ELU", "elu_param { alpha: 0.5 }").contains("alpha: 0.5"))
    #expect(try description("Sigmoid").contains("sigmoid"))
    #expect(try description("TanH").contains("tanh"))
    #expect(
      try description("Power", "power_param { power: 2 scale: 3 shift: 4 }")
        .contains("power: 2.0, scale: 3.0, shift: 4.0"))
    #expect(try description("Dropout").contains("dropout"))
    #expect(try description("Softmax", "softmax_param { axis: -1 }").contains("axis: 3"))
  }

  @Test(arguments: [("", [4], [4]), ("channel_shared: true", [], [1])] as [(String, [Int], [Int])])
  func `a slope is by channel or shared`(parameters: String, stored: [Int], shape: [Int]) throws {
    let (layer, _) = try layer("PReLU", "prelu_param { \(parameters) }", weights: [stored])
    guard case .prelu(let prelu) = layer else {
      Issue.record("expected a PReLU, found \(layer.typeName)")
      return
    }
    #expect(prelu.slope.shape == Shape(shape))
  }

  @Test(arguments: [
    ("", "sum, coefficients: []"), ("operation: PROD", "product, coefficients: []"),
    ("operation: MAX", "maximum, coefficients: []"),
    ("coeff: [1, -0.5]", "sum, coefficients: [1.0, -0.5]"),
  ])
  func `an element-wise layer keeps operation and coefficients`(
    parameters: String, description: String
  ) throws {
    let (layer, _) = try layer(
      "Eltwise", "eltwise_param { \(parameters) }", inputs: [[1, 2], [1, 2]])
    #expect("\(layer)".contains("Operation.\(description)"))
  }

  @Test(arguments: ["", "axis: 1", "axis: -1", "concat_dim: 1"])
  func `a concatenation has its axis under either name`(parameters: String) throws {
    let (_, shapes) = try layer(
      "Concat", "concat_param { \(parameters) }", inputs: [[1, 2], [1, 3]])
    #expect(shapes == [[1, 5]])
  }

  @Test(
    arguments: [
      ("slice_point: 1", [[1, 1, 6, 6], [1, 3, 6, 6]]), ("", [[1, 2, 6, 6], [1, 2, 6, 6]]),
      ("slice_dim: 2 slice_point: 4", [[1, 4, 4, 6], [1, 4, 2, 6]]),
      ("axis: -1", [[1, 4, 6, 3], [1, 4, 6, 3]]),
    ] as [(String, [[Int]])])
  func `a slice cuts at its points or evenly`(parameters: String, shapes: [[Int]]) throws {
    let result = try layer("Slice", "slice_param { \(parameters) }", tops: ["y", "z"])
    #expect(result.shapes.map(\.dimensions) == shapes)
  }

  @Test(
    arguments: [
      ("", [1, 3], [3, 144], 1), ("axis: 2", [1, 4, 3], [3, 36], 2),
      ("axis: -1", [1, 4, 6, 3], [3, 6], 3),
    ] as [(String, [Int], [Int], Int)])
  func `a matrix product flattens from its axis on`(
    parameters: String, output: [Int], kernel: [Int], axis: Int
  ) throws {
    let (layer, shapes) = try layer(
      "InnerProduct", "inner_product_param { num_output: 3 bias_term: false \(parameters) }",
      weights: [kernel])
    #expect(shapes == [Shape(output)])
    guard case .fullyConnected(let product) = layer else {
      Issue.record("expected a matrix product, found \(layer.typeName)")
      return
    }
    #expect(product.kernel.shape == Shape(kernel) && product.axis == axis && product.bias == nil)
  }

  @Test func `a transposed matrix is turned round by name`() throws {
    let definition =
      input([1, 2])
      + "layer { name: 'l' type: 'InnerProduct' bottom: 'data' top: 'l' "
      + "inner_product_param { num_output: 3 transpose: true } }"
    let model = try read(
      definition, weights: "layer { name: 'l' \(blob([2, 3])) \(blob([3])) }")
    #expect(model.network.weights[0].tensor.shape == [3, 2])
    #expect(model.network.weights[0].tensor.floats == [1, 4, 2, 5, 3, 6])
    #expect(model.provenance.ledger.entries[0].transforms == [.transpose])
    let old = try read(
      definition, weights: "layer { name: 'l' \(blob([1, 1, 2, 3])) \(blob([3])) }")
    #expect(
      old.provenance.ledger.entries[0].transforms
        == [.reshape(from: [1, 1, 2, 3], to: [2, 3]), .transpose])
  }

  @Test(
    arguments: [
      ("Flatten", "", [1, 144]), ("Flatten", "flatten_param { axis: 1 end_axis: -2 }", [1, 24, 6]),
      ("Reshape", "reshape_param { shape { dim: [0, -1] } }", [1, 144]),
      ("Reshape", "reshape_param { shape { dim: [2, 2] } axis: 1 num_axes: 1 }", [1, 2, 2, 6, 6]),
      ("Reshape", "reshape_param { shape { dim: 1 } axis: -1 }", [1, 4, 6, 6, 1]),
      ("Reshape", "reshape_param { shape { dim: 1 } axis: 2 num_axes: 0 }", [1, 4, 1, 6, 6]),
    ] as [(String, String, [Int])])
  func `shapes are changed as in Caffe`(type: String, parameters: String, shape: [Int]) throws {
    #expect(try layer(type, parameters).shapes == [Shape(shape)])
  }

  @Test func `normalization within a channel knows no constant`() throws {
    let across = try layer(
      "LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.25 k: 2 }")
    #expect("\(across.layer)".contains("acrossChannels, size: 3, alpha: 0.5, beta: 0.25, k: 2.0"))
    let within = try layer("LRN", "lrn_param { norm_region: WITHIN_CHANNEL k: 2 }")
    #expect("\(within.layer)".contains("withinChannel, size: 5, alpha: 1.0, beta: 0.75, k: 1.0"))
  }
}
