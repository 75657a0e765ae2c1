import Files
import JSON
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import KerasFormat

/// Definitions that Keras would not write, or that ask for more than they say, beside a file
/// without weights.
@Suite struct HostileDefinitionTests {
  static func read(_ json: String, beside name: String = "bare") throws -> Model {
    let weights = try InputFile(path: Places.fixture("keras/hostile/\(name).h5"))
    let definition = InputFile(path: "net.json", bytes: Bytes(Array(json.utf8)))
    return try KerasFormat().readModel(from: [weights, definition], options: ReadingOptions()).model
  }

  /// A definition as Keras 2 writes it.
  static func definition(_ layers: [String], inputs: [String] = ["x"], output: String) -> String {
    let entering = inputs.map { "[\"\($0)\", 0, 0]" }.joined(separator: ", ")
    return """
      {"class_name": "Functional", "config": {"name": "net", "layers": [\(layers.joined(separator: ", "))],
        "input_layers": [\(entering)], "output_layers": [["\(output)", 0, 0]]}}
      """
  }

  static func layer(
    _ kind: String, _ name: String, reads inputs: [String] = [], _ settings: String = "",
    call: String = "", besides: String = ""
  ) -> String {
    let nodes = inputs.map { "[\"\($0)\", 0, 0, {\(call)}]" }.joined(separator: ", ")
    return """
      {"class_name": "\(kind)", "name": "\(name)"\(besides.isEmpty ? "" : ", \(besides)"),
       "config": {"name": "\(name)"\(settings.isEmpty ? "" : ", \(settings)")},
       "inbound_nodes": [\(inputs.isEmpty ? "" : "[\(nodes)]")]}
      """
  }

  static func input(_ shape: String, _ name: String = "x") -> String {
    layer("InputLayer", name, "\"batch_input_shape\": \(shape)")
  }

  @Test(arguments: [
    (
      "an input without axes", [input("[]"), layer("ReLU", "y", reads: ["x"])],
      "the definition gives no input shape: name one with --input-shape N,C,H,W"
    ),
    (
      "an image as high as integers go",
      [
        input("[null, 9223372036854775807, 1, 1]"),
        layer(
          "MaxPooling2D", "y", reads: ["x"],
          "\"pool_size\": 2, \"strides\": 1, \"padding\": \"same\""),
      ], "the window or the image is too large to count"
    ),
    (
      "a mean of NumPy's by the name of a layer",
      [
        input("[null, 4, 4, 2]"),
        layer("Average", "y", reads: ["x"], besides: "\"module\": \"keras.src.ops.numpy\""),
      ], "unsupported layers: y (a class or function of its own, Average)"
    ),
    (
      "a class by the name of one of Keras",
      [
        input("[null, 4, 4, 2]"), layer("ReLU", "y", reads: ["x"], besides: "\"module\": null"),
      ], "unsupported layers: y (a class or function of its own, ReLU)"
    ),
    (
      "training as a number",
      [input("[null, 4]"), layer("Dropout", "y", reads: ["x"], call: "\"training\": 1")],
      "the layer is called with training, which is not supported"
    ),
    (
      "a mask",
      [input("[null, 4]"), layer("ReLU", "y", reads: ["x"], call: "\"mask\": [\"x\", 0, 0]")],
      "the layer is called with mask, which is not supported"
    ),
  ])
  func `a definition that cannot be kept is refused`(
    _ what: String, _ layers: [String], _ reason: String
  ) throws {
    let error = #expect(throws: FormatError.self, "\(what)") {
      try Self.read(Self.definition(layers, output: "y"))
    }
    #expect(error?.reason == reason)
  }

  @Test func `an image and a line are not joined`() throws {
    let layers = [
      Self.input("[null, 2, 3, 4]"), Self.input("[null, 3, 4]", "line"),
      Self.layer("Concatenate", "y", reads: ["x", "line"]),
    ]
    #expect(throws: FormatError.self) {
      try Self.read(Self.definition(layers, inputs: ["x", "line"], output: "y"))
    }
  }

  @Test func `units beyond any matrix are refused`() throws {
    let layers = [
      Self.input("[null, 4, 4, 2]"),
      Self.layer("Conv2D", "conv", reads: ["x"], "\"filters\": 3, \"kernel_size\": 3"),
      Self.layer("Flatten", "flat", reads: ["conv"]),
      Self.layer("Dense", "dense", reads: ["flat"], "\"units\": 4611686018427387904"),
    ]
    let error = #expect(throws: FormatError.self) {
      try Self.read(Self.definition(layers, output: "dense"), beside: "sound")
    }
    #expect(error?.reason.hasPrefix("expected shape [12, 4611686018427387904] for kernel") == true)
  }

  @Test func `models that call models within them are not multiplied without end`() throws {
    // Each definition is named net, and so is the model of it.
    var json = Self.definition(
      [Self.input("[null, 2]"), Self.layer("ReLU", "y", reads: ["x"])], output: "y")
    for depth in 1...10 {
      let calls = ["[[\"x\", 0, 0]]"] + (0..<3).map { "[[\"net\", \($0), 0]]" }
      // Within the last brace of the definition.
      let model = "\(json.dropLast()), \"inbound_nodes\": [\(calls.joined(separator: ", "))]}"
      json = Self.definition([Self.input("[null, 2]"), model], output: "net")
        .replacing(
          "\"output_layers\": [[\"net\", 0, 0]]", with: "\"output_layers\": [[\"net\", 3, 0]]")
      if depth == 2 { #expect(try Self.read(json).network.nodes.count == 17) }
    }
    let error = #expect(throws: FormatError.self) { try Self.read(json) }
    #expect(error?.kind == .refused)
    #expect(error?.reason == "expected at most 100000 calls of layers, found more")
  }

  @Test func `many outputs are told in linear time`() throws {
    let count = 20_000
    let names = (0..<count).map { "y\($0)" }
    let layers = [Self.input("[null, 2]")] + names.map { Self.layer("ReLU", $0, reads: ["x"]) }
    let leaving = names.map { "[\"\($0)\", 0, 0]" }.joined(separator: ", ")
    let json = Self.definition(layers, output: "y0")
      .replacing("\"output_layers\": [[\"y0\", 0, 0]]", with: "\"output_layers\": [\(leaving)]")
    #expect(try Self.read(json).network.outputs.count == count)
  }

  /// The name of a model is in those of all layers within it.
  @Test(arguments: [(2000, true), (2050, false)])
  func `names that a model gives to all its layers are not long`(
    nameByteCount: Int, isRead: Bool
  ) throws {
    let inner = Self.definition(
      [Self.input("[null, 2]"), Self.layer("ReLU", "y", reads: ["x"])], output: "y")
    let name = String(repeating: "n", count: nameByteCount)
    let model =
      "\(inner.replacing("net", with: name).dropLast()), \"inbound_nodes\": [[[\"x\", 0, 0]]]}"
    let json = Self.definition([Self.input("[null, 2]"), model], output: name)
    guard !isRead else {
      #expect(try Self.read(json).network.nodes.count == 2)
      return
    }
    let error = #expect(throws: FormatError.self) { try Self.read(json) }
    #expect(error?.kind == .refused)
    #expect(error?.reason.hasPrefix("expected names of at most 2048 bytes") == true)
  }
}
