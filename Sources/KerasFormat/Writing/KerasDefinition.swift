internal import JSON
internal import TensorCore

/// A model as a configuration in JSON.
struct KerasDefinition {
  /// The ways to write one.
  enum Dialect {
    /// That of `.h5`, as the last Keras 2 writes it; Keras 3 reads it too.
    case keras2
    /// That of `.keras`.
    case keras3
  }

  let name: String
  /// The layers in Keras' order.
  let layers: [LayerDraft]
  let inputs: [LayerDraft.Reference]
  let outputs: [LayerDraft.Reference]
  /// Whether calls must be told in the words of Keras 3, which only it reads.
  ///
  /// Elsewhere they are told as Keras 2 tells them: then 2.15 reads them, too, and 3.0 to 3.7 wait for
  /// a value that no layer has made yet, as where a layer is called again (`deserialize_node` in
  /// keras/src/models/functional.py). But told so, a list of one value becomes the value.
  private let hasListOfOne: Bool
  /// All layers of the draft, which references count.
  private let drafts: [LayerDraft]

  /// The definition of a network.
  init(_ draft: KerasGraph) {
    name = draft.name
    drafts = draft.layers
    inputs = draft.inputs
    outputs = draft.outputs
    layers = KerasOrder.order(of: draft.layers, outputs: draft.outputs).map { draft.layers[$0] }
    hasListOfOne = layers.contains { $0.type.readsList && $0.calls.contains { $0.count == 1 } }
  }

  /// The configuration.
  func json(_ dialect: Dialect) -> JSON {
    let configuration = JSON.object([
      .init("name", .string(name)), .init("trainable", .bool(true)),
      .init("layers", .array(layers.map { json($0, dialect) })),
      // Lists even of one value: without them 3.0 to 3.4 open no archive, and 3.5 and later, which
      // tell a value from a list of one, are content with either.
      .init("input_layers", .array(inputs.map(place))),
      .init("output_layers", .array(outputs.map(place))),
    ])
    switch dialect {
    case .keras2:
      return .object([
        .init("class_name", .string("Functional")), .init("config", configuration),
      ])
    case .keras3:
      return .object([
        // The public name, which does not change; the class of a graph has no such name.
        .init("module", .string("keras")),
        .init("class_name", .string("Model")), .init("config", configuration),
        .init("registered_name", .null),
      ])
    }
  }

  /// A value as layer, call and output.
  private func place(_ value: LayerDraft.Reference) -> JSON {
    .array([.string(drafts[value.layer].name), .integer(value.call), .integer(0)])
  }

  private func json(_ layer: LayerDraft, _ dialect: Dialect) -> JSON {
    var settings = [JSON.Member("name", .string(layer.name))]
    if layer.type == .input {
      // Keras 3 has another word, but knows this one.
      settings += [
        .init("batch_input_shape", json(layer.shapes[0])), .init("sparse", .bool(false)),
      ]
    } else if layer.definedClass == nil {  // SpatialDropout2D takes none
      settings.append(.init("trainable", .bool(true)))
    }
    settings.append(.init("dtype", .string(layer.policy ?? "float32")))
    var members: [JSON.Member] = []
    switch dialect {
    case .keras2:
      settings += layer.settings2
      members = [.init("class_name", .string(layer.className))]
    case .keras3:
      settings += layer.settings
      members = [
        .init("module", .string("keras.layers")),
        .init("class_name", .string(layer.className)), .init("registered_name", .null),
      ]
    }
    let calls = layer.type == .input ? [] : layer.calls
    let wording = hasListOfOne ? dialect : .keras2
    members += [
      .init("config", .object(settings)), .init("name", .string(layer.name)),
      .init("inbound_nodes", .array(calls.map { json($0, of: layer, wording) })),
    ]
    return .object(members)
  }

  private func json(
    _ call: [LayerDraft.Reference], of layer: LayerDraft, _ dialect: Dialect
  ) -> JSON {
    switch dialect {
    case .keras2:
      return .array(
        call.map { value in
          .array([
            .string(drafts[value.layer].name), .integer(value.call), .integer(0), .object([]),
          ])
        })
    case .keras3:
      let tensors = call.map { value in
        JSON.object([
          .init("class_name", .string("__keras_tensor__")),
          .init(
            "config",
            .object([
              .init("shape", json(drafts[value.layer].shapes[value.call])),
              .init("dtype", .string("float32")), .init("keras_history", place(value)),
            ])),
        ])
      }
      return .object([
        .init("args", .array(layer.type.readsList ? [.array(tensors)] : tensors)),
        .init("kwargs", .object([])),
      ])
    }
  }

  /// A shape whose batch is open.
  private func json(_ shape: Shape) -> JSON {
    .array([.null] + shape.dimensions.dropFirst().map { .integer($0) })
  }
}
