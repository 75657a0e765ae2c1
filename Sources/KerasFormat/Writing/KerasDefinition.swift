internal import ModelIO
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
  /// All layers of the draft, which references count.
  private let drafts: [LayerDraft]

  /// The definition of a network.
  init(_ draft: NetDraft) {
    name = draft.name
    drafts = draft.layers
    inputs = draft.inputs
    outputs = draft.outputs
    layers = KerasOrder.order(of: draft.layers, outputs: draft.outputs).map { draft.layers[$0] }
  }

  /// The configuration.
  func json(_ dialect: Dialect) -> JSON {
    let configuration = JSON.object([
      .init("name", .string(name)), .init("trainable", .bool(true)),
      .init("layers", .array(layers.map { json($0, dialect) })),
      .init("input_layers", json(inputs, dialect)),
      .init("output_layers", json(outputs, dialect)),
    ])
    switch dialect {
    case .keras2:
      return .object([
        .init("class_name", .string("Functional")), .init("config", configuration),
      ])
    case .keras3:
      return .object([
        .init("module", .string("keras.src.models.functional")),
        .init("class_name", .string("Functional")), .init("config", configuration),
        .init("registered_name", .string("Functional")),
      ])
    }
  }

  private func json(_ values: [LayerDraft.Reference], _ dialect: Dialect) -> JSON {
    let list = values.map(place)
    switch dialect {
    case .keras2: return .array(list)
    // A lone value instead of a list of one: `predict` gives as it is told here.
    case .keras3: return list.count == 1 ? list[0] : .array(list)
    }
  }

  /// A value as layer, call and output.
  private func place(_ value: LayerDraft.Reference) -> JSON {
    .array([.string(drafts[value.layer].name), .integer(value.call), .integer(0)])
  }

  private func json(_ layer: LayerDraft, _ dialect: Dialect) -> JSON {
    var settings = [JSON.Member("name", .string(layer.name))]
    if layer.type == .input {
      let name =
        switch dialect {
        case .keras2: "batch_input_shape"
        case .keras3: "batch_shape"
        }
      settings += [.init(name, json(layer.shapes[0])), .init("sparse", .bool(false))]
    } else {
      settings.append(.init("trainable", .bool(true)))
    }
    settings.append(.init("dtype", .string("float32")))
    settings += layer.settings
    var members: [JSON.Member] = []
    switch dialect {
    case .keras2: members = [.init("class_name", .string(layer.type.rawValue))]
    case .keras3:
      members = [
        .init("module", .string("keras.layers")),
        .init("class_name", .string(layer.type.rawValue)), .init("registered_name", .null),
      ]
    }
    let calls = layer.type == .input ? [] : layer.calls
    members += [
      .init("config", .object(settings)), .init("name", .string(layer.name)),
      .init("inbound_nodes", .array(calls.map { json($0, of: layer, dialect) })),
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
