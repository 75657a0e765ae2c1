import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// The dialect of 2013 (V0): `layers { layer { … } }`, one message for the parameters of all types.
struct FirstDialectTests {
  private let definition = """
    name: 'oldest'
    layers { layer { name: 'loader' type: 'data' source: 'db' meanfile: 'm' batchsize: 64
      cropsize: 5 scale: 0.5 mirror: true } top: 'data' top: 'label' }
    layers { layer { name: 'pad1' type: 'padding' pad: 1 } bottom: 'data' top: 'padded' }
    layers { layer { name: 'conv1' type: 'conv' num_output: 4 kernelsize: 3 group: 2 stride: 2
      weight_filler { type: 'gaussian' } blobs_lr: [1, 2] weight_decay: [1, 0] }
      bottom: 'padded' top: 'conv1' }
    layers { layer { name: 'relu1' type: 'relu' } bottom: 'conv1' top: 'conv1' }
    layers { layer { name: 'pad2' type: 'padding' pad: 1 } bottom: 'conv1' top: 'padded2' }
    layers { layer { name: 'pool1' type: 'pool' pool: AVE kernelsize: 2 stride: 2 pad: 0 }
      bottom: 'padded2' top: 'pool1' }
    layers { layer { name: 'norm1' type: 'lrn' local_size: 3 alpha: 0.5 beta: 0.25 k: 2 }
      bottom: 'pool1' top: 'norm1' }
    layers { layer { name: 'drop' type: 'dropout' dropout_ratio: 0.3 } bottom: 'norm1' top: 'norm1' }
    layers { layer { name: 'ip' type: 'innerproduct' num_output: 3 biasterm: false }
      bottom: 'norm1' top: 'ip' }
    layers { layer { name: 'loss' type: 'softmax_loss' } bottom: 'ip' bottom: 'label' }
    layers { layer { name: 'prob' type: 'softmax' } bottom: 'ip' top: 'prob' }
    """
  private let weights = """
    layers { layer { name: 'conv1' type: 'conv' \(legacyBlob([4, 1, 3, 3])) \
    \(legacyBlob([1, 1, 1, 4])) } }
    layers { layer { name: 'ip' type: 'innerproduct' \(legacyBlob([1, 1, 3, 16])) } }
    """

