import ResNetKit
import TestSupport
import Testing

/// One model of Keras that others made, with the values that another engine computed.
struct KerasCase: Sendable, CustomTestStringConvertible {
  var files: [String]
  var goldens: [String]
  /// The array of the goldens that is the output, where it has another name.
  var output: String?
  /// Values that the goldens speak of.
  var count: Int
  var kernels = KerasOptions.Kernels.auto
  /// What storing weights in half precision adds to the error.
  var tolerance: Double?

  var testDescription: String { files[0] }

  static let all: [KerasCase] =
    layouts + tiny + [
      KerasCase(
        files: ["keras-mlperf-tiny/pretrainedResnet.h5"],
        goldens: mlperf, count: 7),
      KerasCase(
        files: ["keras-cifar/ResNet20.h5", "keras-cifar/ResNet20.json"],
        goldens: [
          "keras-cifar/golden/arturjordao_ResNet20",
          "keras-cifar/golden/arturjordao_ResNet20_layers_sample0",
        ], count: 13),
      KerasCase(
        files: [
          "keras-cifar/LatentHyperNet_ResNet20.h5", "keras-cifar/LatentHyperNet_ResNet20.json",
        ],
        goldens: [
          "keras-cifar/golden/LatentHyperNet_ResNet20",
          "keras-cifar/golden/LatentHyperNet_ResNet20_layers_sample0",
        ], count: 13),
    ]

  private static let mlperf = [
    "keras-mlperf-tiny/golden/mlperf_tiny_resnet8",
    "keras-mlperf-tiny/golden/mlperf_tiny_resnet8_layers_sample0",
  ]

  private static let layouts = [
    "bigendian_f32", "chunked_gzip_shuffle", "chunked_resizable_latest", "earliest_contiguous",
    "fixed_strings", "float16", "float64", "lzf", "userblock512", "vlen_utf8_strings_latest",
  ].map { name in
    KerasCase(
      files: ["hdf5-layouts/\(name).h5"], goldens: mlperf, count: 7,
      tolerance: name == "float16" ? 4e-3 : nil)
  }

  private static let tiny: [KerasCase] = [
    tiny("conv2d_tensorflow_2", count: 1),
    tiny("conv2d_reshape_tensorflow_2", count: 2),
    tiny("batch_to_conv2d_tensorflow_2", count: 2),
    tiny("cnn_batch_norm", count: 2),
    first("conv2d_tensorflow_1", "out_corr"), first("conv2d_tensorflow_2", "out_corr"),
    first("conv2d_reshape_tensorflow_1", "out_corr"),
    first("conv2d_reshape_tensorflow_2", "out_corr"),
    first("batch_to_conv2d_tensorflow_1", "out_corr"),
    first("batch_to_conv2d_tensorflow_2", "out_corr"),
    first("conv2d_theano_2", "out_flip"), first("conv2d_reshape_theano_2", "out_flip"),
    first("batch_to_conv2d_theano_2", "out_flip"),
    first("conv2d_theano_1", "out_flip", .convolution),
    first("conv2d_reshape_theano_1", "out_flip", .convolution),
    first("batch_to_conv2d_theano_1", "out_flip", .convolution),
    first("conv2d_theano_1", "out_corr", .correlation),
  ]

  private static func tiny(_ name: String, count: Int) -> KerasCase {
    KerasCase(
      files: ["keras-tiny/\(name).h5"],
      goldens: ["keras-tiny/golden/\(name)", "keras-tiny/golden/\(name)_layers_sample0"],
      count: count)
  }

  private static func first(
    _ name: String, _ output: String, _ kernels: KerasOptions.Kernels = .auto
  ) -> KerasCase {
    KerasCase(
      files: ["keras-tiny/\(name).h5"], goldens: ["keras-tiny/golden/keras1_\(name)"],
      output: output, count: 1, kernels: kernels)
  }

  /// The arrays of the goldens that another engine computed for this file.
  ///
  /// These `logits64` are products in float64 of features in float32: they are no more exact.
  func arrays() throws -> [(name: String, tensor: Tensor)] {
    let others: Set<String> = ["out_corr", "out_flip", "output_keras3", "output_tf_keras"]
    return try goldens.flatMap { name in
      try NPZ.read(InputFile(path: RealModelTests.data("\(name).npz")))
    }.compactMap { name, tensor in
      switch name {
      case output: ("output", tensor)
      case "logits64": ("logits", Tensor(tensor.shape, tensor.floats))
      case let name: others.contains(name) ? nil : (name, tensor)
      }
    }
  }
}

/// Files of Keras 1 and 2 that others trained; skipped where `RESNET_TOOLKIT_DATA` names no folder.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
struct KerasModelTests {
  @Test(arguments: KerasCase.all)
  func `a model of Keras agrees in every golden value, also from the native format`(
    _ test: KerasCase
  ) throws {
    let files = try test.files.map { try InputFile(path: RealModelTests.data($0)) }
    let model = try ModelFormats.read(
      files, options: ReadingOptions(keras: .init(kernels: test.kernels))
    ).model
    let folder = TemporaryFolder()
    let output = try OutputFile(path: folder.path("model.resnet"), replacing: false, inputs: files)
    try NativeFormat().write(model, to: output)
    let copy = try ModelFormats.read([InputFile(path: folder.path("model.resnet"))]).model
    #expect(copy.provenance.ledger == model.provenance.ledger)
    let fixture = try Fixture(arrays: try test.arrays(), for: copy)
    let scale = try RoundingScale(of: copy.network, for: fixture)
    for engine in [Engine.fast(threadCount: 2), .oracle] {
      let result = try FixtureVerification(
        of: copy.network, on: fixture, engine: engine, scale: scale)
      let largest = result.comparisons.map(\.deviation.maximum).max() ?? .nan
      print(
        test.files[0], test.output ?? "", engine, "compared",
        "\(result.comparedCount)/\(result.valueCount)", "max |error|", largest)
      #expect(result.comparedCount == test.count && result.valueCount == test.count)
      #expect(result.unmatched.isEmpty, "\(result.unmatched)")
      if let tolerance = test.tolerance {
        let output = try #require(result.comparisons.last)
        #expect(output.deviation.maximum <= tolerance)
      } else {
        #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "")")
      }
    }
  }
}
