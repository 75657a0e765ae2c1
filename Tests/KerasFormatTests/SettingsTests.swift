import Files
import Foundation
import JSON
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import KerasFormat

/// Settings that constructors of Keras do not know or miss; what they do not say is a default.
@Suite struct SettingsTests {
  /// A definition of one layer without weights, read alone.
  private static func read(
    _ kind: String, _ settings: String, model: String = "", options: ReadingOptions = .init()
  ) throws -> (network: Network, notes: [String]) {
    let json = HostileDefinitionTests.definition(
      [
        HostileDefinitionTests.input("[null, 4, 4, 2]"),
        HostileDefinitionTests.layer(kind, "y", reads: ["x"], settings),
      ], output: "y")
    let file = InputFile(
      path: "net.json",
      bytes: Bytes(Array((model.isEmpty ? json : "{\(model), " + json.dropFirst()).utf8)))
    let definition = try #require(
      try KerasFormat().readDefinition(from: [file], options: options))
    return (definition.network, definition.provenance.notes)
  }

  @Test(arguments: [
    ("Conv2D", "\"filters\": 3, \"kernel_size\": 3, \"stride\": 2", "Conv2D", "stride"),
    (
      "Conv2D", "\"filters\": 3, \"kernel_size\": 3, \"activaton\": \"relu\"", "Conv2D", "activaton"
    ),
    (
      "Conv2D", "\"filters\": 3, \"kernel_size\": 3, \"subsample_length\": 2", "Conv2D",
      "subsample_length"
    ),
    ("Dense", "\"units\": 3, \"use_bais\": false", "Dense", "use_bais"),
    ("Dense", "\"units\": 3, \"quantization_config\": {}", "Dense", "quantization_config"),
    ("BatchNormalization", "\"epsilom\": 0.1", "BatchNormalization", "epsilom"),
    ("MaxPooling2D", "\"pool_length\": 2", "MaxPooling2D", "pool_length"),
    ("Add", "\"axis\": 1", "Add", "axis"),
    ("ReLU", "\"max\": 6", "ReLU", "max"),
    (
      "Conv2D",
      "\"filters\": 3, \"kernel_size\": 3, \"activation\": {\"class_name\": \"ReLU\", \"config\": {\"maximum\": 6}}",
      "ReLU", "maximum"
    ),
  ])
  func `an unknown setting is refused by name`(
    _ kind: String, _ settings: String, _ owner: String, _ name: String
  ) throws {
    let error = #expect(throws: FormatError.self) { try Self.read(kind, settings) }
    #expect(error?.location == .object("y"))
    #expect(error?.reason == "expected settings that \(owner) has in Keras, found \(name)")
  }

  @Test(arguments: [
    ("Activation", "", "activation"), ("Conv2D", "\"kernel_size\": 3", "filters"),
    ("Conv2D", "\"filters\": 3", "kernel_size"), ("DepthwiseConv2D", "", "kernel_size"),
    ("Dense", "", "units"), ("Rescaling", "\"offset\": 1", "scale"), ("Dropout", "", "rate"),
    ("Reshape", "", "target_shape"), ("Permute", "", "dims"),
  ])
  func `a missing setting is refused by name`(
    _ kind: String, _ settings: String, _ name: String
  ) throws {
    let error = #expect(throws: FormatError.self) { try Self.read(kind, settings) }
    #expect(error?.reason == "expected the setting \(name) of \(kind), found none")
  }

  @Test func `two names of one setting are refused`() throws {
    let error = #expect(throws: FormatError.self) {
      try Self.read("MaxPooling2D", "\"padding\": \"same\", \"border_mode\": \"valid\"")
    }
    #expect(error?.reason == "expected padding or border_mode, found both")
  }

  @Test func `what is null is let pass and told`() throws {
    let notes = try Self.read("ReLU", "\"fused\": null, \"quantization_config\": null").notes
    #expect(
      notes == ["left out settings that no known version of Keras has; they are null: y (fused)"])
    #expect(try Self.read("Activation", "\"activation\": null").notes.isEmpty)
  }

  @Test(arguments: [("ZeroPadding2D", 6), ("Cropping2D", 4), ("MaxPooling2D", 2)])
  func `what is not said is the default of Keras`(_ kind: String, _ height: Int) throws {
    let network = try Self.read(kind, "").network
    #expect(try network.shapes()["y"] == [1, 2, height, height])
  }

  @Test(arguments: [("1.1.2", 1e-5), ("1.2.0", 1e-3), ("2.4.0", 1e-3), ("3.15.1", 1e-3)])
  func `epsilon is that of the version`(_ version: String, _ epsilon: Double) throws {
    let network = try Self.read(
      "BatchNormalization", "", model: "\"keras_version\": \"\(version)\""
    ).network
    guard case .batchNormalization(let layer) = network.nodes[1].layer else {
      Issue.record("expected a batch normalization")
      return
    }
    #expect(layer.epsilon == epsilon)
  }
}

/// Who wrote a file, by the exact name.
@Suite struct BackendTests {
  private static func read(
    _ words: String, kernels: KerasOptions.Kernels = .auto
  ) throws -> ModelDefinition? {
    let json = HostileDefinitionTests.definition(
      [
        HostileDefinitionTests.input("[null, 4]"),
        HostileDefinitionTests.layer("ReLU", "y", reads: ["x"]),
      ], output: "y")
    let file = InputFile(
      path: "net.json", bytes: Bytes(Array("{\(words), \(json.dropFirst())".utf8)))
    return try KerasFormat().readDefinition(
      from: [file], options: ReadingOptions(keras: .init(kernels: kernels)))
  }

  @Test(arguments: ["thebno", "Theano", "theano ", "tensorflow1", ""])
  func `another backend is refused unless it is said whose the kernels are`(
    _ name: String
  ) throws {
    let words = "\"keras_version\": \"2.4.0\", \"backend\": \"\(name)\""
    let error = #expect(throws: FormatError.self) { try Self.read(words) }
    #expect(error?.location == .object("backend"))
    #expect(error?.reason.contains("found \(name): whose kernels they are") == true)
    #expect(try Self.read(words, kernels: .correlation) != nil)
    #expect(try Self.read(words, kernels: .convolution) != nil)
  }

  @Test(arguments: [
    "theano", "tensorflow", "cntk", "jax", "torch", "numpy", "openvino", "mxnet",
    "plaidml.keras.backend",
  ])
  func `the backends of Keras are known`(_ name: String) throws {
    #expect(try Self.read("\"backend\": \"\(name)\"") != nil)
  }

  @Test func `a version that is none is refused`() throws {
    let error = #expect(throws: FormatError.self) { try Self.read("\"keras_version\": \"q.1.2\"") }
    #expect(
      error?.description == "net.json: keras_version: expected a version like 2.1.6, found q.1.2")
  }
}
