package import Files
package import TensorCore

/// Cuts protobuf's text format into tokens.
package struct TextFormatLexer {
  /// A piece of the text.
  package enum Token: Equatable {
    /// A name: `kernel_size`, `true`, `inf`.
    case word(String)
    /// Digits without a point, in base 10, 16 (`0x1f`) or 8 (`017`).
    case integer(String)
    /// A number with a point, an exponent or an `f`, without the `f`.
    case decimal(String)
    /// What stands between quotes, unescaped.
    case text([UInt8])
    /// Any other character.
    case symbol(UInt8)
    case end
  }

  private let bytes: [UInt8]
  package private(set) var position = 0

  /// Larger than any definition known by two orders of magnitude; also bounds what a lie costs.
  package static let sizeLimit = 64 << 20

  /// - Throws: `FormatError` if the text is too long.
  package init(_ text: Bytes) throws(FormatError) {
    guard text.count <= TextFormatLexer.sizeLimit else {
      throw FormatError(
        .badModel,
        "expected a definition of at most \(TextFormatLexer.sizeLimit >> 20) MiB, "
          + "found \(text.count) bytes")
    }
    bytes = text.array
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }  // byte order mark
  }

  /// The next token and where it begins.
  package mutating func next() throws(FormatError) -> (token: Token, offset: Int) {
    skipSpace()
    let start = position
    guard let byte = peek() else { return (.end, start) }
    if isLetter(byte) {
      skip { isLetter($0) || isDigit($0) }
      return (.word(string(from: start)), start)
    }
    if isDigit(byte) || (byte == ascii(".") && peek(1).map(isDigit) == true) {
      return (try number(), start)
    }
    if byte == ascii("\"") || byte == ascii("'") {
      return (.text(try quotedText(byte)), start)
    }
    position += 1
    return (.symbol(byte), start)
  }

  /// An error at an offset, told as line and column.
  package func error(at offset: Int, _ reason: String) -> FormatError {
    FormatError(at: location(of: offset), reason)
  }

  /// Line and column of an offset, both from 1; a column is a character, not a byte.
  package func location(of offset: Int) -> FormatError.Location { locations(of: [offset])[0] }

  /// Lines and columns of offsets in ascending order.
  package func locations(of offsets: [Int]) -> [FormatError.Location] {
    var line = 1
    var lineStart = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    var position = 0
    let isContinuation = { (byte: UInt8) in byte & 0xc0 == 0x80 }
    return offsets.map { offset in
      let end = min(offset, bytes.count)
      while position < end {
        if bytes[position] == ascii("\n") { (line, lineStart) = (line + 1, position + 1) }
        position += 1
      }
      let before = bytes[min(lineStart, offset)..<end]
      return .line(line, column: 1 + before.count { !isContinuation($0) })
    }
  }

  private mutating func skipSpace() {
    while let byte = peek() {
      switch byte {
      case ascii(" "), 0x09...0x0d: position += 1
      case ascii("#"): skip { $0 != ascii("\n") }
      default: return
      }
    }
  }

  private mutating func number() throws(FormatError) -> Token {
    let start = position
    if peek() == ascii("0"), peek(1) == ascii("x") || peek(1) == ascii("X") {
      position += 2
      skip(isHexadecimal)
      guard position > start + 2 else { throw error(at: start, "expected digits after 0x") }
      try requireEndOfNumber(start)
      return .integer(string(from: start))
    }
    skip(isDigit)
    var isDecimal = false
    if peek() == ascii(".") {
      isDecimal = true
      position += 1
      skip(isDigit)
    }
    if peek() == ascii("e") || peek() == ascii("E") {
      isDecimal = true
      position += 1
      if peek() == ascii("+") || peek() == ascii("-") { position += 1 }
      guard peek().map(isDigit) == true else {
        throw error(at: start, "expected digits in the exponent of a number")
      }
      skip(isDigit)
    }
    let digits = string(from: start)
    if peek() == ascii("f") || peek() == ascii("F") {
      isDecimal = true
      position += 1
    }
    try requireEndOfNumber(start)
    return isDecimal ? .decimal(digits) : .integer(digits)
  }

  private func requireEndOfNumber(_ start: Int) throws(FormatError) {
    guard let byte = peek(), isLetter(byte) || isDigit(byte) || byte == ascii(".") else { return }
    throw error(
      at: start, "expected a number, found \(quoted(string(from: start))) before a letter")
  }

  // The primitives.

  private func peek(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private mutating func skip(_ condition: (UInt8) -> Bool) {
    while let byte = peek(), condition(byte) { position += 1 }
  }

  private func string(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }
}

