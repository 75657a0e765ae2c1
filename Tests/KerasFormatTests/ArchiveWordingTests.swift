import Files
import JSON
import ModelGraph
import ModelIO
import TestSupport
import Testing

@testable import KerasFormat

/// How an archive tells a graph, so that each version of Keras 3 opens it: `./run interop
/// keras-versions` is the witness.
@Suite struct ArchiveWordingTests {
  /// The configuration that is written for a model of Keras.
  private func configuration(_ fixture: String) throws -> JSON {
    let file = try InputFile(path: Places.fixture("keras/\(fixture)"))
    let model = try KerasFormat().readModel(from: [file], options: ReadingOptions()).model
    let json = KerasDefinition(try KerasGraph(model.network)).json(.keras3)
    return try #require(json["config"])
  }

  @Test(arguments: ["input_layers", "output_layers"])
  func `what enters and leaves is listed even where it is one value, else 3.0 to 3.4 open nothing`(
    _ ends: String
  ) throws {
    let values = try #require(try configuration("eras/keras3.0.keras")[ends]?.elements)
    #expect(values.count == 1 && values[0].elements?.count == 3)
  }

  /// Of a layer that is called again, else 3.0 to 3.7 look for values that are not made yet
  /// (`deserialize_node` in keras/src/models/functional.py).
  @Test(arguments: ["eras/keras3.0.keras", "layers/shared.keras"])
  func `calls and inputs are told as Keras 2 does, which 2.15 and 3 understand`(
    _ fixture: String
  ) throws {
    let layers = try #require(try configuration(fixture)["layers"]?.elements)
    let calls = layers.flatMap { $0["inbound_nodes"]?.elements ?? [] }
    #expect(!calls.isEmpty && calls.allSatisfy { $0["args"] == nil })
    #expect(layers[0]["config"]?["batch_input_shape"] != nil)
  }
}
