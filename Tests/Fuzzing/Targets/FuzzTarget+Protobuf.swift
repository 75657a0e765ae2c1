import Files
import TensorCore

@testable import CaffeFormat
@testable import Protobuf

extension FuzzTarget {
  /// The wire format, walked into every field that may be a message; or, behind a zero byte, a text.
  static func readProtobuf(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let (wire, text) = bytes.splitAtZero
    guard bytes.withUnsafeBytes({ $0.first }) == 0, let text else {
      return try accepted { () throws(FormatError) in
        try bytes.withSpan { (span) throws(FormatError) in
          try walk(WireReader(0..<bytes.count), in: span)
        }
      } != nil && wire.count > 0
    }
    let encoded = try accepted { () throws(FormatError) in
      var parser = try TextFormatParser(text, rules: CaffeNet.textRules)
      return try parser.message(.net)
    }
    guard let encoded, !encoded.isEmpty else { return false }
    let again = try accepted { () throws(FormatError) in
      let written = try TextFormatWriter.text(of: encoded, as: .net)
      var parser = try TextFormatParser(Bytes(Array(written.utf8)), rules: CaffeNet.textRules)
      return try parser.message(.net)
    }
    try require(again == nil || again == encoded, "a message is the same once it was a text")
    return true
  }

  private static func walk(_ reader: WireReader, in span: RawSpan) throws(FormatError) {
    var reader = reader
    var end = reader.position
    while let field = try reader.next(in: span) {
      precondition(field.offset >= end, "fields do not overlap")
      end = field.offset
      guard case .lengthPrefixed(let range) = field.value, range.count > 1, reader.depth < 8,
        let inner = try? reader.message(in: range)
      else { continue }
      try? walk(inner, in: span)
    }
  }
}