extension TextFormatLexer {
  /// The bytes between two quotes.
  private mutating func quotedText(_ quote: UInt8) throws(FormatError) -> [UInt8] {
    let start = position
    position += 1
    var text: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case quote: return text
      case ascii("\n"): throw error(at: start, "expected the end of a text on its line")
      case ascii("\\"): try escape(into: &text)
      default: text.append(byte)
      }
    }
    throw error(at: start, "expected the end of a text, found the end of the file")
  }

  /// What follows a backslash.
  private mutating func escape(into text: inout [UInt8]) throws(FormatError) {
    let start = position - 1
    guard let byte = peek() else {
      throw error(at: start, "expected an escaped character, found the end of the file")
    }
    position += 1
    switch byte {
    case ascii("a"): text.append(0x07)
    case ascii("b"): text.append(0x08)
    case ascii("f"): text.append(0x0c)
    case ascii("n"): text.append(0x0a)
    case ascii("r"): text.append(0x0d)
    case ascii("t"): text.append(0x09)
    case ascii("v"): text.append(0x0b)
    case ascii("\\"), ascii("'"), ascii("\""), ascii("?"): text.append(byte)
    case ascii("0")...ascii("7"):
      position -= 1
      let value = digits(atMost: 3, base: 8) ?? 0  // one digit at least: just seen
      guard value < 256 else { throw error(at: start, "expected an octal escape below \\400") }
      text.append(UInt8(value))
    case ascii("x"), ascii("X"):
      guard let value = digits(atMost: 2, base: 16) else {
        throw error(at: start, "expected hexadecimal digits after \\x")
      }
      text.append(UInt8(value))
    case ascii("u"), ascii("U"):
      let scalar = try unicodeEscape(byte, at: start)
      text += Array(String(scalar).utf8)
    default: throw error(at: start, "expected an escape of protobuf's text format")
    }
  }

  /// `\u` with four digits, two of them for a surrogate pair, or `\U` with eight.
  private mutating func unicodeEscape(
    _ letter: UInt8, at start: Int
  ) throws(FormatError) -> Unicode.Scalar {
    let count = letter == ascii("u") ? 4 : 8
    let first = position
    var value = digits(atMost: count, base: 16)
    guard position == first + count else {
      throw error(at: start, "expected \(count) hexadecimal digits in a Unicode escape")
    }
    if let high = value, 0xd800..<0xdc00 ~= high, peek() == ascii("\\"), peek(1) == ascii("u") {
      position += 2
      if let low = digits(atMost: 4, base: 16), 0xdc00..<0xe000 ~= low {
        value = 0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)
      }
    }
    guard let value, let scalar = Unicode.Scalar(value) else {
      throw error(at: start, "expected a Unicode escape of a character")
    }
    return scalar
  }

  /// The number of up to so many digits; nil if there is none.
  private mutating func digits(atMost limit: Int, base: UInt32) -> UInt32? {
    let start = position
    var value: UInt32 = 0
    while position < start + limit, let byte = peek(),
      let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < base
    {
      value = value &* base &+ UInt32(digit)  // eight hexadecimal digits at most: fits
      position += 1
    }
    return position > start ? value : nil
  }
}

/// The byte of an ASCII character.
package func ascii(_ character: Unicode.Scalar) -> UInt8 { UInt8(ascii: character) }

private func isLetter(_ byte: UInt8) -> Bool {
  byte | 0x20 >= ascii("a") && byte | 0x20 <= ascii("z") || byte == ascii("_")
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= ascii("0") && byte <= ascii("9") }

private func isHexadecimal(_ byte: UInt8) -> Bool {
  isDigit(byte) || byte | 0x20 >= ascii("a") && byte | 0x20 <= ascii("f")
}
