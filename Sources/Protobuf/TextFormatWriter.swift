package import Files
internal import TensorCore

/// Prints an encoded message in protobuf's text format: what `TextFormatParser` reads, the other
/// way round.
///
/// One field a line, two spaces for each level, fields in the order of the encoding: the layout of
/// the definitions that Caffe's own tools write.
package struct TextFormatWriter {
  private var text = ""

  private init() {}

  /// The text of a message.
  ///
  /// - Throws: `FormatError` for an encoding that is not one of this message.
  package static func text(of message: [UInt8], as schema: MessageSchema) throws(FormatError)
    -> String
  {
    var writer = TextFormatWriter()
    try Bytes(message).withSpan { (span: RawSpan) throws(FormatError) in
      try writer.add(WireReader(0..<span.byteCount), as: schema, in: span)
    }
    return writer.text
  }

  private mutating func add(
    _ reader: WireReader, as schema: MessageSchema, in span: RawSpan
  ) throws(FormatError) {
    var reader = reader
    let indentation = String(repeating: "  ", count: reader.depth - 1)
    while let field = try reader.next(in: span) {
      guard let known = schema.field(numbered: field.number) else {
        throw FormatError(
          at: .byte(field.offset),
          "expected a field of \(schema.name), found field \(field.number)")
      }
      if case (.message(let inner), .lengthPrefixed(let range)) = (known.kind, field.value) {
        text += "\(indentation)\(known.name) {\n"
        try add(try reader.message(in: range), as: inner, in: span)
        text += "\(indentation)}\n"
        continue
      }
      for value in try values(of: known, field, in: span) {
        text += "\(indentation)\(known.name): \(value)\n"
      }
    }
  }

  /// What a field that is no message holds: one value, or all of a packed run.
  private func values(
    of known: FieldSchema, _ field: WireField, in span: RawSpan
  ) throws(FormatError) -> [String] {
    switch (known.kind, field.value) {
    case (.float, .fixed32(let range)): return [decimal(of: span.float(at: range.lowerBound))]
    case (.double, .fixed64(let range)): return [decimal(of: span.double(at: range.lowerBound))]
    case (.text, .lengthPrefixed(let range)), (.bytes, .lengthPrefixed(let range)):
      return [literal(of: span.bytes(range))]
    case (.float, .lengthPrefixed(let range)) where range.count % 4 == 0:
      return stride(from: range.lowerBound, to: range.upperBound, by: 4)
        .map { decimal(of: span.float(at: $0)) }
    case (.double, .lengthPrefixed(let range)) where range.count % 8 == 0:
      return stride(from: range.lowerBound, to: range.upperBound, by: 8)
        .map { decimal(of: span.double(at: $0)) }
    case (_, .varint(let value)): return [try word(for: value, of: known, field)]
    case (_, .lengthPrefixed(let range)):
      var packed = WireReader(range)
      var words: [String] = []
      while packed.position < packed.end {
        words.append(try word(for: try packed.varint(in: span), of: known, field))
      }
      return words
    case (_, .fixed32), (_, .fixed64): throw wrongType(known, field)
    }
  }

  /// An integer, a truth or the name of an enumerated value.
  private func word(
    for value: UInt64, of known: FieldSchema, _ field: WireField
  ) throws(FormatError) -> String {
    switch known.kind {
    case .int32, .int64: return "\(Int64(bitPattern: value))"
    case .uint32: return "\(value)"
    case .bool: return value == 0 ? "false" : "true"
    case .enumeration(let enumeration):
      let number = Int32(truncatingIfNeeded: value)
      return enumeration.name(of: number) ?? "\(number)"
    case .float, .double, .text, .bytes, .message: throw wrongType(known, field)
    }
  }

  private func wrongType(_ known: FieldSchema, _ field: WireField) -> FormatError {
    FormatError(
      at: .byte(field.offset), "expected a value of \(known.name), found one of another type")
  }
}

extension RawSpan {
  fileprivate func float(at offset: Int) -> Float {
    Float(
      bitPattern: UInt32(
        littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  fileprivate func double(at offset: Int) -> Double {
    Double(
      bitPattern: UInt64(
        littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)))
  }
}

/// The shortest decimal that is read as this very float: `0.1`, `1e-05`, `2`.
package func decimal(of value: Float) -> String {
  guard value.isFinite else { return decimal(of: Double(value)) }
  // Readers go by way of Double and round twice: then the shortest may be one digit too short.
  let shortest = value.description
  let isExact = Double(shortest).map { Float($0) == value } ?? false
  return isExact ? trimmed(shortest) : decimal(of: Double(value))
}

/// The shortest decimal that is read as this very number.
package func decimal(of value: Double) -> String {
  value.isNaN ? "nan" : trimmed(value.description)
}

/// Swift writes `2.0` where Caffe's users write `2`.
private func trimmed(_ decimal: String) -> String {
  decimal.hasSuffix(".0") ? String(decimal.dropLast(2)) : decimal
}

/// A text between quotes. What is not ASCII stays as it is, for people to read.
private func literal(of text: [UInt8]) -> String {
  var escaped: [UInt8] = []
  for byte in text {
    switch byte {
    case ascii("\""), ascii("\\"): escaped += [ascii("\\"), byte]
    case ascii("\n"): escaped += [ascii("\\"), ascii("n")]
    case ascii("\r"): escaped += [ascii("\\"), ascii("r")]
    case ascii("\t"): escaped += [ascii("\\"), ascii("t")]
    case 0..<0x20, 0x7f:
      // Three octal digits: the character behind may be a digit too.
      escaped.append(ascii("\\"))
      for shift in [6, 3, 0] { escaped.append(ascii("0") + (byte >> UInt8(shift)) & 7) }
    default: escaped.append(byte)
    }
  }
  return "\"\(String(decoding: escaped, as: UTF8.self))\""
}
