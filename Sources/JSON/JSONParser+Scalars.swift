internal import Files

extension JSONParser {
  /// The value of digits; nil if it takes more than 64 bits.
  static func integer(_ digits: UnsafeBufferPointer<UInt8>) -> Int? {
    let isNegative = digits.first == UInt8(ascii: "-")
    var value = 0
    for byte in digits.dropFirst(isNegative ? 1 : 0) {
      let digit = Int(byte &- UInt8(ascii: "0"))
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) =
        isNegative
        ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  /// The nearest Double; nil if there is none but infinity.
  static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    Double(String(decoding: text, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
  }

  /// The bytes of a string with its escapes replaced; they may still not be UTF-8.
  ///
  /// - Throws: `FormatError` with the byte offset of a wrong escape.
  static func unescape(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) throws(FormatError)
    -> [UInt8]
  {
    var content: [UInt8] = []
    var position = range.lowerBound
    while position < range.upperBound {
      if bytes[position] == UInt8(ascii: "\\") {
        content += try unescapeOne(bytes, &position)
      } else {
        content.append(bytes[position])
        position += 1
      }
    }
    return content
  }

  /// What one escape stands for; `position` moves from its backslash past its end.
  ///
  /// A quote follows every string, so there is always a byte behind the backslash.
  private static func unescapeOne(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int
  ) throws(FormatError) -> [UInt8] {
    let start = position
    let letter = bytes[position + 1]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      position += 2
      return [letter]
    case UInt8(ascii: "u"): break
    default:
      let letters: KeyValuePairs<UInt8, UInt8> = [
        UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13,
        UInt8(ascii: "t"): 9,
      ]
      guard let found = letters.first(where: { $0.key == letter }) else {
        throw unexpected("an escape", bytes, position + 1)
      }
      position += 2
      return [found.value]
    }
    var code = try hexadecimal(bytes, &position)
    // A code point past 2^16 is written as two surrogates: high, then low.
    if code & 0xfc00 == 0xd800, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      let low = try hexadecimal(bytes, &position)
      guard low & 0xfc00 == 0xdc00 else {
        throw FormatError(at: .byte(start), "a surrogate stands alone")
      }
      code = 0x1_0000 + (code & 0x3ff) << 10 + low & 0x3ff
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw FormatError(at: .byte(start), "a surrogate stands alone")
    }
    return Array(String(Character(scalar)).utf8)
  }

  /// The four digits of an escape; `position` moves from its backslash past its end.
  private static func hexadecimal(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int
  ) throws(FormatError) -> UInt32 {
    var code: UInt32 = 0
    position += 2
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw unexpected("4 hexadecimal digits", bytes, position) }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// An error about the byte at `position`.
  static func unexpected(_ expected: String, _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int)
    -> FormatError
  {
    var found = "the end"
    if position < bytes.count {
      let byte = bytes[position]
      found =
        0x20..<0x7f ~= byte
        ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
    }
    return FormatError(at: .byte(position), "expected \(expected), found \(found)")
  }
}
