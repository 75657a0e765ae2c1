import Files
import JSON
import TensorCore

@testable import CaffeFormat
@testable import Protobuf

/// A caffemodel in protobuf's text format, tensors included.
func caffeText(_ bytes: Bytes) throws(FormatError) -> String {
  try bytes.withSpan { (span: RawSpan) throws(FormatError) in
    try caffeText(WireReader(0..<span.byteCount), as: .net, in: span)
  }
}

private func caffeText(
  _ reader: WireReader, as schema: MessageSchema, in span: RawSpan
) throws(FormatError) -> String {
  var reader = reader
  var text = ""
  while let field = try reader.next(in: span) {
    guard let known = schema.field(numbered: field.number) else { continue }
    switch (known.kind, field.value) {
    case (.message(let inner), .lengthPrefixed(let range)):
      text += known.name + " {\n"
      text += try caffeText(try reader.message(in: range), as: inner, in: span) + "}\n"
    case (.text, .lengthPrefixed(let range)):
      let content = String(decoding: span.bytes(range), as: UTF8.self)
      text += "\(known.name): \(JSON.string(content).text())\n"
    case (.float, .lengthPrefixed(let range)):
      let values = stride(from: range.lowerBound, to: range.upperBound, by: 4).map {
        "\(Float(bitPattern: span.unsafeLoadUnaligned(fromByteOffset: $0, as: UInt32.self)))"
      }
      text += "\(known.name): [\(values.joined(separator: ","))]\n"
    case (.double, .lengthPrefixed(let range)):
      let values = stride(from: range.lowerBound, to: range.upperBound, by: 8).map {
        "\(Double(bitPattern: span.unsafeLoadUnaligned(fromByteOffset: $0, as: UInt64.self)))"
      }
      text += "\(known.name): [\(values.joined(separator: ","))]\n"
    case (_, .lengthPrefixed(let range)):
      var packed = WireReader(range)
      while packed.position < packed.end {
        text += "\(known.name): \(Int64(bitPattern: try packed.varint(in: span)))\n"
      }
    case (_, .varint(let value)):
      text += "\(known.name): \(Int64(bitPattern: value))\n"
    case (_, .fixed32(let range)):
      let bits = span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self)
      text += "\(known.name): \(Float(bitPattern: bits))\n"
    case (_, .fixed64(let range)):
      let bits = span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)
      text += "\(known.name): \(Double(bitPattern: bits))\n"
    }
  }
  return text
}
