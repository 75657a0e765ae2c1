import ModelGraph
import Protobuf
import TensorCore
import Testing

@testable import CaffeFormat

/// The dialect of 2014 (V1): `layers`, an enumeration for a type, tensors of four extents.
struct OldDialectTests {
  private let definition = """
    name: 'old'
    layers { name: 'loader' type: DATA top: 'data' top: 'label' include { phase: TRAIN } }
    layers { name: 'loader' type: DATA top: 'data' top: 'label' include { phase: TEST }
      data_param { scale: 0.5 crop_size: 4 mean_file: 'm' }
      transform_param { mean_value: [1, 2] scale: 3 } }
    layers { name: 'conv' type: CONVOLUTION bottom: 'data' top: 'conv' blobs_lr: [1, 2]
      weight_decay: [1, 0] convolution_param { num_output: 2 kernel_size: 3 } }
    layers { name: 'relu' type: RELU bottom: 'conv' top: 'conv' }
    layers { name: 'pool' type: POOLING bottom: 'conv' top: 'pool'
      pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
    layers { name: 'norm' type: LRN bottom: 'pool' top: 'norm'
      lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL } }
    layers { name: 'drop' type: DROPOUT bottom: 'norm' top: 'norm' }
    layers { name: 'ip' type: INNER_PRODUCT bottom: 'norm' top: 'ip'
      inner_product_param { num_output: 3 } }
    layers { name: 'acc' type: ACCURACY bottom: 'ip' bottom: 'label' top: 'acc' }
    layers { name: 'loss' type: SOFTMAX_LOSS bottom: 'ip' bottom: 'label' }
    layers { name: 'prob' type: SOFTMAX bottom: 'ip' top: 'prob' }
    """
  private let weights = """
    layers { name: 'conv' \(legacyBlob([2, 2, 3, 3])) \(legacyBlob([1, 1, 1, 2])) }
    layers { name: 'ip' \(legacyBlob([1, 1, 3, 2])) \(legacyBlob([1, 1, 1, 3])) }
    """

  @Test func `an old definition with old weights is upgraded`() throws {
    let model = try read(definition, weights: weights)
    #expect(model.provenance.format == "caffe-v1")
    #expect(
      model.network.nodes.map { "\($0.name): \($0.layer.typeName)" } == [
        "data: input", "conv: convolution", "relu: ReLU", "pool: average pooling",
        "norm: local response normalization", "drop: dropout", "ip: fully connected",
        "prob: softmax",
      ])
    #expect(model.network.inputs[0].shape == [1, 2, 4, 4])
    #expect(model.preprocessing?.scales == [0.5])
    guard case .channels([1, 2]) = model.preprocessing?.mean else {
      Issue.record("expected the definition's mean values")
      return
    }
    #expect(
      model.network.weights.map { "\($0.name) \($0.tensor.shape)" } == [
        "conv/kernel [2, 2, 3, 3]", "conv/bias [2]", "ip/kernel [3, 2]", "ip/bias [3]",
      ])
    #expect(
      model.provenance.ledger.entries.map { "\($0.source.object) \($0.target) \($0.transforms)" }
        == [
          "conv/blobs[0] conv/kernel []",
          "conv/blobs[1] conv/bias [reshape [1, 1, 1, 2] to [2]]",
          "ip/blobs[0] ip/kernel [reshape [1, 1, 3, 2] to [3, 2]]",
          "ip/blobs[1] ip/bias [reshape [1, 1, 1, 3] to [3]]",
        ])
  }

  @Test func `old weights fit a new definition`() throws {
    let new =
      input([1, 2]) + "layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip' "
      + "inner_product_param { num_output: 3 } }"
    let old = "layers { name: 'ip' \(legacyBlob([1, 1, 3, 2])) \(legacyBlob([1, 1, 1, 3])) }"
    let model = try read(new, weights: old)
    #expect(model.provenance.format == "caffe")
    #expect(model.network.weights.map(\.tensor.shape) == [[3, 2], [3]])
  }

  @Test func `every type of the old enumeration has its present name`() throws {
    let expected = [
      "NONE", "Accuracy", "BNLL", "Concat", "Convolution", "Data", "Dropout", "EuclideanLoss",
      "Flatten", "HDF5Data", "HDF5Output", "Im2col", "ImageData", "InfogainLoss", "InnerProduct",
      "LRN", "MultinomialLogisticLoss", "Pooling", "ReLU", "Sigmoid", "Softmax", "SoftmaxWithLoss",
      "Split", "TanH", "WindowData", "Eltwise", "Power", "SigmoidCrossEntropyLoss", "HingeLoss",
      "MemoryData", "ArgMax", "Threshold", "DummyData", "Slice", "MVN", "AbsVal", "Silence",
      "ContrastiveLoss", "Exp", "Deconvolution",
    ]
    let text = (0..<40).map { "layers { type: \($0) } " }.joined()
    let net = try CaffeNet(text: Bytes(Array(text.utf8)))
    #expect(net.layers.map(\.type) == expected)
    var writer = WireWriter()
    writer.field(2, bytes: [0x28, 99])
    #expect(try CaffeNet(binary: Bytes(writer.bytes)).layers[0].type == "type 99")
  }

  @Test func `parameters shared by name are known`() throws {
    let text =
      "layers { param: ['w', ''] param: 'b' blob_share_mode: [STRICT, STRICT, PERMISSIVE] }"
    let net = try CaffeNet(text: Bytes(Array(text.utf8)))
    let shared = net.layers[0].sharedBlobs
    #expect(shared.map(\.?.name) == ["w", nil, "b"])
    #expect(shared.map(\.?.isPermissive) == [false, nil, true])
  }

  @Test func `old data layers hand over their own transformation`() throws {
    for type in ["IMAGE_DATA|image_data_param", "WINDOW_DATA|window_data_param"] {
      let parts = type.split(separator: "|")
      let model = try read(
        "layers { name: 'l' type: \(parts[0]) top: 'data' \(parts[1]) { scale: 2 crop_size: 5 } }"
          + "layers { name: 'a' type: TANH bottom: 'data' top: 'a' }", inputShape: [1, 3, 5, 5])
      #expect(model.preprocessing?.scales == [2])
    }
  }
}
