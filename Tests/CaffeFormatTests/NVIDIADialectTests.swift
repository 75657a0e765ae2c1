import ModelGraph
import ModelIO
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// What NVIDIA's Caffe writes otherwise than BVLC's, and how a file is known to be its own.
struct NVIDIADialectTests {
  private func definition(_ parameters: String = "") -> String {
    input([1, 2, 3, 3])
      + "layer { name: 'bn' type: 'BatchNorm' bottom: 'data' top: 'bn' \(parameters) }"
  }

  private func stored(_ tensors: String, type: String = "type: 'BatchNorm'") -> String {
    "layer { name: 'bn' \(type) \(tensors) }"
  }

  private func factor(_ value: Int) -> String { blob([1], from: value) }

  private var five: String {
    "\(blob([2], from: 3)) \(blob([2], from: 5)) \(factor(0)) \(blob([2], from: 7)) "
      + "\(blob([2], from: 9))"
  }

  private func weights(_ model: Model) -> [String] {
    model.network.weights.map { "\($0.name) \($0.tensor.floats)" }
  }

  @Test func `five tensors are statistics, scale and offset`() throws {
    let model = try read(definition(), weights: stored(five))
    #expect(model.provenance.format == "caffe-nvidia")
    #expect(
      weights(model) == [
        "bn/mean [3.0, 4.0]", "bn/variance [5.0, 6.0]", "bn/factor [1.0]", "bn/gamma [7.0, 8.0]",
        "bn/beta [9.0, 10.0]",
      ])
    #expect(
      model.provenance.ledger.entries.map { "\($0.source.object) > \($0.target) \($0.transforms)" }
        == [
          "bn/blobs[0] > bn/mean []", "bn/blobs[1] > bn/variance []",
          "bn/blobs[2] > bn/factor [set to 1]", "bn/blobs[3] > bn/gamma []",
          "bn/blobs[4] > bn/beta []",
        ])
    #expect(
      model.provenance.notes == [
        "read as NVIDIA's dialect, because of 5 tensors of bn",
        "took mean and variance as they are and their factor for 1, as NVIDIA's Caffe does: bn",
      ])
  }

  @Test func `a factor of 1 is kept bit by bit`() throws {
    let tensors = five.replacing(factor(0), with: factor(1))
    let model = try read(definition(), weights: stored(tensors))
    #expect(weights(model)[2] == "bn/factor [1.0]")
    #expect(model.provenance.ledger.entries.allSatisfy { $0.transforms.isEmpty })
    #expect(model.provenance.notes == ["read as NVIDIA's dialect, because of 5 tensors of bn"])
  }

  @Test func `with a last tensor of one element scale and offset come first`() throws {
    let tensors =
      "\(legacyBlob([1, 2, 1, 1])) \(blob([1, 2, 1, 1], from: 3)) \(blob([2, 1], from: 5)) "
      + "\(blob([2], from: 7)) \(blob([1, 1, 1, 1], from: 0))"
    let model = try read(definition(), weights: stored(tensors, type: ""))
    #expect(
      weights(model) == [
        "bn/mean [5.0, 6.0]", "bn/variance [7.0, 8.0]", "bn/factor [1.0]", "bn/gamma [1.0, 2.0]",
        "bn/beta [3.0, 4.0]",
      ])
    #expect(
      model.provenance.ledger.entries.map { "\($0.source.object) > \($0.target)" } == [
        "bn/blobs[0] > bn/gamma", "bn/blobs[1] > bn/beta", "bn/blobs[2] > bn/mean",
        "bn/blobs[3] > bn/variance", "bn/blobs[4] > bn/factor",
      ])
  }

  @Test func `scale_bias without its tensors is a fault of the file`() {
    let three = "\(blob([2])) \(blob([2])) \(factor(1))"
    #expect(
      failure {
        try read(definition("batch_norm_param { scale_bias: true }"), weights: stored(three))
      }
        == "net.caffemodel: expected the weights of the definition: bn/gamma is not filled; "
        + "bn/beta is not filled")
  }

  private static let doubtful =
    "took mean and variance for 0, because their factor is 0; if NVIDIA's Caffe wrote the file, "
    + "read it with --caffe-dialect nvidia: bn"

  @Test(arguments: [
    (CaffeOptions.Dialect.auto, "", 0, [0.0, 0], [doubtful]),
    (.bvlc, "", 0, [0, 0], ["read as BVLC's dialect, as asked for", doubtful]),
    (
      .nvidia, "", 0, [3, 4],
      [
        "read as NVIDIA's dialect, as asked for",
        "took mean and variance as they are and their factor for 1, as NVIDIA's Caffe does: bn",
      ]
    ),
    (
      .auto, "forward_type: FLOAT16", 0, [3, 4],
      [
        "read as NVIDIA's dialect, because of forward_type of LayerParameter",
        "took mean and variance as they are and their factor for 1, as NVIDIA's Caffe does: bn",
      ]
    ),
    (.auto, "", 2, [1.5, 2], []),
    (.nvidia, "", 2, [1.5, 2], ["read as NVIDIA's dialect, as asked for"]),
  ])
  func `three tensors and a factor are read by the dialect`(
    dialect: CaffeOptions.Dialect, parameters: String, factor value: Int, mean: [Double],
    notes: [String]
  ) throws {
    let tensors = "\(blob([2], from: 3)) \(blob([2], from: 5)) \(factor(value))"
    let model = try read(definition(parameters), weights: stored(tensors), dialect: dialect)
    guard case .batchNormalization(let layer) = model.network.nodes[1].layer else {
      Issue.record("expected a batch normalization")
      return
    }
    #expect(layer.statistics.mean == mean)
    #expect(model.provenance.notes == notes)
  }

  @Test func `statistics that are 0 anyway are no reason to doubt`() throws {
    let zeros = "blobs { shape { dim: 2 } data: [0, 0] }"
    let model = try read(definition(), weights: stored("\(zeros) \(zeros) \(factor(0))"))
    #expect(model.provenance.notes == [])
  }

  @Test func `epsilon is at least that of cuDNN and use_global_stats is not asked`() throws {
    let parameters = "batch_norm_param { eps: 1e-6 use_global_stats: false }"
    let model = try read(definition(parameters), weights: stored(five))
    guard case .batchNormalization(let layer) = model.network.nodes[1].layer else {
      Issue.record("expected a batch normalization")
      return
    }
    #expect(layer.epsilon == Double(Float(1e-5)))
    #expect(
      model.provenance.notes.contains("raised epsilon to 1e-05, as NVIDIA's Caffe does: bn"))
  }

  @Test(arguments: [
    (
      "", "blobs { raw_data_type: FLOAT raw_data: '\\0\\0\\200\\077' shape { dim: 1 } }",
      "net.caffemodel", "raw_data in bn"
    ),
    (
      "", "\(blob([1])) \(blob([1])) \(blob([1])) \(blob([1])) \(blob([1]))", "net.caffemodel",
      "5 tensors of bn"
    ),
    (
      "batch_norm_param { scale_bias: false }", "", "net.prototxt",
      "scale_bias of BatchNormParameter"
    ),
  ])
  func `a file that contradicts the user is refused`(
    parameters: String, tensors: String, file: String, evidence: String
  ) {
    #expect(
      failure {
        try read(definition(parameters), weights: stored(tensors), dialect: .bvlc)
      }
        == "\(file): expected BVLC's dialect as --caffe-dialect says, found what only NVIDIA's "
        + "Caffe writes: \(evidence)")
  }

  @Test func `raw data of half precision stays so`() throws {
    let half = "raw_data_type: FLOAT16 raw_data: '\\0\\074\\0\\076'"  // 1 and 1.5
    let model = try read(
      input([1, 2, 3, 3]) + "layer { name: 's' type: 'Scale' bottom: 'data' top: 's' }",
      weights: "layer { name: 's' blobs { \(half) shape { dim: 2 } } }")
    #expect(model.network.weights[0].tensor.elementType == .float16)
    #expect(weights(model) == ["s/scale [1.0, 1.5]"])
    #expect(model.provenance.ledger.entries[0].source.byteCount == 4)
    #expect(model.provenance.format == "caffe")
    #expect(model.provenance.notes == [])
  }

  /// In binary, NVIDIA's four types have the numbers of messages that BVLC added later.
  @Test func `numbers that two forks gave to different fields are told apart`() throws {
    func net(_ build: (inout WireWriter) -> Void) -> Bytes {
      var (layer, net) = (WireWriter(), WireWriter())
      build(&layer)
      net.field(100, bytes: layer.bytes)
      return Bytes(net.bytes)
    }
    let forks = try CaffeNet(binary: net { for n in 145...148 { $0.field(UInt32(n), varint: 2) } })
    #expect(
      forks.forkFields.sorted() == [
        "backward_math of LayerParameter", "backward_type of LayerParameter",
        "forward_math of LayerParameter", "forward_type of LayerParameter",
      ])
    let clip: [UInt8] = [0x0d, 0, 0, 0, 0, 0x15, 0, 0, 0xc0, 0x40]
    let berkeleys = try CaffeNet(
      binary: net { writer in
        writer.field(2, bytes: Array("Clip".utf8))
        writer.field(148, bytes: clip)
      })
    #expect(berkeleys.forkFields.isEmpty)
    guard case .clip(minimum: 0, maximum: 6) = berkeleys.layers[0].operation else {
      Issue.record("expected a Clip from 0 to 6")
      return
    }
  }

  /// SSD's fork has a message where NVIDIA's has a flag.
  @Test func `a fork's field of another type is a third one's`() throws {
    var (transform, layer, net) = (WireWriter(), WireWriter(), WireWriter())
    transform.field(8, bytes: [0x08, 1])
    layer.field(100, bytes: transform.bytes)
    net.field(100, bytes: layer.bytes)
    #expect(
      try CaffeNet(binary: Bytes(net.bytes)).notes
        == ["left out field 8 of TransformationParameter, unknown to the schema (1 found)"])
  }

  @Test func `a definition for NVIDIA's Caffe has no unknown fields`() throws {
    let text = """
      default_forward_type: FLOAT16 default_backward_type: FLOAT16 default_forward_math: FLOAT
      default_backward_math: FLOAT global_grad_scale: 1000 global_grad_scale_adaptive: true
      default_conv_algos_override: '1,1,1' reduce_buckets: 3 default_cudnn_math_override: 0
      eltwise_mem_sharing: false
      layer { name: 'c' type: 'Convolution' forward_type: FLOAT backward_type: FLOAT
        forward_math: FLOAT backward_math: FLOAT debug: true cudnn_math_override: 1
        convolution_param { cudnn_convolution_algo_seeker: FINDEX conv_algos_override: '1,1,1' } }
      layer { name: 'b' type: 'BatchNorm' batch_norm_param { scale_filler { type: 'constant' }
        bias_filler { value: 0 } scale_bias: true engine: CUDNN } }
      layer { name: 'd' type: 'Data' data_param { threads: 1 parser_threads: 2 cache: true
        shuffle: true precache: true } transform_param { use_gpu_transform: true random_seed: 7
        img_rand_resize_lower: 256 img_rand_resize_upper: 480 interpolation_algo_up: INTER_CUBIC
        forward_packing: NHWC } }
      layer { type: 'Dropout' dropout_param { engine: CAFFE random_seed: -5 } }
      layer { type: 'Pooling' pooling_param { torch_pooling: true } }
      layer { type: 'SoftmaxWithLoss' loss_param { label_smoothing: 0.1 } }
      """
    let net = try CaffeNet(text: Bytes(Array(text.utf8)))
    #expect(net.notes.isEmpty)
    #expect(net.forkFields.count == 22)
  }

  @Test func `an ELU with a factor is refused`() {
    let text =
      input([1, 2])
      + "layer { name: 'e' type: 'ELU' bottom: 'data' top: 'e' elu_param { lambda: 2 } }"
    #expect(
      failure { try read(text) }
        == "net.prototxt: e: expected a lambda of 1, found 2.0, which is not supported")
  }
}
