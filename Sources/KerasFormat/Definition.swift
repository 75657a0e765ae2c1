internal import Files
internal import ModelIO

/// A model as its configuration describes it.
struct KerasModel: Sendable {
  /// The name the configuration gives.
  var name: String
  /// Its layers, in the order of the configuration.
  var layers: [KerasLayer]
  /// The values that enter, one for each of its inputs.
  var inputs: [Reference]
  /// The values that leave.
  var outputs: [Reference]

  /// One value: what a layer makes when it is called for the nth time.
  struct Reference: Hashable, Sendable {
    /// The index of the layer in its model.
    var layer: Int
    /// Which call of the layer.
    var call: Int
    /// Which of the values it makes; only models make more than one.
    var output: Int
  }
}

/// A layer with its settings and the places where it is called.
struct KerasLayer: Sendable {
  /// The layer's name in its model.
  var name: String
  /// The names of the models around it and its own, joined by `/`; unique in the whole model.
  var path: String
  /// The class, as the file names it.
  var className: String
  /// The class, where it is known.
  var type: LayerClass?
  /// The layer's settings.
  var settings: Settings
  /// The values that each call reads; an input is called once with none.
  var calls: [[KerasModel.Reference]]
  /// The number of the object, where a definition tells which layers are the same one.
  var objectNumber: Int?
  /// The function that it is, of an entry that is no layer but an operator.
  var operation: OperatorName?
  /// What each call of an operator reads, beside values also constants.
  var operatorCalls: [OperatorCall] = []
  /// The number types that Keras computes the layer with, if they are not float32: `mixed_float16`.
  var policy: String?
  /// The model within, of a layer that is one.
  var model: KerasModel?
  /// Whether the file has no such layer, only a first one that says what its input is.
  var isImplied = false
}

extension KerasModel {
  /// Every layer of the model and of the models within it, in order.
  var allLayers: [KerasLayer] {
    layers.flatMap { layer in layer.model.map { [layer] + $0.allLayers } ?? [layer] }
  }

  /// The calls that the outputs need, each after those it reads.
  ///
  /// - Throws: `FormatError` for a layer that waits for itself and for a value that is not made.
  func order() throws(FormatError) -> [(layer: Int, call: Int)] {
    struct Call: Hashable {
      var layer: Int
      var call: Int
    }
    func read(by call: Call) throws(FormatError) -> [Call] {
      let layer = layers[call.layer]
      guard layer.calls.indices.contains(call.call) else {
        throw layer.settings.fault("a value of call \(call.call) is read, which does not exist")
      }
      return layer.calls[call.call].map { Call(layer: $0.layer, call: $0.call) }
    }
    var needed: Set<Call> = []
    var open = (inputs + outputs).map { Call(layer: $0.layer, call: $0.call) }
    while let call = open.popLast() {
      if needed.insert(call).inserted { open += try read(by: call) }
    }
    var order: [(layer: Int, call: Int)] = []
    var done: Set<Call> = []
    var begun: Set<Call> = []
    let listed = layers.indices.flatMap { layer in
      layers[layer].calls.indices.map { Call(layer: layer, call: $0) }
    }
    for first in listed where needed.contains(first) {
      var stack = [first]
      while let call = stack.last {
        guard !done.contains(call) else {
          stack.removeLast()
          continue
        }
        let missing = try read(by: call).filter { !done.contains($0) }
        if missing.isEmpty {
          done.insert(call)
          order.append((call.layer, call.call))
          stack.removeLast()
        } else {
          guard begun.insert(call).inserted else {
            throw layers[call.layer].settings.fault("the layer reads its own output")
          }
          stack += missing.reversed()
        }
      }
    }
    return order
  }
}
