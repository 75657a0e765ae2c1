package import Files

extension TextFormatParser {
  /// Reads a number, a word or a text as the field wants it, and encodes it.
  package mutating func scalar(
    of field: FieldSchema, to writer: inout WireWriter
  ) throws(FormatError) {
    switch field.kind {
    case .int32:
      let value = try integer(of: field, in: Int64(Int32.min)...Int64(Int32.max))
      writer.field(field.number, varint: UInt64(bitPattern: value))
    case .int64:
      let value = try integer(of: field, in: Int64.min...Int64.max)
      writer.field(field.number, varint: UInt64(bitPattern: value))
    case .uint32:
      let value = try integer(of: field, in: 0...Int64(UInt32.max))
      writer.field(field.number, varint: UInt64(bitPattern: value))
    case .float:
      // By way of Double, as protobuf's parser does: rounding twice can differ in the last bit.
      let double = try number(of: field)
      let value = Float(double)
      guard value.isFinite || !double.isFinite else { throw outOfRange("a float", field) }
      try advance()
      writer.field(field.number, fixed32: value.bitPattern)
    case .double:
      let value = try number(of: field)
      try advance()
      writer.field(field.number, fixed64: value.bitPattern)
    case .bool:
      writer.field(field.number, varint: try boolean(of: field) ? 1 : 0)
    case .text, .bytes:
      writer.field(field.number, bytes: try text(of: field))
    case .enumeration(let enumeration):
      let value = try enumerated(enumeration, of: field)
      writer.field(field.number, varint: UInt64(bitPattern: Int64(value)))
    case .message:
      preconditionFailure("a message is no scalar")
    }
  }

  /// An integer in base 10, 16 or 8 with an optional sign.
  private mutating func integer(
    of field: FieldSchema, in range: ClosedRange<Int64>
  ) throws(FormatError) -> Int64 {
    let start = offset
    let isNegative = try skip("-")
    guard case .integer(let digits) = token else {
      throw error("expected an integer for \(field.name), found \(token.description)")
    }
    let (text, radix) =
      if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
        (digits.dropFirst(2), 16)
      } else if digits.hasPrefix("0"), digits.count > 1 {
        (digits.dropFirst(), 8)
      } else {
        (digits[...], 10)
      }
    guard let value = Int64((isNegative ? "-" : "") + text, radix: radix), range.contains(value)
    else {
      let found = (isNegative ? "-" : "") + digits.prefix(30)
      throw lexer.error(
        at: start,
        "expected \(range.lowerBound) to \(range.upperBound) for \(field.name), found \(found)")
    }
    try advance()
    return value
  }

  /// A number in base 10, `inf` or `nan`, with an optional sign; stays on the last token of it.
  private mutating func number(of field: FieldSchema) throws(FormatError) -> Double {
    let sign: Double = try skip("-") ? -1 : 1
    switch token {
    case .integer(let digits):
      guard digits == "0" || !digits.hasPrefix("0"), let value = Double(digits) else {
        throw error("expected a number in base 10 for \(field.name), found \(digits.prefix(30))")
      }
      guard value.isFinite else { throw outOfRange("a number", field) }
      return sign * value
    case .decimal(let digits):
      // Swift reads no number that ends in a point or begins with one.
      let padded = digits.replacingPoint()
      guard let value = Double(padded), value.isFinite else { throw outOfRange("a number", field) }
      return sign * value
    case .word(let word):
      switch word.lowercased() {
      case "inf", "infinity": return sign * .infinity
      case "nan": return .nan
      default: break
      }
    case .text, .symbol, .end: break
    }
    throw error("expected a number for \(field.name), found \(token.description)")
  }

  private mutating func boolean(of field: FieldSchema) throws(FormatError) -> Bool {
    let value: Bool
    switch token {
    case .word("true"), .word("True"), .word("t"), .integer("1"): value = true
    case .word("false"), .word("False"), .word("f"), .integer("0"): value = false
    case .word, .integer, .decimal, .text, .symbol, .end:
      throw error("expected true or false for \(field.name), found \(token.description)")
    }
    try advance()
    return value
  }

  /// One text, or several that stand one after another.
  private mutating func text(of field: FieldSchema) throws(FormatError) -> [UInt8] {
    let start = offset
    var text: [UInt8] = []
    guard case .text = token else {
      throw error("expected a text in quotes for \(field.name), found \(token.description)")
    }
    while case .text(let part) = token {
      text += part
      try advance()
    }
    if case .bytes = field.kind { return text }
    guard isText(text) else {
      throw lexer.error(at: start, "expected UTF-8 text without zero bytes for \(field.name)")
    }
    return text
  }

  private mutating func enumerated(
    _ enumeration: EnumerationSchema, of field: FieldSchema
  ) throws(FormatError) -> Int32 {
    let start = offset
    if case .word(let name) = token {
      guard let value = enumeration.value(named: name) else {
        throw error("expected a value of \(field.name), found \(token.description)")
      }
      try advance()
      return value
    }
    let value = Int32(try integer(of: field, in: Int64(Int32.min)...Int64(Int32.max)))  // in range
    guard enumeration.name(of: value) != nil else {
      throw lexer.error(at: start, "expected a value of \(field.name), found \(value)")
    }
    return value
  }

  private func outOfRange(_ type: String, _ field: FieldSchema) -> FormatError {
    error("expected \(type) for \(field.name), found one that is too large")
  }
}

extension TextFormatLexer.Token {
  /// The token for a message.
  package var description: String {
    switch self {
    case .word(let word): quoted(word)
    case .integer(let digits), .decimal(let digits): String(digits.prefix(30))
    case .text: "a text in quotes"
    case .symbol(let byte):
      byte < 0x80 ? quoted(String(Unicode.Scalar(byte))) : "a character beyond ASCII"
    case .end: "the end of the file"
    }
  }
}

extension String {
  /// `.5`, `5.` and `5.e1` with a zero on both sides of the point.
  fileprivate func replacingPoint() -> String {
    guard let point = firstIndex(of: ".") else { return self }
    let next = index(after: point)
    let head = point == startIndex ? "0" : String(self[..<point])
    let hasDigit = next < endIndex && self[next].isNumber
    return head + "." + (hasDigit ? "" : "0") + self[next...]
  }
}
