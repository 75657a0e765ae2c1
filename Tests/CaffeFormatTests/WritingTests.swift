import Files
import Foundation
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// A network of some layers behind an input `data`.
func sample(
  _ shape: Shape = [1, 4, 6, 6], preprocessing: Preprocessing? = nil, labels: [String] = [],
  named name: String = "net", layers nodes: [Node]
) throws -> Model {
  let data = Node("data", .input(.init(shape: shape)))
  return Model(
    network: try Network(name: name, nodes: [data] + nodes), preprocessing: preprocessing,
    labels: labels, provenance: Provenance(format: "test"))
}

extension Tensor {
  /// 0.5, 1.5, 2.5, …
  static func ramp(_ shape: Shape) -> Tensor {
    Tensor(shape, (0..<shape.elementCount).map { Float($0) + 0.5 })
  }
}

struct WritingTests {
  @Test func `a definition is written as Caffe's users write it`() throws {
    let kernel = Tensor.ramp([4, 4, 3, 3])
    let statistics = Layer.BatchNormalization(
      mean: .ramp([4]), variance: .ramp([4]), gamma: .ramp([4]), beta: .ramp([4]),
      epsilon: Double(Float(0.001)))
    let files = try CaffeFormat().encode(
      sample(
        preprocessing: Preprocessing(channelOrder: .bgr, mean: .channels([104, 116.5, 123, 0])),
        named: "Small \"net\"",
        layers: [
          Node(
            "conv1",
            .convolution(
              .init(kernel: kernel, stride: Extent(2), padding: Padding(vertical: 1, horizontal: 1))
            ), inputs: ["data"]),
          Node("bn1", .batchNormalization(statistics), inputs: ["conv1"]),
          Node("relu1", .relu(.init()), inputs: ["bn1"]),
          Node(
            "pool1",
            .pooling(
              .init(
                kind: .maximum, kernel: Extent(height: 2, width: 3), stride: Extent(1),
                rounding: .ceil)), inputs: ["relu1"]),
          Node(
            "fc", .fullyConnected(.init(kernel: .ramp([2, 8]), bias: .ramp([2]))),
            inputs: ["pool1"]),
          Node("prob", .softmax(.init()), inputs: ["fc"]),
        ]))
    #expect(
      files.definition == """
        # channel order: bgr
        # mean of each channel: 104 116.5 123 0
        name: "Small \\"net\\""
        layer {
          name: "data"
          type: "Input"
          top: "data"
          input_param {
            shape {
              dim: 1
              dim: 4
              dim: 6
              dim: 6
            }
          }
        }
        layer {
          name: "conv1"
          type: "Convolution"
          bottom: "data"
          top: "conv1"
          convolution_param {
            num_output: 4
            bias_term: false
            pad: 1
            kernel_size: 3
            stride: 2
          }
        }
        layer {
          name: "bn1_normalized"
          type: "BatchNorm"
          bottom: "conv1"
          top: "conv1"
          batch_norm_param {
            use_global_stats: true
            eps: 0.001
          }
        }
        layer {
          name: "bn1"
          type: "Scale"
          bottom: "conv1"
          top: "conv1"
          scale_param {
            bias_term: true
          }
        }
        layer {
          name: "relu1"
          type: "ReLU"
          bottom: "conv1"
          top: "conv1"
        }
        layer {
          name: "pool1"
          type: "Pooling"
          bottom: "conv1"
          top: "pool1"
          pooling_param {
            pool: MAX
            kernel_h: 2
            kernel_w: 3
          }
        }
        layer {
          name: "fc"
          type: "InnerProduct"
          bottom: "pool1"
          top: "fc"
          inner_product_param {
            num_output: 2
          }
        }
        layer {
          name: "prob"
          type: "Softmax"
          bottom: "fc"
          top: "prob"
        }

        """)
    #expect(
      files.notes == [
        "wrote batch normalizations with gamma or beta as a BatchNorm and a Scale layer: "
          + "bn1_normalized and bn1",
        "the preprocessing is a comment in the definition, which has no fields for it: "
          + "channel order: bgr; mean of each channel: 104 116.5 123 0",
      ])
    #expect(
      files.layout.blobs.map { "\($0.name) \($0.blob.weight ?? "-") \($0.blob.byteCount)" } == [
        "conv1/blobs[0] conv1/kernel 576", "bn1_normalized/blobs[0] bn1/mean 16",
        "bn1_normalized/blobs[1] bn1/variance 16", "bn1_normalized/blobs[2] - 4",
        "bn1/blobs[0] bn1/gamma 16", "bn1/blobs[1] bn1/beta 16", "fc/blobs[0] fc/kernel 64",
        "fc/blobs[1] fc/bias 8",
      ])
  }

  @Test func `a caffemodel has the definition's fields and the tensors between them`() throws {
    let files = try CaffeFormat().encode(
      sample(
        [1, 1],
        layers: [
          Node("fc", .fullyConnected(.init(kernel: .ramp([1, 1]), axis: 1)), inputs: ["data"])
        ]))
    let folder = try TestFiles()
    let path = folder.folder.appending(path: "net.caffemodel").path
    let prepared = try files.prepareWeights(for: OutputFile(path: path, replacing: false))
    try prepared.file.publish()
    let found = try InputFile(path: path).bytes.array
    func field(_ number: UInt32, _ content: [UInt8]) -> [UInt8] {
      lengthPrefix(number, content.count) + content
    }
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    let data =
      field(1, text("data")) + field(2, text("Input")) + field(4, text("data"))
      + field(143, field(1, field(1, [1, 1])))
    let blob = field(5, [0, 0, 0, 0x3f]) + field(7, field(1, [1, 1]))
    let product =
      field(1, text("fc")) + field(2, text("InnerProduct")) + field(3, text("data"))
      + field(4, text("fc")) + field(7, blob) + field(117, [0x08, 1, 0x10, 0])
    #expect(found == field(1, text("net")) + field(100, data) + field(100, product))
    #expect(files.weightsByteCount == found.count)
    #expect(
      prepared.tensors == [
        WrittenTensor(
          weight: "fc/kernel",
          target: StoredTensor(
            file: "net.caffemodel", object: "fc/blobs[0]", byteOffset: found.count - 17,
            elementType: .float32, shape: [1, 1]))
      ])
  }

  @Test func `a model without weights is its definition alone`() throws {
    let files = try CaffeFormat().encode(
      sample(layers: [Node("relu", .relu(.init()), inputs: ["data"])]))
    #expect(!files.hasWeights && !files.hasMean && !files.hasLabels)
    let folder = try TestFiles()
    let output = try OutputFile(
      path: folder.folder.appending(path: "net.caffemodel").path, replacing: false)
    #expect(
      failure { try files.prepareWeights(for: output) }?.hasSuffix(
        "net.caffemodel: expected weights to write, found none: the definition is the whole model")
        == true)
  }

  @Test func `a caffemodel larger than Caffe reads is refused`() throws {
    let kernel = zeros([1 << 15, 1 << 13])
    var nodes: [Node] = []
    for index in 0..<2 {
      nodes.append(
        Node(
          "fc\(index)", .fullyConnected(.init(kernel: kernel)),
          inputs: ["data"]))
    }
    #expect(
      failure { try CaffeFormat().encode(sample([1, 1 << 13], layers: nodes)) }
        == "fc1: expected weights of at most 2147483647 bytes together, as Caffe reads, "
        + "found 1073741824 before this layer and more with it")
  }

  /// Zeros that the kernel maps only when somebody looks.
  private func zeros(_ shape: Shape) -> Tensor {
    let count = 4 * shape.elementCount
    let bytes = Bytes(adopting: calloc(count, 1)!, count: count) {
      free(UnsafeMutableRawPointer(mutating: $0))
    }
    return Tensor(shape: shape, elementType: .float32, bytes: bytes)!
  }

  @Test func `layers that share a weight name it and store it each`() throws {
    let kernel = Tensor.ramp([4, 4, 1, 1])
    let mean = Tensor.ramp([4])
    let files = try CaffeFormat().encode(
      sample(layers: [
        Node("a", .convolution(.init(kernel: kernel, bias: mean)), inputs: ["data"]),
        Node("b", .convolution(.init(kernel: kernel, bias: .ramp([4]))), inputs: ["a"]),
        Node(
          "bn", .batchNormalization(.init(mean: .ramp([4]), variance: mean, epsilon: 1)),
          inputs: ["b"]),
      ]))
    let net = try CaffeNet(text: Bytes(Array(files.definition.utf8)))
    #expect(
      net.layers.map { $0.sharedBlobs.map { $0?.name } }
        == [[], ["a/kernel", "a/bias"], ["a/kernel"], [nil, "a/bias"]])
    #expect(
      files.layout.blobs.map(\.name).filter { $0.hasPrefix("b/") } == ["b/blobs[0]", "b/blobs[1]"])
    // Caffe refuses statistics with another learning rate.
    #expect(files.definition.components(separatedBy: "lr_mult: 0\n").count == 3)
  }

  @Test func `labels that would read otherwise are refused`() throws {
    for label in ["", "a\nb", "a\r"] {
      let labelled = try sample(
        labels: ["good", label], layers: [Node("r", .relu(.init()), inputs: ["data"])])
      #expect(
        failure { try CaffeFormat().encode(labelled) }
          == "label 1: expected a label that fits one line, found \(quoted(label))")
    }
  }
}

