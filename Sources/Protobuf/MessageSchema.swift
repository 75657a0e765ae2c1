package import CProtobufC

/// A message type of one of `schemas/*.proto`, through the tables that protobuf-c generated for it.
///
/// The tables are constants of the program: pointers to them stay valid.
package struct MessageSchema: Equatable {
  private let table: UnsafePointer<ProtobufCMessageDescriptor>

  fileprivate init(_ table: UnsafePointer<ProtobufCMessageDescriptor>) { self.table = table }

  /// The type of an initialized message.
  package init(of message: ProtobufCMessage) {
    self.init(message.descriptor!)  // set by every initializer
  }

  /// The type's name: `LayerParameter`.
  package var name: String { String(cString: table.pointee.short_name) }

  /// The field of a name; nil if there is none.
  package func field(named name: String) -> FieldSchema? {
    protobuf_c_message_descriptor_get_field_by_name(table, name).map(FieldSchema.init)
  }

  /// The field of a number; nil if there is none.
  package func field(numbered number: UInt32) -> FieldSchema? {
    protobuf_c_message_descriptor_get_field(table, number).map(FieldSchema.init)
  }

  /// The first field that no message of this type may lack and that is not in `numbers`.
  package func missingField(in numbers: Set<UInt32>) -> FieldSchema? {
    for index in 0..<Int(table.pointee.n_fields) {
      let field = table.pointee.fields + index
      guard field.pointee.label == PROTOBUF_C_LABEL_REQUIRED else { continue }
      if !numbers.contains(field.pointee.id) { return FieldSchema(field) }
    }
    return nil
  }
}

/// A field of a message type.
package struct FieldSchema {
  /// What values the field holds.
  package enum Kind {
    case int32, int64, uint32, float, double, bool, text, bytes
    case enumeration(EnumerationSchema)
    case message(MessageSchema)
  }

  private let table: UnsafePointer<ProtobufCFieldDescriptor>

  fileprivate init(_ table: UnsafePointer<ProtobufCFieldDescriptor>) { self.table = table }

  /// The field's name.
  package var name: String { String(cString: table.pointee.name) }
  /// The field's number.
  package var number: UInt32 { table.pointee.id }
  /// Whether the field may occur any number of times.
  package var isRepeated: Bool { table.pointee.label == PROTOBUF_C_LABEL_REPEATED }

  /// The float that the schema names for where the field is missing; nil if it names none.
  package var defaultFloat: Float? {
    guard table.pointee.type == PROTOBUF_C_TYPE_FLOAT else { return nil }
    return table.pointee.default_value?.load(as: Float.self)
  }

  /// The 32-bit integer, enumerated value or truth that the schema names for where the field is
  /// missing; nil if it names none.
  package var defaultInteger: Int? {
    switch table.pointee.type {
    case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_BOOL, PROTOBUF_C_TYPE_ENUM:
      table.pointee.default_value.map { Int($0.load(as: Int32.self)) }
    case PROTOBUF_C_TYPE_UINT32:
      table.pointee.default_value.map { Int($0.load(as: UInt32.self)) }
    default: nil  // No integer, or one of 64 bits, of which no field has a default.
    }
  }

  /// Whether the field is an enumeration that has a value of this name; true for other fields.
  package func hasValue(named name: String) -> Bool {
    guard case .enumeration(let enumeration) = kind else { return true }
    return enumeration.value(named: name) != nil
  }

  /// What values the field holds.
  package var kind: Kind {
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
    default: preconditionFailure("the schema has a field type that no reader handles: \(name)")
    }
  }
}

/// An enumeration of the schema.
package struct EnumerationSchema {
  private let table: UnsafePointer<ProtobufCEnumDescriptor>

  fileprivate init(_ table: UnsafePointer<ProtobufCEnumDescriptor>) { self.table = table }

  /// The number of a name; nil if there is none.
  package func value(named name: String) -> Int32? {
    protobuf_c_enum_descriptor_get_value_by_name(table, name)?.pointee.value
  }

  /// The name of a number; nil if there is none.
  package func name(of value: Int32) -> String? {
    protobuf_c_enum_descriptor_get_value(table, value).map { String(cString: $0.pointee.name) }
  }
}

extension FieldSchema {
  /// Whether a value has a wire type that the field can have.
  package func accepts(_ value: WireField.Value) -> Bool {
    switch (kind, value) {
    case (.int32, .varint), (.int64, .varint), (.uint32, .varint), (.bool, .varint),
      (.enumeration, .varint), (.float, .fixed32), (.double, .fixed64), (.text, .lengthPrefixed),
      (.bytes, .lengthPrefixed), (.message, .lengthPrefixed):
      true
    case (_, .lengthPrefixed): isRepeated  // packed
    case (_, .varint), (_, .fixed32), (_, .fixed64): false
    }
  }
}
