import ModelGraph
import TensorCore
import TestSupport
import Testing

@testable import KerasFormat

/// Which call of a layer a value is of, and what calls share.
@Suite struct CallTests {
  /// A model within the model that is called twice; the value of its first call leaves, the second
  /// is read. Keras 3 counts a call that made the model, but only where values leave.
  @Test func `Keras 3 numbers the calls of models within from 1 where values leave`() throws {
    func call(_ source: String, _ number: Int = 0) -> String {
      """
      {"args": [{"class_name": "__keras_tensor__",
        "config": {"keras_history": ["\(source)", \(number), 0]}}], "kwargs": {}}
      """
    }
    let json = """
      {"module": "keras", "class_name": "Functional", "config": {"name": "net", "layers": [
        {"module": "keras.layers", "class_name": "InputLayer", "name": "x", "inbound_nodes": [],
          "config": {"name": "x", "batch_shape": [null, 2]}},
        {"module": "keras.src.models.functional", "class_name": "Functional", "name": "inner",
          "inbound_nodes": [\(call("x")), \(call("tanh"))], "config": {"name": "inner", "layers": [
            {"module": "keras.layers", "class_name": "InputLayer", "name": "i", "inbound_nodes": [],
              "config": {"name": "i", "batch_shape": [null, 2]}},
            {"module": "keras.layers", "class_name": "ReLU", "name": "relu",
              "inbound_nodes": [\(call("i"))], "config": {"name": "relu"}}],
          "input_layers": [["i", 0, 0]], "output_layers": [["relu", 0, 0]]}},
        {"module": "keras.layers", "class_name": "Activation", "name": "tanh",
          "inbound_nodes": [\(call("x"))], "config": {"name": "tanh", "activation": "tanh"}},
        {"module": "keras.layers", "class_name": "Activation", "name": "sigmoid",
          "inbound_nodes": [\(call("inner", 1))],
          "config": {"name": "sigmoid", "activation": "sigmoid"}}],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["inner", 1, 0], ["sigmoid", 0, 0]]}}
      """
    let network = try HostileDefinitionTests.read(json).network
    let inputs = Dictionary(uniqueKeysWithValues: network.nodes.map { ($0.name, $0.inputs) })
    #expect(inputs["inner/relu"] == ["x"] && inputs["inner/relu#2"] == ["tanh"])
    #expect(inputs["sigmoid"] == ["inner/relu#2"])
    #expect(Set(network.outputs) == ["inner/relu", "sigmoid"])
  }

  @Test func `a matrix that is shared by values of two ranks is read once`() throws {
    typealias Make = HostileDefinitionTests
    let dense = Make.layer("Dense", "dense", reads: ["flat"], "\"units\": 2").replacing(
      "\"inbound_nodes\": [[[\"flat\", 0, 0, {}]]]",
      with: "\"inbound_nodes\": [[[\"flat\", 0, 0, {}]], [[\"row\", 0, 0, {}]]]")
    let layers = [
      Make.input("[null, 4, 4, 2]"),
      Make.layer("Conv2D", "conv", reads: ["x"], "\"filters\": 3, \"kernel_size\": 3"),
      Make.layer("Flatten", "flat", reads: ["conv"]),
      Make.layer("Reshape", "row", reads: ["conv"], "\"target_shape\": [1, 12]"), dense,
    ]
    let json = Make.definition(layers, output: "dense").replacing(
      "[[\"dense\", 0, 0]]", with: "[[\"dense\", 0, 0], [\"dense\", 1, 0]]")
    let model = try Make.read(json, beside: "sound")
    #expect(model.provenance.ledger.entries.count == 4)
    let shapes = try model.network.shapes()
    #expect(shapes["dense"] == [1, 2] && shapes["dense#2"] == [1, 1, 2])
  }

  @Test(arguments: [
    (["a", "b"], ["output0", "output1"]), (["b", "a"], ["b", "output1"]),
    (["b", "c"], ["b", "c"]), (["c", "b"], ["c", "output1"]),
    (["b", "b"], ["output0", "output1"]),
  ])
  func `outputs leave in the order of the definition`(named: [String], expected: [String]) throws {
    typealias Make = HostileDefinitionTests
    let layers = [
      Make.input("[null, 4]"), Make.layer("ReLU", "a", reads: ["x"]),
      Make.layer("ReLU", "b", reads: ["a"]), Make.layer("Softmax", "c", reads: ["a"]),
    ]
    let list = named.map { "[\"\($0)\", 0, 0]" }.joined(separator: ", ")
    let json = Make.definition(layers, output: "c").replacing("[[\"c\", 0, 0]]", with: "[\(list)]")
    let network = try Make.read(json).network
    let unread = ["b", "c"].filter { !named.contains($0) }
    #expect(network.outputs.filter { !unread.contains($0) } == expected)
    let makers = Dictionary(uniqueKeysWithValues: network.nodes.map { ($0.name, $0) })
    for (output, name) in zip(expected, named) {
      #expect(output == name || makers[output]?.inputs == [name])
    }
  }

  @Test func `augmentation is read with the argument that Keras 3 gives it`() throws {
    typealias Make = HostileDefinitionTests
    let layers = [
      Make.input("[null, 4, 4, 2]"),
      Make.layer("RandomFlip", "y", reads: ["x"], call: "\"training\": true"),
    ]
    #expect(try Make.read(Make.definition(layers, output: "y")).network.nodes.count == 2)
  }
}