/// Which layers overwrite the blob they read.
struct InPlaceTests {
  private func blobs(_ nodes: [Node], _ shape: Shape = [1, 4, 6, 6]) throws -> [String] {
    let files = try CaffeFormat().encode(sample(shape, layers: nodes))
    let net = try CaffeNet(text: Bytes(Array(files.definition.utf8)))
    return net.layers.dropFirst().map {
      "\($0.bottoms.joined(separator: ",")) > \($0.tops.joined(separator: ","))"
    }
  }

  private func power(_ name: String, _ input: String) -> Node {
    Node(name, .power(.init(scale: 2)), inputs: [input])
  }

  static let elementwise: [(String, Layer)] = [
    (
      "BatchNorm",
      .batchNormalization(.init(mean: .ramp([4]), variance: .ramp([4]), epsilon: 1))
    ),
    ("Scale", .scale(.init(scale: .ramp([4])))), ("Bias", .bias(.init(bias: .ramp([4])))),
    ("ReLU", .relu(.init())), ("Clip", .relu(.init(maximum: 6))),
    ("PReLU", .prelu(.init(slope: .ramp([4])))), ("ELU", .elu(.init())), ("Sigmoid", .sigmoid),
    ("TanH", .tanh), ("Power", .power(.init(power: 2))),
    ("Dropout", .passThrough(.init(kind: .dropout))),
  ]