  @Test func `an oldest definition with its weights is upgraded`() throws {
    let model = try read(definition, weights: weights, inputShape: [1, 2, 5, 5])
    #expect(model.provenance.format == "caffe-v0")
    #expect(
      model.network.nodes.map { "\($0.name): \($0.layer.typeName)" } == [
        "data: input", "conv1: convolution", "relu1: ReLU", "pool1: average pooling",
        "norm1: local response normalization", "drop: dropout", "ip: fully connected",
        "prob: softmax",
      ])
    #expect(
      model.network.weights.map { "\($0.name) \($0.tensor.shape)" } == [
        "conv1/kernel [4, 1, 3, 3]", "conv1/bias [4]", "ip/kernel [3, 16]",
      ])
    guard case .convolution(let convolution) = model.network.nodes[1].layer,
      case .pooling(let pooling) = model.network.nodes[3].layer,
      case .localResponseNormalization(let lrn) = model.network.nodes[4].layer
    else {
      Issue.record("expected a convolution, a pooling and a normalization")
      return
    }
    #expect(convolution.padding == Padding(vertical: 1, horizontal: 1))
    #expect((convolution.stride, convolution.groups) == (Extent(2), 2))
    // The padding layer's width outweighs the pad of 0 that the pooling gives itself.
    #expect(pooling.padding == Padding(vertical: 1, horizontal: 1))
    #expect((pooling.kernel, pooling.stride) == (Extent(2), Extent(2)))
    #expect((lrn.size, lrn.alpha, lrn.beta, lrn.k) == (3, 0.5, 0.25, 2))
    #expect(model.preprocessing?.scales == [0.5])
    #expect(
      model.provenance.notes.contains(
        "folded padding layers into their readers: conv1 (1), pool1 (1)"))
  }

  @Test func `loaders say what they know of the input`() throws {
    let images = try CaffeNet(
      text: Bytes(
        Array(
          "layers { layer { type: 'images' new_height: 6 new_width: 7 meanfile: 'm' } top: 'a' }"
            .utf8)))
    guard case .data(let parameters) = images.layers[0].operation else {
      Issue.record("expected a layer that loads data")
      return
    }
    #expect(parameters.size == Extent(height: 6, width: 7))
    #expect(parameters.channels == 3)
    #expect(parameters.transform.meanFile == "m")
    #expect(parameters.transform.scale == 1)
  }

  @Test(arguments: [
    ("accuracy", "Accuracy"), ("bnll", "BNLL"), ("concat", "Concat"), ("conv", "Convolution"),
    ("data", "Data"), ("dropout", "Dropout"), ("euclidean_loss", "EuclideanLoss"),
    ("flatten", "Flatten"), ("hdf5_data", "HDF5Data"), ("hdf5_output", "HDF5Output"),
    ("im2col", "Im2col"), ("images", "ImageData"), ("infogain_loss", "InfogainLoss"),
    ("innerproduct", "InnerProduct"), ("lrn", "LRN"),
    ("multinomial_logistic_loss", "MultinomialLogisticLoss"), ("pool", "Pooling"),
    ("relu", "ReLU"), ("sigmoid", "Sigmoid"), ("softmax", "Softmax"),
    ("softmax_loss", "SoftmaxWithLoss"), ("split", "Split"), ("tanh", "TanH"),
    ("window_data", "WindowData"),
  ])
  func `each of its types has a present name`(old: String, present: String) throws {
    let text = "layers { layer { name: 'l' type: '\(old)' } }"
    let net = try CaffeNet(text: Bytes(Array(text.utf8)))
    #expect(net.layers.map(\.type) == [present])
  }

  @Test func `a parameter that its type does not have is noted`() throws {
    let model = try read(
      input([1, 2])
        + "layers { layer { name: 'a' type: 'tanh' stride: 2 k: 3 } bottom: 'data' top: 'a' }")
    #expect(
      model.provenance.notes.contains(
        "left out what layers of their type do not have: stride, k of a"))
  }

  @Test func `concatenation has its older axis`() throws {
    let model = try read(
      input([1, 2, 3, 4])
        + "layers { layer { name: 'c' type: 'concat' concat_dim: 2 } bottom: 'data' bottom: 'data' top: 'c' }"
    )
    #expect(try model.network.shapes()["c"] == [1, 2, 6, 4])
  }

  private static let tanh = "layers { layer { name: 'a' type: 'tanh' } bottom: 'data' top: 'a' } "

  private static let padding =
    "layers { layer { type: 'padding' pad: 1 } bottom: 'data' top: 'p' } "

  private static let refused: [(layers: String, message: String)] = [
    (
      "\(tanh) layers { name: 'b' type: TANH bottom: 'a' top: 'b' }",
      "layer 2: expected a layer of V0 as the others are, found one of V1: "
        + "layers { layer { … } } and layers { type: … } cannot be mixed"
    ),
    (
      "layers { layer { type: 'tanh' } name: 'a' blobs_lr: 1 bottom: 'data' top: 'a' }",
      "layer 1: expected only bottom and top beside a V0 layer, found name, blobs_lr"
    ),
    (
      "layers { layer { name: 'a' type: 'eltwise_product' } bottom: 'data' top: 'a' }",
      "layer 1: expected a type of V0, found \"eltwise_product\""
    ),
    (
      "layers { layer { name: 'a' } bottom: 'data' top: 'a' }",
      "layer 1: expected a type of V0, found \"\""
    ),
    (
      "\(padding) \(tanh)",
      "layer 1: expected a conv or pool layer that reads the padding layer, found none"
    ),
    (
      "\(padding) layers { layer { name: 'a' type: 'relu' } bottom: 'p' top: 'a' }",
      "layer 2: expected a conv or pool layer of one bottom after the padding of layer 1, "
        + "found \"relu\" of 1"
    ),
    (
      "\(padding) layers { layer { type: 'padding' pad: 1 } bottom: 'p' top: 'q' }",
      "layer 2: expected a conv or pool layer of one bottom after the padding of layer 1, "
        + "found \"padding\" of 1"
    ),
    (
      "\(padding) layers { layer { type: 'pool' } bottom: 'data' bottom: 'p' top: 'a' }",
      "layer 2: expected a conv or pool layer of one bottom after the padding of layer 1, "
        + "found \"pool\" of 2"
    ),
    (
      "layers { layer { type: 'padding' pad: 1 } bottom: 'data' top: 'p' top: 'q' }",
      "layer 1: expected a padding layer of one bottom and one top, found 1 and 2"
    ),
  ]

  @Test(arguments: refused)
  func `what cannot be upgraded is refused by name`(layers: String, message: String) {
    #expect(failure { try read(input([1, 2, 3, 3]) + layers) } == "net.prototxt: " + message)
  }

  @Test func `tensors beside a V0 layer are refused`() throws {
    let stored = "layers { layer { name: 'ip' type: 'innerproduct' } \(blob([1])) }"
    #expect(
      failure { try CaffeNet(binary: Bytes(try encoded(stored))) }
        == "layer 1: expected only bottom and top beside a V0 layer, found blobs")
  }
}
