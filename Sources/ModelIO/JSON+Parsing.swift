public import TensorCore

extension JSON {
  /// Parses one JSON text (RFC 8259), stricter than the standard: UTF-8 without a byte order mark,
  /// no member twice in an object, at most 64 levels, integers of 64 bits, finite numbers.
  ///
  /// - Throws: `FormatError` with the byte offset in `bytes`.
  public init(parsing bytes: Bytes) throws(FormatError) {
    var parser = JSONParser(bytes: bytes.array)
    self = try parser.parseText()
  }
}

/// Recursive descent over a copy of the text: array accesses are checked, also in release builds.
private struct JSONParser {
  static let deepestLevel = 64

  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func parseText() throws(FormatError) -> JSON {
    let value = try parseValue(level: 0)
    skipSpace()
    guard position == bytes.count else { throw unexpected("the end of the text") }
    return value
  }

  private mutating func parseValue(level: Int) throws(FormatError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw unexpected("a value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object(try parseObject(level: level + 1))
    case UInt8(ascii: "["): return .array(try parseArray(level: level + 1))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func parseObject(level: Int) throws(FormatError) -> [JSON.Member] {
    try enter(level)
    var members: [JSON.Member] = []
    if skip(UInt8(ascii: "}")) { return members }
    members.reserveCapacity(6)
    var names = NameSet()
    repeat {
      skipSpace()
      let start = position
      guard peek(UInt8(ascii: "\"")) else { throw unexpected("a member name") }
      let name = try parseString()
      guard names.insert(name, members) else {
        throw FormatError(at: .byte(start), "the member \(Self.quoted(name)) appears twice")
      }
      guard skip(UInt8(ascii: ":")) else { throw unexpected("':'") }
      members.append(JSON.Member(name, try parseValue(level: level)))
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "}")) else { throw unexpected("',' or '}'") }
    return members
  }

  private mutating func parseArray(level: Int) throws(FormatError) -> [JSON] {
    try enter(level)
    var values: [JSON] = []
    if skip(UInt8(ascii: "]")) { return values }
    values.reserveCapacity(4)
    repeat {
      values.append(try parseValue(level: level))
    } while skip(UInt8(ascii: ","))
    guard skip(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
    return values
  }

  private mutating func parseNumber() throws(FormatError) -> JSON {
    let start = position
    let isNegative = peek(UInt8(ascii: "-"))
    if isNegative { position += 1 }
    let leadingZero = peek(UInt8(ascii: "0"))
    let digits = skipDigits()
    guard digits > 0 else { throw unexpected("a digit") }
    guard !leadingZero || digits == 1 else {
      throw FormatError(at: .byte(start), "a number begins with a superfluous 0")
    }
    var isInteger = true
    if peek(UInt8(ascii: ".")) {
      isInteger = false
      position += 1
      guard skipDigits() > 0 else { throw unexpected("a digit") }
    }
    if peek(UInt8(ascii: "e")) || peek(UInt8(ascii: "E")) {
      isInteger = false
      position += 1
      if peek(UInt8(ascii: "+")) || peek(UInt8(ascii: "-")) { position += 1 }
      guard skipDigits() > 0 else { throw unexpected("a digit") }
    }
    // An integer has no negative zero.
    if isInteger, !(isNegative && leadingZero) { return try integer(from: start, isNegative) }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw FormatError(at: .byte(start), "the number \(text.prefix(32)) is too large")
    }
    return .double(value)
  }

  private func integer(from start: Int, _ isNegative: Bool) throws(FormatError) -> JSON {
    var value: Int = 0
    for byte in bytes[(isNegative ? start + 1 : start)..<position] {
      let digit = Int(byte - UInt8(ascii: "0"))
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) =
        isNegative
        ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
      guard !overflow, !carry else {
        throw FormatError(at: .byte(start), "an integer of more than 64 bits")
      }
      value = sum
    }
    return .integer(value)
  }

