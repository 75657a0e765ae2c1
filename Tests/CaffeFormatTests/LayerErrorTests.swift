import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Layers whose parameters, inputs or outputs are refused.
struct LayerErrorTests {
  @Test(arguments: [
    ("Convolution", "num_output: 2", "expected a kernel_size, found none"),
    ("Convolution", "kernel_size: 1", "expected a num_output of 1 or more, found 0"),
    (
      "Convolution", "num_output: 2 kernel_size: 0",
      "expected a kernel and a dilation of 1 or more, found 0 and 1"
    ),
    (
      "Convolution", "num_output: 2 kernel_h: 3",
      "expected a kernel and a dilation of 1 or more, found 0 and 1"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 3 dilation: 0",
      "expected a kernel and a dilation of 1 or more, found 3 and 0"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 3 kernel_h: 3",
      "expected either kernel_size or its height and width, found both"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: [1, 1, 1]",
      "expected kernel_size once or for each of 2 axes, found it 3 times"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 3 stride: 0",
      "expected a stride of 1 or more, found 0"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 7",
      "expected an image of at least 7 with its padding, found 6"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 1 group: 3",
      "expected a group that divides 4 inputs and 2 outputs, found 3"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 1 group: 4",
      "expected a group that divides 4 inputs and 2 outputs, found 4"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 1 group: 0",
      "expected a group that divides 4 inputs and 2 outputs, found 0"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 1 axis: 2",
      "expected channels on axis 1, found axis 2"
    ),
    (
      "Convolution", "num_output: 2 kernel_size: 1 axis: 9",
      "expected an axis of the input [1, 4, 6, 6], found 9"
    ),
    (
      "Convolution", "num_output: 4294967295 kernel_size: 4294967295 pad: 2147483647",
      "expected a kernel that can be counted, found [4294967295, 4, 4294967295, 4294967295]"
    ),
    ("Pooling", "", "expected a kernel_size, found none"),
    ("Pooling", "kernel_h: 2", "expected height and width of kernel_size, found one of them"),
    (
      "Pooling", "kernel_size: 2 stride_h: 2",
      "expected height and width of stride, found one of them"
    ),
    (
      "Pooling", "kernel_size: 2 pad: 2",
      "expected a pad smaller than the kernel, found 2 × 2 for 2 × 2"
    ),
    ("Pooling", "kernel_size: 2 stride: 0", "expected a stride of 1 or more, found 0"),
    (
      "Pooling", "pool: STOCHASTIC kernel_size: 2",
      "expected MAX or AVE, found stochastic pooling, which is not supported"
    ),
    (
      "Pooling", "global_pooling: true kernel_size: 2",
      "expected no kernel_size with global_pooling, found one"
    ),
    (
      "Pooling", "global_pooling: true pad: 1",
      "expected stride 1 and pad 0 with global_pooling, found others"
    ),
    (
      "BatchNorm", "use_global_stats: false",
      "expected stored statistics, found use_global_stats: false, which normalizes by the batch at hand: name the definition for inference"
    ),
    ("Scale", "axis: 4", "expected an axis of the input [1, 4, 6, 6], found 4"),
    (
      "Scale", "axis: 2 num_axes: 3",
      "expected at most 2 axes from axis 2 of [1, 4, 6, 6] on, found 3"
    ),
    ("Scale", "num_axes: -2", "expected a num_axes of 0 or more, or -1, found -2"),
    ("Clip", "min: -1 max: 1", "expected a Clip from 0 up, found -1.0 to 1.0"),
    ("Concat", "axis: 1 concat_dim: 1", "expected an axis once, found it under both its names"),
    ("Concat", "concat_dim: 4", "expected an axis of the input [1, 4, 6, 6], found 4"),
    ("Slice", "slice_point: 4294967295", "expected 0 slice points, found 1"),
    ("Eltwise", "", "expected at least 2 bottoms for Eltwise, found 1"),
    ("InnerProduct", "", "expected a num_output of 1 or more, found 0"),
    ("LRN", "local_size: 4", "expected an odd size, found 4"),
    (
      "Reshape", "shape { dim: [5, -1] }",
      "expected one open extent that 144 elements fill, found [5, -1]"
    ),
    ("Reshape", "shape { dim: -2 }", "expected extents of -1 or more, found [-2]"),
    (
      "Reshape", "shape { dim: 1 } num_axes: -2",
      "expected a number of axes of 0 or more, or -1, found -2"
    ),
    ("Reshape", "shape { dim: 1 } axis: 7", "expected an axis of [1, 4, 6, 6], found 7"),
    (
      "Flatten", "axis: 2 end_axis: 1", "expected an end axis of 2 or more in [1, 4, 6, 6], found 1"
    ),
    ("Softmax", "axis: -5", "expected an axis of the input [1, 4, 6, 6], found -5"),
  ])
  func `parameters that make no sense are refused by layer`(
    type: String, parameters: String, reason: String
  ) {
    let field =
      [
        "BatchNorm": "batch_norm", "InnerProduct": "inner_product", "LRN": "lrn",
      ][type] ?? type.lowercased()
    let text =
      "input: 'data' input_dim: [1, 4, 6, 6] layer { name: 'l' type: '\(type)' bottom: 'data' "
      + "top: 'y' \(field)_param { \(parameters) } }"
    #expect(failure { try read(text) } == "net.prototxt: l: \(reason)")
  }

  @Test(arguments: [
    (
      "Eltwise", "eltwise_param { coeff: 1 }",
      "expected one coefficient for each of 2 inputs, found 1"
    ),
    (
      "Eltwise", "eltwise_param { operation: PROD coeff: [1, 2] }",
      "expected coefficients for a sum only, found them for a product"
    ),
    ("Convolution", "", "expected 1 bottom for Convolution, found 2"),
    ("Scale", "", "expected a second bottom that fits [1, 2] from axis 1 on, found [1, 2]"),
    ("TanH", "top: 'z'", "expected 1 bottom for TanH, found 2"),
  ])
  func `two inputs must suit the layer`(type: String, parameters: String, reason: String) {
    let text =
      input([1, 2], "x") + input([1, 2], "y")
      + "layer { name: 'l' type: '\(type)' bottom: 'x' bottom: 'y' top: 'l' \(parameters) }"
    #expect(failure { try read(text) } == "net.prototxt: l: \(reason)")
  }

  @Test(arguments: [
    (
      "Pooling", "top: ['y', 'mask'] pooling_param { kernel_size: 2 }",
      "expected 1 top for Pooling, found 2"
    ),
    ("TanH", "", "expected 1 top for TanH, found 0"),
    ("Slice", "", "expected tops for Slice, found none"),
    ("Slice", "top: ['y', 'z', 'w']", "expected an extent divisible by 3, found 4"),
  ])
  func `the number of outputs must suit the layer`(
    type: String, parameters: String, reason: String
  ) {
    let text =
      input([1, 4, 6, 6]) + "layer { name: 'l' type: '\(type)' bottom: 'data' \(parameters) }"
    #expect(failure { try read(text) } == "net.prototxt: l: \(reason)")
  }

  @Test(arguments: ["Pooling", "Convolution", "BatchNorm", "PReLU", "LRN"])
  func `an image is wanted where Caffe wants one`(type: String) {
    let text =
      input([4]) + "layer { name: 'l' type: '\(type)' bottom: 'data' top: 'y' "
      + "pooling_param { kernel_size: 1 } convolution_param { num_output: 1 kernel_size: 1 } }"
    #expect(failure { try read(text) }?.hasPrefix("net.prototxt: l: expected an input ") == true)
  }
}
