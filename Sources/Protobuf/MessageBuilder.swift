/// A message on its way to a file, its fields named as in the schema.
///
/// Fields may be added in any order; they are written in that of their numbers, as protobuf does.
package struct MessageBuilder {
  private let schema: MessageSchema
  private var fields: [(number: UInt32, bytes: [UInt8])] = []

  /// A message without fields.
  package init(_ schema: MessageSchema) { self.schema = schema }

  /// Whether it has no fields.
  package var isEmpty: Bool { fields.isEmpty }

  /// The fields of some numbers, encoded.
  package func bytes(of numbers: ClosedRange<UInt32> = 1...UInt32.max) -> [UInt8] {
    // The order of equal numbers stays: it is that of a repeated field's elements.
    fields.enumerated().filter { numbers.contains($1.number) }
      .sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }
      .flatMap(\.element.bytes)
  }
}

extension MessageBuilder {
  /// Adds a text.
  package mutating func add(_ name: String, _ text: String) {
    add(name) { $0.field($1, bytes: text.utf8) }
  }

  /// Adds an integer.
  package mutating func add(_ name: String, _ integer: Int) {
    add(name) { $0.field($1, varint: UInt64(bitPattern: Int64(integer))) }
  }

  /// Adds a float.
  package mutating func add(_ name: String, _ number: Float) {
    add(name) { $0.field($1, fixed32: number.bitPattern) }
  }

  /// Adds a truth.
  package mutating func add(_ name: String, _ flag: Bool) { add(name, flag ? 1 : 0) }

  /// Adds a value of an enumeration.
  package mutating func add(_ name: String, named value: String) {
    add(name, number(of: value, in: name))
  }

  /// Adds an integer other than the one the schema names for where there is none.
  package mutating func addUnlessDefault(_ name: String, _ integer: Int) {
    if integer != field(name).defaultInteger { add(name, integer) }
  }

  /// Adds a float other than the one the schema names for where there is none.
  package mutating func addUnlessDefault(_ name: String, _ number: Float) {
    if number.bitPattern != field(name).defaultFloat?.bitPattern { add(name, number) }
  }

  /// Adds a truth other than the one the schema names for where there is none.
  package mutating func addUnlessDefault(_ name: String, _ flag: Bool) {
    addUnlessDefault(name, flag ? 1 : 0)
  }

  /// Adds a message that `build` fills.
  package mutating func add(_ name: String, _ build: (inout MessageBuilder) -> Void) {
    var message = empty(name)
    build(&message)
    add(name, message)
  }

  /// Adds a message.
  package mutating func add(_ name: String, _ message: MessageBuilder) {
    add(name) { $0.field($1, bytes: message.bytes()) }
  }

  /// A message of a field's type without fields.
  package func empty(_ name: String) -> MessageBuilder {
    guard case .message(let inner) = field(name).kind else {
      preconditionFailure("\(name) of \(schema.name) is no message")
    }
    return MessageBuilder(inner)
  }

  private func field(_ name: String) -> FieldSchema {
    guard let field = schema.field(named: name) else {
      preconditionFailure("\(schema.name) has no field \(name)")
    }
    return field
  }

  private func number(of value: String, in name: String) -> Int {
    guard case .enumeration(let enumeration) = field(name).kind,
      let number = enumeration.value(named: value)
    else { preconditionFailure("\(name) of \(schema.name) has no value \(value)") }
    return Int(number)
  }

  /// Adds what `encode` writes under a field's number.
  package mutating func add(_ name: String, _ encode: (inout WireWriter, UInt32) -> Void) {
    let number = field(name).number
    var writer = WireWriter()
    encode(&writer, number)
    fields.append((number, writer.bytes))
  }
}
