import Files
import Foundation
import ModelGraph
import TensorCore
import TestSupport

@testable import NativeFormat

extension Model {
  /// A small model that has everything a file can hold.
  static var sample: Model {
    get throws {
      let kernel = Tensor.ramp([2, 3, 3, 3])
      let twice = [0x3f80, 0x4049].flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      let slope = Tensor(shape: [2], elementType: .bfloat16, bytes: Bytes(twice))!
      let half = Tensor(shape: [2], elementType: .float16, bytes: Bytes([0, 0x3c, 0, 0xbc]))!
      let nodes = [
        Node("data", .input(Layer.Input(shape: [1, 3, 8, 8]))),
        Node(
          "conv1", .convolution(Layer.Convolution(kernel: kernel, bias: half)), inputs: ["data"]),
        Node("conv1/twin", .convolution(Layer.Convolution(kernel: kernel)), inputs: ["data"]),
        Node("pre«lu»", .prelu(Layer.PReLU(slope: slope)), inputs: ["conv1"]),
        Node(
          "sum", .elementwise(Layer.Elementwise(operation: .sum)),
          inputs: ["pre«lu»", "conv1/twin"]),
        Node(
          "fc",
          .fullyConnected(
            Layer.FullyConnected(kernel: Tensor([2, 72], (0..<144).map { 1 / Double($0 + 1) }))),
          inputs: ["sum"]),
      ]
      let entries = [
        Ledger.Entry(
          source: StoredTensor(
            file: "a.caffemodel", object: "conv1/blobs[0]", byteOffset: 17, elementType: .float32,
            shape: [1, 2, 3, 9]),
          transforms: [.reshape(from: [1, 2, 3, 9], to: [2, 3, 3, 3])], target: "conv1/kernel"),
        Ledger.Entry(
          source: StoredTensor(
            file: "a.caffemodel", object: "fc/blobs[0]", byteOffset: nil, elementType: .float64,
            shape: [72, 2]),
          transforms: [.transpose], target: "fc/kernel"),
        Ledger.Entry(
          source: StoredTensor(
            file: "a.caffemodel", object: "turned/blobs[0]", byteOffset: 5000,
            elementType: .float32, shape: [1, 1, 1, 1]),
          transforms: [.swapSpatialAxes, .setToOne], target: "turned/kernel"),
      ]
      return Model(
        network: try Network(name: "a \"small\" net", nodes: nodes),
        preprocessing: Preprocessing(
          channelOrder: .bgr, mean: .image(.ramp([3, 2, 2])), scales: [0.017, 0.018, 0.019]),
        labels: ["tench", "goldfish, Carassius auratus\t✓"],
        provenance: Provenance(
          format: "caffe-v1", files: [.init(name: "net.caffemodel", byteCount: 1 << 40)],
          notes: ["dropped the layer loss"], ledger: Ledger(entries: entries)))
    }
  }

  /// The model as the bytes of a file.
  var encoded: [UInt8] {
    get throws {
      try withTemporaryFolder { folder in
        let path = folder + "/model.resnet"
        try NativeFormat().write(self, to: OutputFile(path: path, replacing: false))
        return try InputFile(path: path).bytes.array
      }
    }
  }
}

/// Everything about a layer but the bytes of its weights.
func description(_ layer: Layer) -> String {
  let placeholder = Tensor([], [Float(0)])
  return "\(layer.mapWeights { _, _ in placeholder }) \(layer.weights.map(\.tensor.shape))"
}
