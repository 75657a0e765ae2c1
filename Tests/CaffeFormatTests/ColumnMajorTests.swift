import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Networks that were trained on transposed images, and are asked about upright ones.
struct ColumnMajorTests {
  private func read(_ definition: String, weights: String? = nil, shape: Shape? = nil) throws
    -> Model
  {
    try CaffeFormatTests.read(
      definition, weights: weights, inputShape: shape, hasColumnMajorKernels: true)
  }

  private func layer(_ type: String, _ parameters: String = "", bottom: String = "data") -> String {
    "layer { name: 'a' type: '\(type)' bottom: '\(bottom)' top: 'a' \(parameters) }"
  }

  @Test func `rows and columns of kernels are exchanged`() throws {
    let model = try read(
      input([1, 1, 4, 4])
        + layer("Convolution", "convolution_param { num_output: 1 kernel_size: 2 }"),
      weights: "layer { name: 'a' \(blob([1, 1, 2, 2])) \(blob([1])) }")
    #expect(model.network.weights[0].tensor.floats == [1, 3, 2, 4])
    #expect(model.provenance.ledger.entries.map(\.transforms) == [[.swapSpatialAxes], []])
    #expect(
      model.provenance.notes == ["exchanged rows and columns of the kernels of a"])
  }

  @Test(arguments: ["", "flat"])
  func `the columns of a matrix follow the upright image`(flat: String) throws {
    let flatten =
      "layer { name: 'flat' type: 'Flatten' bottom: 'data' top: 'flat' }"
      + "layer { name: 'r' type: 'ReLU' bottom: 'flat' top: 'flat' }"
    let model = try read(
      input([1, 2, 2, 3]) + (flat.isEmpty ? "" : flatten)
        + layer(
          "InnerProduct", "inner_product_param { num_output: 1 bias_term: false }",
          bottom: flat.isEmpty ? "data" : flat),
      weights: "layer { name: 'a' \(blob([1, 12])) }", shape: [1, 2, 2, 3])
    // Stored by channel, column, row: 1 2 / 3 4 / 5 6 for the first channel.
    #expect(
      model.network.weights[0].tensor.floats == [1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12])
    #expect(
      model.provenance.ledger.entries[0].transforms == [
        .reshape(from: [1, 12], to: [1, 2, 3, 2]), .swapSpatialAxes,
        .reshape(from: [1, 2, 2, 3], to: [1, 12]),
      ])
  }

  @Test func `a transposed matrix is turned too`() throws {
    let model = try read(
      input([1, 1, 2, 2])
        + layer(
          "InnerProduct", "inner_product_param { num_output: 2 bias_term: false transpose: true }"),
      weights: "layer { name: 'a' \(blob([4, 2])) }")
    #expect(model.network.weights[0].tensor.floats == [1, 5, 3, 7, 2, 6, 4, 8])
  }

  @Test func `kernels of one pixel are left as they are`() throws {
    let model = try read(
      input([1, 1, 4, 4])
        + layer(
          "Convolution", "convolution_param { num_output: 1 kernel_size: 1 bias_term: false }"),
      weights: "layer { name: 'a' \(blob([1, 1, 1, 1])) }")
    #expect(model.provenance.ledger.entries[0].transforms.isEmpty)
  }

  @Test(arguments: [
    (
      [1, 1, 4, 4], "Convolution|convolution_param { num_output: 1 kernel_h: 2 kernel_w: 3 }",
      "a: expected height and width to be alike beside --column-major-kernels, found a window of two sides"
    ),
    (
      [1, 1, 4, 4], "Convolution|convolution_param { num_output: 1 kernel_size: 2 stride: [1, 2] }",
      "a: expected height and width to be alike beside --column-major-kernels, found a window of two sides"
    ),
    (
      [1, 1, 4, 4], "Pooling|pooling_param { kernel_size: 2 pad_h: 1 pad_w: 0 }",
      "a: expected height and width to be alike beside --column-major-kernels, found a window of two sides"
    ),
    (
      [1, 1, 4, 4], "InnerProduct|inner_product_param { num_output: 1 axis: 2 }",
      "a: expected height and width to be alike beside --column-major-kernels, found a product from axis 2 on"
    ),
    (
      [1, 1, 4, 4], "Flatten|flatten_param { axis: 2 }",
      "a: expected height and width to be alike beside --column-major-kernels, found an image made [1, 1, 16]"
    ),
    (
      [1, 1, 4, 4], "Softmax|softmax_param { axis: 3 }",
      "a: expected height and width to be alike beside --column-major-kernels, found a softmax along axis 3"
    ),
    (
      [1, 1, 4, 4], "Slice|slice_param { axis: 2 }",
      "a: expected height and width to be alike beside --column-major-kernels, found parts along axis 2"
    ),
    (
      [1, 1, 4, 4], "Scale|scale_param { axis: 2 }",
      "a: expected height and width to be alike beside --column-major-kernels, found weights for each pixel"
    ),
    (
      [1, 1, 4, 5], "TanH|",
      "data: expected a square input beside --column-major-kernels, found [1, 1, 4, 5]: "
        + "name height and width with --input-shape N,C,H,W"
    ),
  ])
  func `what tells height and width apart is refused`(shape: [Int], layer: String, message: String)
  {
    let parts = layer.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    #expect(
      failure { try read(input(shape) + self.layer(parts[0], parts[1])) }
        == "net.prototxt: " + message)
  }

  @Test func `a flattened image in parts is refused`() {
    let text =
      input([1, 1, 2, 2]) + "layer { name: 'f' type: 'Flatten' bottom: 'data' top: 'f' }"
      + "layer { name: 'a' type: 'Concat' bottom: 'f' bottom: 'f' top: 'a' }"
    #expect(
      failure { try read(text) }
        == "net.prototxt: a: expected flattened images to reach a fully connected layer as they are "
        + "beside --column-major-kernels, found Concat")
  }
}
