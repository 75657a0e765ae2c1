internal import CModelSchemas
internal import CProtobufC

/// A message type of `schemas/caffe.proto`, through the tables that protobuf-c generated for it.
///
/// The tables are constants of the program: pointers to them stay valid.
struct MessageSchema: Equatable {
  private let table: UnsafePointer<ProtobufCMessageDescriptor>

  fileprivate init(_ table: UnsafePointer<ProtobufCMessageDescriptor>) { self.table = table }

  /// The type of an initialized message.
  init(of message: ProtobufCMessage) {
    self.init(message.descriptor!)  // set by every initializer
  }

  /// The message of a whole network.
  static var net: MessageSchema {
    var message = Caffe__NetParameter()
    caffe__net_parameter__init(&message)
    return MessageSchema(of: message.base)
  }

  /// The message of one layer.
  static var layer: MessageSchema {
    var message = Caffe__LayerParameter()
    caffe__layer_parameter__init(&message)
    return MessageSchema(message.base.descriptor!)  // set by the initializer just called
  }

  /// The message of one tensor.
  static var blob: MessageSchema {
    var message = Caffe__BlobProto()
    caffe__blob_proto__init(&message)
    return MessageSchema(of: message.base)
  }

  /// The type's name: `LayerParameter`.
  var name: String { String(cString: table.pointee.short_name) }

  /// The field of a name; nil if there is none.
  func field(named name: String) -> FieldSchema? {
    protobuf_c_message_descriptor_get_field_by_name(table, name).map(FieldSchema.init)
  }

  /// The field of a number; nil if there is none.
  func field(numbered number: UInt32) -> FieldSchema? {
    protobuf_c_message_descriptor_get_field(table, number).map(FieldSchema.init)
  }

  /// The first field that no message of this type may lack and that is not in `numbers`.
  func missingField(in numbers: Set<UInt32>) -> FieldSchema? {
    for index in 0..<Int(table.pointee.n_fields) {
      let field = table.pointee.fields + index
      guard field.pointee.label == PROTOBUF_C_LABEL_REQUIRED else { continue }
      if !numbers.contains(field.pointee.id) { return FieldSchema(field) }
    }
    return nil
  }
}

/// A field of a message type.
struct FieldSchema {
  /// What values the field holds.
  enum Kind {
    case int32, int64, uint32, float, double, bool, text, bytes
    case enumeration(EnumerationSchema)
    case message(MessageSchema)
  }

  private let table: UnsafePointer<ProtobufCFieldDescriptor>

  fileprivate init(_ table: UnsafePointer<ProtobufCFieldDescriptor>) { self.table = table }

  /// The field's name.
  var name: String { String(cString: table.pointee.name) }
  /// The field's number.
  var number: UInt32 { table.pointee.id }
  /// Whether the field may occur any number of times.
  var isRepeated: Bool { table.pointee.label == PROTOBUF_C_LABEL_REPEATED }

  /// The float that the schema names for where the field is missing; nil if it names none.
  var defaultFloat: Float? {
    guard table.pointee.type == PROTOBUF_C_TYPE_FLOAT else { return nil }
    return table.pointee.default_value?.load(as: Float.self)
  }

  /// The 32-bit integer, enumerated value or truth that the schema names for where the field is
  /// missing; nil if it names none.
  var defaultInteger: Int? {
    switch table.pointee.type {
    case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_BOOL, PROTOBUF_C_TYPE_ENUM:
      table.pointee.default_value.map { Int($0.load(as: Int32.self)) }
    case PROTOBUF_C_TYPE_UINT32:
      table.pointee.default_value.map { Int($0.load(as: UInt32.self)) }
    default: nil  // No integer, or one of 64 bits, of which no field has a default.
    }
  }

  /// Whether the field is an enumeration that has a value of this name; true for other fields.
  func hasValue(named name: String) -> Bool {
    guard case .enumeration(let enumeration) = kind else { return true }
    return enumeration.value(named: name) != nil
  }

  /// What values the field holds.
  var kind: Kind {
    switch table.pointee.type {
    case PROTOBUF_C_TYPE_INT32: .int32
    case PROTOBUF_C_TYPE_INT64: .int64
    case PROTOBUF_C_TYPE_UINT32: .uint32
    case PROTOBUF_C_TYPE_FLOAT: .float
    case PROTOBUF_C_TYPE_DOUBLE: .double
    case PROTOBUF_C_TYPE_BOOL: .bool
    case PROTOBUF_C_TYPE_STRING: .text
    case PROTOBUF_C_TYPE_BYTES: .bytes
    case PROTOBUF_C_TYPE_ENUM:
      .enumeration(
        EnumerationSchema(
          table.pointee.descriptor.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)))
    case PROTOBUF_C_TYPE_MESSAGE:
      .message(
        MessageSchema(
          table.pointee.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)))
    default: preconditionFailure("caffe.proto has a field type that no reader handles: \(name)")
    }
  }
}

/// An enumeration of the schema.
struct EnumerationSchema {
  private let table: UnsafePointer<ProtobufCEnumDescriptor>

  fileprivate init(_ table: UnsafePointer<ProtobufCEnumDescriptor>) { self.table = table }

  /// The number of a name; nil if there is none.
  func value(named name: String) -> Int32? {
    protobuf_c_enum_descriptor_get_value_by_name(table, name)?.pointee.value
  }

  /// The name of a number; nil if there is none.
  func name(of value: Int32) -> String? {
    protobuf_c_enum_descriptor_get_value(table, value).map { String(cString: $0.pointee.name) }
  }
}
