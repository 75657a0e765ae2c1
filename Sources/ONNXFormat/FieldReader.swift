internal import Files
internal import Protobuf

/// Reads the fields of one message by the names that the schema gives them.
struct FieldReader {
  private(set) var wire: WireReader
  /// Names of fields by number; those of one message type, looked up once.
  private let names: FieldNames
  /// Fields that the schema does not have.
  private(set) var unknown: [String] = []

  init(_ wire: WireReader, _ names: FieldNames) {
    self.wire = wire
    self.names = names
  }

  /// The next field that the schema has; nil at the end of the message.
  ///
  /// - Throws: `FormatError` for a field of another wire type than the schema's.
  mutating func next(in span: RawSpan) throws(FormatError) -> (name: String, field: WireField)? {
    while let field = try wire.next(in: span) {
      guard let schema = names.fields[field.number] else {
        unknown.append("field \(field.number) of \(names.message)")
        guard unknown.count < 100 else {
          throw FormatError(
            at: .byte(field.offset),
            "expected fields of \(names.message), found \(unknown.count) that it does not have")
        }
        continue
      }
      guard schema.field.accepts(field.value) else {
        throw FormatError(
          at: .byte(field.offset),
          "expected \(schema.name) of \(names.message), found another wire type")
      }
      return (schema.name, field)
    }
    return nil
  }
}

/// The fields of a message type by their numbers.
struct FieldNames {
  let message: String
  let fields: [UInt32: (name: String, field: FieldSchema)]

  /// - Parameter limit: the largest number that is looked for.
  init(_ schema: MessageSchema, limit: UInt32 = 32) {
    message = schema.name
    var fields: [UInt32: (name: String, field: FieldSchema)] = [:]
    for number in 1...limit {
      if let field = schema.field(numbered: number) { fields[number] = (field.name, field) }
    }
    self.fields = fields
  }
}
