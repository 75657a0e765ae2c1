public import Files
public import TensorCore

/// A JSON text that was checked as a whole and is read where it lies: no string, number or list is
/// made before somebody asks for it.
///
/// For headers that are opened often; where speed does not matter, `JSON` is easier to use.
public struct JSONText: Sendable {
  /// One value, in the order of the text: of an object its names and values in turn.
  struct Token {
    enum Kind: UInt8 {
      case null, `true`, `false`, integer, double, string, escapedString, array, object
    }

    var kind: Kind
    /// The bytes: of a string those between the quotes.
    var start: UInt32
    var end: UInt32
    /// The index of the first token that does not belong to this value.
    var next: UInt32
  }

  private let bytes: [UInt8]
  private let tokens: [Token]

  /// Checks one JSON text (RFC 8259), stricter than the standard: UTF-8 without a byte order mark,
  /// no member twice in an object, at most 64 levels, integers of 64 bits, finite numbers.
  ///
  /// - Throws: `FormatError` with the byte offset in `bytes`.
  public init(parsing bytes: Bytes) throws(FormatError) {
    var parser = JSONParser(bytes: bytes.array)
    try parser.parseText()
    self.bytes = parser.bytes
    tokens = parser.tokens
  }

  /// Calls `body` with the value that the text is. Neither it nor any value in it may be used after
  /// the call: they are plain pointers, since counting references would take most of the time.
  public func withRoot<Result, Failure: Error>(
    _ body: (Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
      try tokens.withUnsafeBufferPointer { (tokens) throws(Failure) in
        try body(Value(bytes: bytes, tokens: tokens, index: 0))
      }
    }
  }
}

extension JSONText {
  /// A value of a text, valid within `withRoot`.
  public struct Value {
    // SAFETY: the parser made the tokens, so each range lies in the bytes and each index in the
    // tokens; nothing in here depends on more.
    let bytes: UnsafeBufferPointer<UInt8>
    let tokens: UnsafeBufferPointer<Token>
    let index: Int

    private var token: Token { tokens[index] }

    private var content: UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
    }

    func at(_ index: Int) -> Value { Value(bytes: bytes, tokens: tokens, index: index) }

    /// The index of the first token behind this value.
    var next: Int { Int(token.next) }

    /// The text of a string.
    public var string: String? {
      switch token.kind {
      case .string: String(decoding: content, as: UTF8.self)
      case .escapedString: String(decoding: unescaped, as: UTF8.self)
      case .null, .true, .false, .integer, .double, .array, .object: nil
      }
    }

    private var unescaped: [UInt8] {
      // The parser went through the same escapes.
      (try? JSONParser.unescape(bytes, Int(token.start)..<Int(token.end))) ?? []
    }

    /// Calls `body` with the bytes of a string, its escapes replaced.
    func withContent<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
      token.kind == .escapedString ? unescaped.withUnsafeBufferPointer(body) : body(content)
    }

    /// Whether this is a string of exactly these bytes.
    func isString(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
      switch token.kind {
      case .string: Int(token.end - token.start) == other.count && content.elementsEqual(other)
      case .escapedString: unescaped.elementsEqual(other)
      case .null, .true, .false, .integer, .double, .array, .object: false
      }
    }

    /// A number without fraction and exponent.
    public var integer: Int? { token.kind == .integer ? JSONParser.integer(content) : nil }

    /// A number that a Double holds exactly, or the one that `JSON(number:)` wrote.
    public var number: Double? { scalar?.number }

    /// True or false.
    public var bool: Bool? {
      switch token.kind {
      case .true: true
      case .false: false
      case .null, .integer, .double, .string, .escapedString, .array, .object: nil
      }
    }

    /// Whether this is an array.
    public var isArray: Bool { token.kind == .array }
    /// Whether this is null.
    public var isNull: Bool { token.kind == .null }
    /// Whether this is an object.
    public var isObject: Bool { token.kind == .object }

    /// What the value is, in the words of error messages.
    public var kind: String { (scalar ?? (isArray ? .array([]) : .object([]))).kind }

    /// The value and all that lies in it.
    public var json: JSON {
      scalar
        ?? (isArray
          ? .array(elements.map(\.json))
          : .object(members.map { JSON.Member($0.name.string ?? "", $0.value.json) }))
    }

    private var scalar: JSON? {
      switch token.kind {
      case .null: .null
      case .true: .bool(true)
      case .false: .bool(false)
      case .integer: integer.map { .integer($0) }
      case .double: JSONParser.double(content).map { .double($0) }
      case .string, .escapedString: string.map { .string($0) }
      case .array, .object: nil
      }
    }
  }
}
