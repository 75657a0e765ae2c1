internal import CModelSchemas
internal import Files
internal import Protobuf

/// The messages of `schemas/onnx.proto`.
struct ONNXSchema {
  let model: MessageSchema
  let graph, node, attribute, tensor, valueInfo, function: MessageSchema

  init() {
    var message = Onnx__ModelProto()
    onnx__model_proto__init(&message)
    model = MessageSchema(of: message.base)
    graph = Self.inner("graph", of: model)
    node = Self.inner("node", of: graph)
    attribute = Self.inner("attribute", of: node)
    tensor = Self.inner("initializer", of: graph)
    valueInfo = Self.inner("input", of: graph)
    function = Self.inner("functions", of: model)
  }

  /// The type of the messages in a field.
  static func inner(_ field: String, of schema: MessageSchema) -> MessageSchema {
    guard case .message(let inner)? = schema.field(named: field)?.kind else {
      preconditionFailure("\(schema.name) has no messages named \(field)")
    }
    return inner
  }
}
