package import Files
package import TensorCore

/// Reads protobuf's text format by the tables of a schema and encodes what it reads.
///
/// The encoding then goes the way of a binary file, so that both have one decoder. Fields that the
/// schema does not know are skipped and remembered: a caller must refuse or report them.
package struct TextFormatParser {
  /// A field that the schema does not have.
  package struct UnknownField {
    /// The field, or `field: value` for a value that an enumeration does not have.
    package let name: String
    /// The type of the message it stands in.
    package let message: String
    /// Where it stands.
    package let place: FormatError.Location
    /// The number of its section, from 0; −1 outside of all.
    package let section: Int
  }

  /// What a schema does not say of its texts.
  package struct Rules {
    /// The repeated fields of the whole message that are counted as sections, for unknown fields.
    package var sections: Set<String> = []
    /// Why sections of two names are in no message; nil: they may be.
    package var mixtureReason: String?
    /// Enumerations whose unknown values are treated as unknown fields.
    package var openEnumerations: Set<String> = []

    /// Rules.
    package init(
      sections: Set<String> = [], mixtureReason: String? = nil, openEnumerations: Set<String> = []
    ) {
      self.sections = sections
      self.mixtureReason = mixtureReason
      self.openEnumerations = openEnumerations
    }
  }

  private struct Unknown {
    let name: String
    let message: String
    let offset: Int
    let section: Int
  }

  /// As many levels as protobuf's own parsers accept.
  package static let depthLimit = 100
  /// More than any dialect adds to the largest definition; each takes ten times its text.
  package static let unknownFieldLimit = 100_000
  /// Nine times the layers of a ResNet-1202; more are refused before anything is made of them.
  package static let sectionLimit = 50_000
  /// Seven times what those layers say with all that training adds.
  package static let valueLimit = 500_000

  package var lexer: TextFormatLexer
  package var token: TextFormatLexer.Token = .end
  package var offset = 0
  private let rules: Rules
  private var unknown: [Unknown] = []
  /// How many sections have begun.
  private var sectionCount = 0
  /// How many values of known fields were read, messages among them.
  private var valueCount = 0

  /// A parser at the first token.
  package init(_ text: Bytes, rules: Rules) throws(FormatError) {
    self.rules = rules
    lexer = try TextFormatLexer(text)
    try advance()
  }

  /// Reads the whole text as one message.
  ///
  /// - Throws: `FormatError` with line and column.
  package mutating func message(_ schema: MessageSchema) throws(FormatError) -> [UInt8] {
    try fields(of: schema, depth: 1, until: nil)
  }

  package mutating func advance() throws(FormatError) {
    (token, offset) = try lexer.next()
  }

  package func error(_ reason: String) -> FormatError { lexer.error(at: offset, reason) }

  /// Skips a symbol if it is next.
  package mutating func skip(_ symbol: Unicode.Scalar) throws(FormatError) -> Bool {
    guard token == .symbol(ascii(symbol)) else { return false }
    try advance()
    return true
  }

  /// The fields up to a closing symbol, or to the end of the text.
  private mutating func fields(
    of schema: MessageSchema, depth: Int, until close: UInt8?
  ) throws(FormatError) -> [UInt8] {
    let start = offset
    var writer = WireWriter()
    var found: Set<UInt32> = []
    while token != (close.map { .symbol($0) } ?? .end) {
      try field(of: schema, depth: depth, to: &writer, found: &found)
    }
    if let missing = schema.missingField(in: found) {
      throw lexer.error(at: start, "expected \(missing.name) in \(schema.name), found none")
    }
    if close != nil { try advance() }
    return writer.bytes
  }

  private mutating func field(
    of schema: MessageSchema, depth: Int, to writer: inout WireWriter, found: inout Set<UInt32>
  ) throws(FormatError) {
    let start = offset
    guard let name = try fieldName() else {
      throw error("expected a field of \(schema.name), found \(token.description)")
    }
    guard let field = schema.field(named: name) else {
      guard unknown.count < TextFormatParser.unknownFieldLimit else {
        throw lexer.error(
          at: start,
          "expected at most \(TextFormatParser.unknownFieldLimit) fields unknown to the schema, "
            + "found more")
      }
      noteUnknown(name, of: schema, depth: depth, at: start)
      try skipValue(of: name, depth: depth)
      return try skipSeparator()
    }
    if depth == 1, rules.sections.contains(name) {
      try refuseMixture(name, found, of: schema, at: start)
      sectionCount += 1
      guard sectionCount <= TextFormatParser.sectionLimit else {
        throw lexer.error(
          at: start,
          "expected \(name) at most \(TextFormatParser.sectionLimit) times, found it again")
      }
    }
    if !found.insert(field.number).inserted, !field.isRepeated {
      throw lexer.error(at: start, "expected \(name) once in \(schema.name), found it again")
    }
    let hasColon = try skip(":")
    if case .message = field.kind {
    } else if !hasColon {
      throw error("expected : after \(name), found \(token.description)")
    }
    if field.isRepeated, try skip("[") {
      if try !skip("]") {
        repeat {
          try value(of: field, in: schema, depth: depth, to: &writer)
        } while try skip(",")
        guard try skip("]") else {
          throw error("expected , or ] in the list of \(name), found \(token.description)")
        }
      }
    } else {
      try value(of: field, in: schema, depth: depth, to: &writer)
    }
    try skipSeparator()
  }

  private mutating func value(
    of field: FieldSchema, in owner: MessageSchema, depth: Int, to writer: inout WireWriter
  ) throws(FormatError) {
    valueCount += 1
    guard valueCount <= TextFormatParser.valueLimit else {
      throw error("expected at most \(TextFormatParser.valueLimit) values, found more")
    }
    guard case .message(let schema) = field.kind else {
      if rules.openEnumerations.contains(field.name), case .word(let word) = token,
        !field.hasValue(named: word)
      {
        noteUnknown("\(field.name): \(word)", of: owner, depth: depth, at: offset)
        return try advance()
      }
      return try scalar(of: field, to: &writer)
    }
    guard let close = try openMessage() else {
      throw error("expected { after \(field.name), found \(token.description)")
    }
    try checkDepth(depth + 1)
    writer.field(field.number, bytes: try fields(of: schema, depth: depth + 1, until: close))
  }

  /// A field's name, also of an extension in brackets; nil if something else is next.
  private mutating func fieldName() throws(FormatError) -> String? {
    if case .word(let name) = token {
      try advance()
      return name
    }
    guard try skip("[") else { return nil }
    var name = "["
    while token != .symbol(ascii("]")) {
      switch token {
      case .word(let part): name += part
      case .symbol(ascii(".")): name += "."
      case .symbol(ascii("/")): name += "/"
      case .symbol, .integer, .decimal, .text, .end:
        throw error("expected ] after the name of an extension, found \(token.description)")
      }
      try advance()
    }
    try advance()
    return name + "]"
  }

  /// Skips `{` or `<`; returns the symbol that will close the message.
  private mutating func openMessage() throws(FormatError) -> UInt8? {
    if try skip("{") { return ascii("}") }
    if try skip("<") { return ascii(">") }
    return nil
  }

  private mutating func skipSeparator() throws(FormatError) {
    if try !skip(",") { _ = try skip(";") }
  }

  private func checkDepth(_ depth: Int) throws(FormatError) {
    guard depth <= TextFormatParser.depthLimit else {
      throw error("expected at most \(TextFormatParser.depthLimit) nested messages, found more")
    }
  }
}

