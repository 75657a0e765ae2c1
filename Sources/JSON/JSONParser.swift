internal import Files
internal import TensorCore

/// Recursive descent over a copy of the text: array accesses are checked, also in release builds.
struct JSONParser {
  typealias Token = JSONText.Token

  static let deepestLevel = 64

  let bytes: [UInt8]
  private(set) var tokens: [Token] = []
  private var position = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
    tokens.reserveCapacity(bytes.count / 8)
  }

  mutating func parseText() throws(FormatError) {
    guard bytes.count <= Int32.max else {
      throw FormatError(at: .byte(0), "expected at most 2 GiB of JSON")
    }
    try parseValue(level: 0)
    skipSpace()
    guard position == bytes.count else { throw unexpected("the end of the text") }
  }

  private mutating func parseValue(level: Int) throws(FormatError) {
    skipSpace()
    guard position < bytes.count else { throw unexpected("a value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): try parseObject(level: level + 1)
    case UInt8(ascii: "["): try parseArray(level: level + 1)
    case UInt8(ascii: "\""): try parseString()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
    case UInt8(ascii: "t"): try parseWord("true", .true)
    case UInt8(ascii: "f"): try parseWord("false", .false)
    case UInt8(ascii: "n"): try parseWord("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func parseObject(level: Int) throws(FormatError) {
    let index = try enter(.object, level)
    if !skip(UInt8(ascii: "}")) {
      var names = NameSet()
      repeat {
        skipSpace()
        let start = position
        guard peek(UInt8(ascii: "\"")) else { throw unexpected("a member name") }
        let name = tokens.count
        try parseString()
        guard names.insert(name, of: index, in: self) else {
          let text = withValue(name) { $0.json.text() }
          throw FormatError(at: .byte(start), "the member \(text) appears twice")
        }
        guard skip(UInt8(ascii: ":")) else { throw unexpected("':'") }
        try parseValue(level: level)
      } while skip(UInt8(ascii: ","))
      guard skip(UInt8(ascii: "}")) else { throw unexpected("',' or '}'") }
    }
    leave(index)
  }

  private mutating func parseArray(level: Int) throws(FormatError) {
    let index = try enter(.array, level)
    if !skip(UInt8(ascii: "]")) {
      repeat {
        try parseValue(level: level)
      } while skip(UInt8(ascii: ","))
      guard skip(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
    }
    leave(index)
  }

  private mutating func parseNumber() throws(FormatError) {
    let start = position
    let isNegative = peek(UInt8(ascii: "-"))
    if isNegative { position += 1 }
    let leadingZero = peek(UInt8(ascii: "0"))
    let digits = skipDigits()
    guard digits > 0 else { throw unexpected("a digit") }
    guard !leadingZero || digits == 1 else {
      throw FormatError(at: .byte(start), "a number begins with a superfluous 0")
    }
    // An integer has no negative zero.
    var isInteger = !(isNegative && leadingZero)
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
    if isInteger {
      // Eighteen digits fit for certain.
      guard digits <= 18 || withNumber(from: start, Self.integer) != nil else {
        throw FormatError(at: .byte(start), "an integer of more than 64 bits")
      }
    } else if withNumber(from: start, Self.double) == nil {
      let text = String(decoding: bytes[start..<min(position, start + 32)], as: UTF8.self)
      throw FormatError(at: .byte(start), "the number \(text) is too large")
    }
    add(isInteger ? .integer : .double, start..<position)
  }

  private mutating func parseString() throws(FormatError) {
    position += 1
    let start = position
    var allBits: UInt8 = 0
    var isEscaped = false
    while !peek(UInt8(ascii: "\"")) {
      guard position < bytes.count else { throw unexpected("the end of a string") }
      let byte = bytes[position]
      guard byte >= 0x20 else { throw unexpected("no control character in a string") }
      allBits |= byte
      position += 1
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        position = min(position + 1, bytes.count)  // what follows is no closing quote
      }
    }
    let range = start..<position
    position += 1
    if isEscaped || allBits >= 0x80 {
      let content = isEscaped ? try unescape(range)[...] : bytes[range]
      guard String(validating: content, as: UTF8.self) != nil else {
        throw FormatError(at: .byte(start), "a string is not UTF-8")
      }
    }
    add(isEscaped ? .escapedString : .string, range)
  }

  private mutating func parseWord(
    _ word: StaticString, _ kind: Token.Kind
  ) throws(FormatError) {
    let end = position + word.utf8CodeUnitCount
    let matches =
      end <= bytes.count && word.withUTF8Buffer { $0.elementsEqual(bytes[position..<end]) }
    guard matches else { throw unexpected("a value") }
    add(kind, position..<end)
    position = end
  }
}

extension JSONParser {
  @inline(__always)
  private mutating func add(_ kind: Token.Kind, _ range: Range<Int>) {
    tokens.append(
      Token(
        kind: kind, start: UInt32(range.lowerBound), end: UInt32(range.upperBound),
        next: UInt32(tokens.count + 1)))
  }

  private mutating func enter(_ kind: Token.Kind, _ level: Int) throws(FormatError) -> Int {
    guard level <= Self.deepestLevel else {
      throw FormatError(at: .byte(position), "more than \(Self.deepestLevel) levels")
    }
    add(kind, position..<position + 1)
    position += 1
    return tokens.count - 1
  }

  private mutating func leave(_ index: Int) {
    tokens[index].end = UInt32(position)
    tokens[index].next = UInt32(tokens.count)
  }

  @inline(__always)
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

  @inline(__always)
  private func peek(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

  /// Skips white space and then `byte`; whether it was there.
  @inline(__always)
  private mutating func skip(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek(byte) else { return false }
    position += 1
    return true
  }

  /// What `read` makes of the number that ends here.
  private func withNumber<Number>(
    from start: Int, _ read: (UnsafeBufferPointer<UInt8>) -> Number?
  ) -> Number? {
    bytes[start..<position].withUnsafeBufferPointer(read)
  }

  private func unescape(_ range: Range<Int>) throws(FormatError) -> [UInt8] {
    try bytes.withUnsafeBufferPointer { (bytes) throws(FormatError) in
      try Self.unescape(bytes, range)
    }
  }

  /// Calls `body` with a value that was parsed already.
  fileprivate func withValue<Result>(_ index: Int, _ body: (JSONText.Value) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      tokens.withUnsafeBufferPointer { tokens in
        body(JSONText.Value(bytes: bytes, tokens: tokens, index: index))
      }
    }
  }

  private func unexpected(_ expected: String) -> FormatError {
    bytes.withUnsafeBufferPointer { Self.unexpected(expected, $0, position) }
  }
}

/// The names an object has so far: few are compared one by one, many are hashed.
///
/// They are equal if their bytes are, or if Unicode calls them equal: whoever looks for a name as a
/// `String` could not tell which member it gets.
private struct NameSet {
  private static let fewest = 16

  private var count = 0
  private var hashed: Set<String> = []

  /// Whether the name, a token of the object at `object`, is new.
  mutating func insert(_ name: Int, of object: Int, in parser: JSONParser) -> Bool {
    count += 1
    let earlier = { (object: JSONText.Value) in
      JSONText.Members(position: object.at(object.index + 1), end: name)
    }
    let isASCII = parser.withValue(object) { object in
      object.at(name).withContent { $0.allSatisfy { $0 < 0x80 } }
    }
    if count < Self.fewest, isASCII, hashed.isEmpty {
      return parser.withValue(object) { object in
        object.at(name).withContent { content in
          !earlier(object).contains { $0.name.isString(content) }
        }
      }
    }
    return parser.withValue(object) { object in
      if hashed.isEmpty {
        for member in earlier(object) { hashed.insert(member.name.string ?? "") }
      }
      return hashed.insert(object.at(name).string ?? "").inserted
    }
  }
}