  private mutating func parseString() throws(FormatError) -> String {
    position += 1
    let start = position
    var allBits: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        let content = start..<position - 1
        return allBits < 0x80 ? ascii(content) : try text(bytes[content])
      }
      if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
      guard byte >= 0x20 else { throw unexpected("no control character in a string") }
      allBits |= byte
      position += 1
    }
    throw unexpected("the end of a string")
  }

  /// The rest of a string that has escapes; `position` is at the first.
  private mutating func parseEscapedString(from start: Int) throws(FormatError) -> String {
    var content = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return try text(content[...], at: start)
      }
      guard byte >= 0x20 else { throw unexpected("no control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        content += try parseEscape()
      } else {
        content.append(byte)
      }
    }
    throw unexpected("the end of a string")
  }

  private mutating func parseEscape() throws(FormatError) -> [UInt8] {
    guard position < bytes.count else { throw unexpected("an escape") }
    let byte = bytes[position]
    let start = position - 1
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"): break
    default:
      position -= 1
      throw unexpected("an escape")
    }
    var code = try parseHex()
    // A code point past 2^16 is written as two surrogates: high, then low.
    if code & 0xfc00 == 0xd800, peek(UInt8(ascii: "\\")) {
      position += 1
      guard peek(UInt8(ascii: "u")) else { throw unexpected("a low surrogate") }
      position += 1
      let low = try parseHex()
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

  private mutating func parseHex() throws(FormatError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8? =
        position < bytes.count ? Character(Unicode.Scalar(bytes[position])).hexValue : nil
      guard let digit else { throw unexpected("4 hexadecimal digits") }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSON) throws(FormatError) -> JSON {
    let end = position + word.utf8CodeUnitCount
    let matches =
      end <= bytes.count
      && word.withUTF8Buffer { $0.elementsEqual(bytes[position..<end]) }
    guard matches else { throw unexpected("a value") }
    position = end
    return value
  }

  /// A string that is known to be ASCII: many times as fast as one whose encoding must be checked.
  private func ascii(_ range: Range<Int>) -> String {
    // SAFETY: `range` was just scanned.
    bytes.withUnsafeBufferPointer {
      String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
    }
  }

  private func text(_ content: ArraySlice<UInt8>, at start: Int? = nil) throws(FormatError)
    -> String
  {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw FormatError(at: .byte(start ?? content.startIndex), "a string is not UTF-8")
    }
    return text
  }

  private mutating func enter(_ level: Int) throws(FormatError) {
    guard level <= Self.deepestLevel else {
      throw FormatError(at: .byte(position), "more than \(Self.deepestLevel) levels")
    }
    position += 1
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0a, 0x0d, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    return position - start
  }

  private func peek(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

  /// Skips white space and then `byte`; whether it was there.
  private mutating func skip(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek(byte) else { return false }
    position += 1
    return true
  }

  private func unexpected(_ expected: String) -> FormatError {
    var found = "the end"
    if position < bytes.count {
      let byte = bytes[position]
      found =
        0x20..<0x7f ~= byte
        ? "'\(Unicode.Scalar(byte))'" : "byte 0x\(String(byte, radix: 16))"
    }
    return FormatError(at: .byte(position), "expected \(expected), found \(found)")
  }

  private static func quoted(_ name: String) -> String { JSON.string(name).text() }
}

/// The names an object has so far: few are compared one by one, many are hashed.
private struct NameSet {
  private var hashed: Set<[UInt8]>?

  /// Whether `name` is new. Names are equal if their bytes are: `String` compares canonically.
  mutating func insert(_ name: String, _ members: [JSON.Member]) -> Bool {
    if hashed == nil, members.count < 16 {
      return !members.contains { $0.name == name && $0.name.utf8.elementsEqual(name.utf8) }
    }
    if hashed == nil { hashed = Set(members.map { Array($0.name.utf8) }) }
    return hashed!.insert(Array(name.utf8)).inserted  // was just made
  }
}

extension Character {
  /// The value of a hexadecimal digit of ASCII.
  fileprivate var hexValue: UInt8? { isASCII ? hexDigitValue.map { UInt8($0) } : nil }
}
