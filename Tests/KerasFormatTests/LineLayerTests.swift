import Files
import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import KerasFormat

/// Layers along lines under the names and settings of every version.
@Suite struct LineLayerTests {
  typealias Make = HostileDefinitionTests

  private func network(_ type: String, _ settings: String) throws -> Network {
    let layers = [
      Make.input("[null, 9, 2]"), Make.layer(type, "y", reads: ["x"], settings),
    ]
    return try Make.read(Make.definition(layers, output: "y")).network
  }

  @Test(
    arguments: [
      ("MaxPooling1D", "\"pool_size\": [3], \"strides\": [2], \"padding\": \"same\"", 5),
      ("MaxPooling1D", "\"pool_size\": 3, \"padding\": \"valid\"", 3),
      ("MaxPooling1D", "\"pool_length\": 2, \"stride\": 3, \"border_mode\": \"valid\"", 3),
      ("MaxPool1D", "\"pool_size\": [2], \"strides\": null", 4),
      ("AveragePooling1D", "\"pool_length\": 4, \"stride\": null, \"border_mode\": \"same\"", 3),
      ("ZeroPadding1D", "\"padding\": 2", 13), ("ZeroPadding1D", "\"padding\": [1, 3]", 13),
      ("ZeroPadding1D", "\"padding\": {\"left_pad\": 1, \"right_pad\": 2}", 12),
      ("Cropping1D", "\"cropping\": [1, 3]", 5), ("Cropping1D", "\"cropping\": 4", 1),
      ("Cropping1D", "", 7), ("GlobalMaxPool1D", "\"keepdims\": true", 1),
    ])
  func `a layer along a line makes as many elements as in Keras`(
    _ type: String, _ settings: String, _ count: Int
  ) throws {
    let network = try network(type, settings)
    #expect(try network.shapes()["y"] == [1, 2, 1, count])
    guard case .input(let input)? = network.nodes.first?.layer else { return }
    #expect(input.isLine && input.shape == [1, 2, 1, 9])
  }

  @Test(arguments: [
    ("Cropping1D", "\"cropping\": [4, 5]"), ("Cropping1D", "\"cropping\": -1"),
    ("ZeroPadding1D", "\"padding\": [1, 2, 3]"), ("ZeroPadding1D", "\"padding\": [-1, 2]"),
    ("ZeroPadding1D", "\"padding\": [[1, 1], [1, 1]]"), ("MaxPooling1D", "\"pool_size\": [2, 2]"),
    ("MaxPooling1D", "\"pool_size\": 0"), ("AveragePooling1D", "\"strides\": [1, 1]"),
    ("MaxPooling1D", "\"data_format\": \"channels_first\""), ("MaxPooling2D", ""),
  ])
  func `what no layer along a line can be is told`(_ type: String, _ settings: String) throws {
    let error = #expect(throws: FormatError.self) { try network(type, settings) }
    #expect(error?.description.contains("y") == true)
  }

  @Test func `an image is cut on all sides`() throws {
    let layers = [
      Make.input("[null, 9, 8, 2]"),
      Make.layer("Cropping2D", "y", reads: ["x"], "\"cropping\": [[1, 2], [3, 0]]"),
    ]
    let network = try Make.read(Make.definition(layers, output: "y")).network
    #expect(try network.shapes()["y"] == [1, 2, 6, 5])
  }
}