// Fields that the schema does not have.
extension TextFormatParser {
  /// All of them, in the order of the text.
  package var unknownFields: [UnknownField] {
    zip(unknown, lexer.locations(of: unknown.map(\.offset))).map { unknown, place in
      UnknownField(
        name: unknown.name, message: unknown.message, place: place, section: unknown.section)
    }
  }

  private mutating func noteUnknown(
    _ name: String, of schema: MessageSchema, depth: Int, at offset: Int
  ) {
    unknown.append(
      Unknown(
        name: name, message: schema.name, offset: offset,
        section: depth == 1 ? -1 : sectionCount - 1))
  }

  /// Refuses sections of two names in one message, before what is in them can be.
  private func refuseMixture(
    _ name: String, _ found: Set<UInt32>, of schema: MessageSchema, at start: Int
  ) throws(FormatError) {
    guard let reason = rules.mixtureReason else { return }
    let others = rules.sections.filter { other in
      other != name && schema.field(named: other).map { found.contains($0.number) } == true
    }
    guard let other = others.min() else { return }
    throw lexer.error(at: start, "expected \(other) as before, found \(name): \(reason)")
  }

  /// Skips what follows the name of an unknown field.
  private mutating func skipValue(of name: String, depth: Int) throws(FormatError) {
    let hasColon = try skip(":")
    if token == .symbol(ascii("{")) || token == .symbol(ascii("<")) {
      return try skipMessage(depth: depth + 1)
    }
    guard hasColon else {
      throw error("expected : or { after \(quoted(name)), found \(token.description)")
    }
    guard try skip("[") else { return try skipScalar() }
    if try skip("]") { return }
    repeat {
      if token == .symbol(ascii("{")) || token == .symbol(ascii("<")) {
        try skipMessage(depth: depth + 1)
      } else {
        try skipScalar()
      }
    } while try skip(",")
    guard try skip("]") else {
      throw error("expected , or ] in a list, found \(token.description)")
    }
  }

  private mutating func skipMessage(depth: Int) throws(FormatError) {
    try checkDepth(depth)
    guard let close = try openMessage() else { return }
    while token != .symbol(close) {
      guard let name = try fieldName() else {
        throw error("expected a field, found \(token.description)")
      }
      try skipValue(of: name, depth: depth)
      try skipSeparator()
    }
    try advance()
  }

  private mutating func skipScalar() throws(FormatError) {
    if case .text = token {
      while case .text = token { try advance() }
      return
    }
    _ = try skip("-")
    switch token {
    case .word, .integer, .decimal: try advance()
    case .symbol, .text, .end: throw error("expected a value, found \(token.description)")
    }
  }
}
