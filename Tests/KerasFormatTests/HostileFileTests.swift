import Files
import Foundation
import HDF5
import JSON
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import KerasFormat

/// Files with one fault each: an error with its place, never a crash, a hang or a wrong model.
@Suite struct HostileFileTests {
  private static func open(_ name: String) throws -> InputFile {
    try InputFile(path: Places.fixture("keras/hostile/\(name)"))
  }

  private static func error(of files: [InputFile]) -> FormatError? {
    #expect(throws: FormatError.self) {
      try KerasFormat().readModel(from: files, options: ReadingOptions()).model
    }
  }

  @Test func `the file without a fault is read`() throws {
    let model = try KerasFormat().readModel(
      from: [Self.open("sound.h5")], options: ReadingOptions()
    ).model
    #expect(model.network.nodes.count == 4 && model.provenance.ledger.entries.count == 4)
  }

  static let faults: [(file: String, place: String?, reason: String)] = [
    (
      "other", nil,
      "expected a file of Keras, found an HDF5 file that has neither the attribute layer_names (in / or in /model_weights), nor nb_layers, nor the group /layers"
    ),
    (
      "external-link", "/model_weights/conv/conv/kernel:0",
      "expected the object itself, found a link to another file, which is not followed"
    ),
    (
      "soft-link", "/model_weights/conv/conv/kernel:0",
      "expected the object itself, found a soft link, which is not followed"
    ),
    (
      "external-storage", "/model_weights/conv/conv/kernel:0",
      "expected elements in this file, found external storage"
    ),
    (
      "virtual", "/model_weights/conv/conv/kernel:0",
      "expected elements of its own, found a virtual dataset"
    ),
    ("bomb", "/model_weights/conv/conv/kernel:0", "expected datasets that a file of"),
    ("no-weight-names", "/model_weights/conv", "expected the attribute weight_names, found none"),
    (
      "no-dataset", "/model_weights/conv",
      "expected a dataset for the weight conv/kernel:0, found none"
    ),
    (
      "lying-shape", "/model_weights/conv/conv/kernel:0",
      "expected shape [3, 3, 2, 3] for kernel of conv, found [3, 2, 3, 3]"
    ),
    (
      "integers", "/model_weights/conv/conv/kernel:0",
      "expected floating-point numbers, found integers"
    ),
    (
      "spare-tensor", nil,
      "expected the weights of the definition: /model_weights/conv/spare is not used by any layer"
    ),
    (
      "no-group", "/model_weights",
      "expected a group for the layer conv of layer_names, found none"
    ),
    ("names-no-strings", "/model_weights@layer_names", "expected strings, found an integer"),
    (
      "exchanged", nil,
      "expected the weights of the definition: /model_weights/conv/conv/bias:0 is at the place of kernel of conv; /model_weights/conv/conv/kernel:0 is at the place of bias of conv"
    ),
    ("lambda", nil, "unsupported layers: twice (Lambda)"),
    ("custom", nil, "unsupported layers: mish (Mish)"),
    ("activation", "conv", "the activation mish is not supported"),
    ("no-json", "byte 1", "expected"),
    ("deep-json", "byte 64", "more than 64 levels"),
    (
      "no-model", "Net",
      "expected a Sequential or Functional model with a list of layers, found none: what a subclass of Model computes is code, which no file holds"
    ),
    ("no-layers", "Functional", "a value of image is read, which is no layer"),
    ("circle", "flat", "the layer reads its own output"),
    ("unknown-layer", "Functional", "a value of picture is read, which is no layer"),
    ("twice", "conv", "two layers have this name"),
    ("no-inputs", "conv", "a value of call 0 is read, which does not exist"),
    ("huge-kernel", "conv", "the window or the image is too large to count"),
    ("negative", "conv", "expected filters, and groups that divide 2 channels"),
    (
      "more-units", "/model_weights/dense/dense/kernel:0",
      "expected shape [12, 3] for kernel of dense, found [12, 2]"
    ),
    (
      "repeated-names", nil,
      "expected a definition in the file or in JSON beside it, or the weights of a ResNet whose definition can be inferred; found neither: two layers are named res2a_branch2a"
    ),
    (
      "slopes", "/slopes/alpha:0",
      "expected shape [4, 1] for alpha of slopes, found [1, 4]"
    ),
    (
      "shared-text", "/@layer_names",
      "expected at most 67108864 bytes of attributes in a file, found more"
    ),
    ("many-attributes", "/", "expected at most 1000 attributes, found 1001"),
    (
      "tiny-chunks", "/conv/kernel:0",
      "expected chunks that a file of 2624 bytes can hold, found [1, 1] of [800, 800]"
    ),
    ("training", "dense", "the layer is called with training, which is not supported"),
  ]

  @Test(arguments: faults)
  func `a fault is told with its place`(_ name: String, _ place: String?, _ reason: String) throws {
    let error = try #require(Self.error(of: [Self.open("\(name).h5")]))
    #expect(error.file?.hasSuffix("\(name).h5") == true)
    #expect(error.location?.description == place, "\(error)")
    #expect(error.reason.hasPrefix(reason), "\(error)")
  }

  @Test func `a file that is cut anywhere is refused`() throws {
    let whole = try Self.open("sound.h5").bytes
    var refused = 0
    for count in stride(from: 8, to: whole.count, by: 97) {
      let part = InputFile(path: "cut.h5", bytes: try #require(whole.slice(from: 0, count: count)))
      if Self.error(of: [part]) != nil { refused += 1 }
    }
    #expect(refused == (whole.count - 8 + 96) / 97)
  }

  @Test(arguments: [
    ("{\"class_name\": \"Sequential\", \"config\": []}", "the model has no layers"),
    ("{\"class_name\": 7}", "expected the configuration of a Keras model, found none in this JSON"),
    (
      "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"Dense\", \"config\": {\"name\": \"d\", \"units\": 2, \"batch_input_shape\": [null, 3]}}]}",
      "expected the weights of the definition: d has no weights in the file; conv of the file is no layer with weights of the definition; dense of the file is no layer with weights of the definition"
    ),
    (
      "{\"class_name\": \"Sequential\", \"config\": [{\"config\": {}}]}",
      "expected the class of a layer, found none"
    ),
  ])
  func `a definition of another model is refused`(_ json: String, _ reason: String) throws {
    let definition = InputFile(path: "net.json", bytes: Bytes(Array(json.utf8)))
    let error = try #require(Self.error(of: [Self.open("sound.h5"), definition]))
    #expect(error.reason == reason)
  }

  @Test func `a definition without weights is refused`() throws {
    let json = "{\"class_name\": \"Sequential\", \"config\": []}"
    let error = Self.error(of: [InputFile(path: "net.json", bytes: Bytes(Array(json.utf8)))])
    #expect(
      error?.reason
        == "expected an HDF5 file with the weights beside the definition, found none")
  }

  @Test func `a definition that was packed from more than any has is refused`() throws {
    let file = try InputFile(path: Places.fixture("keras/hostile/long-definition.keras"))
    let error = try #require(Self.error(of: [file]))
    #expect(error.kind == .refused && error.location == .object("config.json"))
    #expect(error.reason == "expected at most 67108864 bytes, found 67108865")
  }

  @Test func `weights that were packed as only zeros are stay packed`() throws {
    let file = try InputFile(path: Places.fixture("keras/hostile/packed-weights.keras"))
    let error = try #require(Self.error(of: [file]))
    #expect(error.kind == .refused && error.location == .object("model.weights.h5"))
    #expect(
      error.reason.hasPrefix("expected weights packed at most 64 to 1, found 67108865 bytes in 65"))
  }

  @Test func `an archive without weights is refused`() throws {
    let archive = try InputFile(path: Places.fixture("keras/layers/line.keras"))
    // Another name for the weights, of the same length, in the member and in the directory.
    var bytes = archive.bytes.array
    let name = Array("model.weights.h5".utf8)
    for start in bytes.indices.dropLast(name.count)
    where bytes[start..<start + name.count].elementsEqual(name) {
      bytes[start] = UInt8(ascii: "x")
    }
    let error = Self.error(of: [InputFile(path: "x.keras", bytes: Bytes(bytes))])
    #expect(error?.location == .object("model.weights.h5"))
    #expect(error?.reason == "expected the weights in the archive, found none")
  }

  /// One layer a thousand times, which has one tensor a thousand times.
  @Test(arguments: [(1, 1000), (1000, 1000)])
  func `lists that name one thing again and again do not multiply`(
    layerCount: Int, weightCount: Int
  ) throws {
    let layer = HDF5Draft.Group(
      members: [("w", .dataset(Tensor([1], [1] as [Float])))],
      attributes: [("weight_names", .strings(Array(repeating: "w", count: weightCount)))])
    let root = HDF5Draft.Group(
      members: [("a", .group(layer))],
      attributes: [("layer_names", .strings(Array(repeating: "a", count: layerCount)))])
    let bytes = try HDF5Layout(HDF5Draft(root: root)).pieces.flatMap { $0.made().array }
    let error = try #require(Self.error(of: [InputFile(path: "x.h5", bytes: Bytes(bytes))]))
    guard layerCount > 1 else {
      #expect(error.kind == .badModel)
      return
    }
    #expect(error.kind == .refused)
    #expect(error.reason == "expected at most 200000 tensors of layers, found more")
  }
}
