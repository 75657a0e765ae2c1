import Files
import Foundation
import ModelGraph
import ModelIO
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Where the real model files lie; nil where there are none.
private let dataFolder = ProcessInfo.processInfo.environment["RESNET_TOOLKIT_DATA"]

/// Real files. Skipped where RESNET_TOOLKIT_DATA does not name their folder.
@Suite(.enabled(if: dataFolder != nil, "RESNET_TOOLKIT_DATA names no folder of real models"))
struct RealModelTests {
  private func file(_ path: String) throws -> InputFile {
    try InputFile(path: "\(dataFolder ?? "")/\(path)")
  }

  @Test(arguments: [
    ("cifar10_quick", "cifar10_quick_iter_5000", 13, 145_578),
    ("lenet", "lenet_iter_10000", 9, 431_080),
  ])
  func `nets of 2014 load`(
    definition: String, weights: String, nodes: Int, parameters: Int
  ) throws {
    let model = try CaffeFormat().readModel(
      from: [
        try file("caffe-v1/\(weights).caffemodel"), try file("caffe-v1/\(definition).prototxt"),
      ], options: ReadingOptions()
    ).model
    #expect(model.provenance.format == "caffe-v1")
    #expect(model.network.nodes.count == nodes)
    #expect(try model.network.costs().reduce(0) { $0 + $1.parameterCount } == parameters)
    #expect(model.network.outputs == ["prob"])
  }

  @Test func `a trained net holds its own definition`() throws {
    let model = try CaffeFormat().readModel(
      from: CaffeSource(weights: try file("caffe-v1/lenet_iter_10000.caffemodel")),
      options: ReadingOptions(inputShape: [1, 1, 28, 28])
    ).model
    #expect(
      model.network.nodes.map(\.name)
        == ["data", "conv1", "pool1", "conv2", "pool2", "ip1", "relu1", "ip2"])
    #expect(model.preprocessing?.scales == [0.00390625])
  }

  @Test func `a definition for training asks for the shape of its input`() throws {
    let source = CaffeSource(
      definition: try file("caffe-v1/lenet_train_test.prototxt"),
      weights: try file("caffe-v1/lenet_iter_10000.caffemodel"))
    let message = failure { try CaffeFormat().readModel(from: source).model }
    #expect(
      message?.hasSuffix(
        "data: the definition gives no input shape: name one with --input-shape N,C,H,W") == true)
    let model = try CaffeFormat().readModel(
      from: source, options: ReadingOptions(inputShape: [1, 1, 28, 28])
    ).model
    #expect(model.network.outputs == ["ip2"])
  }

  // ResNet-50 has a bias in its first convolution, which the paper's count leaves out.
  @Test(arguments: [
    ("ResNet-50-deploy", 229, 25_557_032 + 64), ("ResNet-101-deploy", 450, 44_549_160),
    ("ResNet-152-deploy", 671, 60_192_808), ("cvgj_ResNet10_preact", 50, 5_417_070),
    ("cvgj_ResNet50_preact", 223, 25_549_422), ("open_nsfw_deploy", 229, 5_917_890),
    ("yihui-he_resnet20_trainval", 95, 273_258),
  ])
  func `definitions of residual nets have as many parameters as published`(
    name: String, nodes: Int, parameters: Int
  ) throws {
    let definition = try file("caffe-msra/\(name).prototxt")
    let options = ReadingOptions(inputShape: name.contains("resnet20") ? [1, 3, 32, 32] : nil)
    let files = try TestFiles()
    // The same layers with tensors of zeros, of the shapes the plan asks for.
    let net = try CaffeNet(text: definition.bytes)
    let inference = try TestPhaseNet(net, isFiltered: false)
    let builder = try NetworkBuilder(
      inference, inputShapes: try inference.inputShapes(options: options, mean: nil))
    var writer = WireWriter()
    for (layer, plan) in builder.weightedLayers where !plan.weights.isEmpty {
      var content = WireWriter()
      content.field(1, bytes: Array(layer.name.utf8))
      for weight in plan.weights {
        var tensor = WireWriter()
        var shape = WireWriter()
        for extent in weight.storedShape.dimensions { shape.field(1, varint: UInt64(extent)) }
        tensor.field(7, bytes: shape.bytes)
        tensor.field(5, bytes: [UInt8](repeating: 0, count: 4 * weight.storedShape.elementCount))
        content.field(7, bytes: tensor.bytes)
      }
      writer.field(100, bytes: content.bytes)
    }
    let weights = try files.file("net.caffemodel", writer.bytes)
    let model = try CaffeFormat().readModel(
      from: CaffeSource(definition: definition, weights: weights), options: options
    ).model
    #expect(model.network.nodes.count == nodes)
    #expect(try model.network.costs().reduce(0) { $0 + $1.parameterCount } == parameters)
    #expect(Set(model.network.nodes.map(\.name)).count == nodes)
  }

  @Test func `the authors' mean image is read`() throws {
    let mean = try MeanImage(reading: try file("caffe-msra/ResNet_mean.binaryproto").bytes)
    #expect(mean.tensor.shape == [3, 224, 224])
    #expect(mean.tensor.doubles.allSatisfy { $0 > 80 && $0 < 140 })
  }
}