  @Test(arguments: elementwise)
  func `a layer that works element by element overwrites its input`(
    type: String, layer: Layer
  ) throws {
    let nodes = [
      Node("lrn", .localResponseNormalization(.init(size: 3, alpha: 1, beta: 1)), inputs: ["data"]),
      Node("x", layer, inputs: ["lrn"]), power("y", "x"),
    ]
    #expect(try blobs(nodes) == ["data > lrn", "lrn > lrn", "lrn > lrn"])
    #expect(
      try CaffeFormat().encode(sample(layers: nodes)).definition.contains("type: \"\(type)\""))
  }

  @Test func `an input is not overwritten`() throws {
    #expect(try blobs([power("a", "data"), power("b", "a")]) == ["data > a", "a > a"])
  }

  @Test func `a value with two readers is not overwritten`() throws {
    let nodes = [
      power("a", "data"), power("b", "a"), power("c", "b"),
      Node("sum", .elementwise(.init(operation: .sum)), inputs: ["a", "c"]),
    ]
    #expect(try blobs(nodes) == ["data > a", "a > b", "b > b", "a,b > sum"])
  }

  @Test func `a value that one layer reads twice is not overwritten`() throws {
    let nodes = [
      power("a", "data"), Node("scale", .scale(.init(scale: nil, axis: 0)), inputs: ["a", "a"]),
    ]
    #expect(try blobs(nodes) == ["data > a", "a,a > scale"])
  }

  @Test func `a layer that makes other elements has a blob of its own`() throws {
    let nodes = [power("a", "data"), Node("p", .softmax(.init()), inputs: ["a"])]
    #expect(try blobs(nodes) == ["data > a", "a > p"])
  }

  // In Caffe the top of these layers is the memory of their bottom.
  @Test(
    arguments: [
      .flatten(.init()), .reshape(.init(extents: [0, -1])), .concatenation(.init()),
      .slice(.init(points: [])),
    ] as [Layer])
  func `a value in the memory of another one is not overwritten`(layer: Layer) throws {
    let nodes = [
      power("a", "data"), Node("view", layer, inputs: ["a"]), power("b", "view"), power("c", "b"),
      power("d", "a"),
    ]
    #expect(try blobs(nodes) == ["data > a", "a > view", "view > b", "b > b", "a > d"])
  }

  @Test func `the pieces of a value are overwritten`() throws {
    let nodes = [
      power("a", "data"),
      Node("slice", .slice(.init(points: [1])), inputs: ["a"], outputs: ["x", "y"]),
      power("b", "y"),
    ]
    #expect(try blobs(nodes) == ["data > a", "a > x,y", "y > y"])
  }

  @Test func `readers of a split read its input`() throws {
    let nodes = [
      power("a", "data"), Node("split", .passThrough(.init(kind: .split)), inputs: ["a"]),
      power("b", "split"), power("c", "b"),
      Node("sum", .elementwise(.init(operation: .sum)), inputs: ["a", "c"]),
    ]
    #expect(try blobs(nodes) == ["data > a", "a > b", "b > b", "a,b > sum"])
    #expect(
      try CaffeFormat().encode(sample(layers: nodes)).notes
        == ["left out layers that only hand on their input: split"])
  }
}
