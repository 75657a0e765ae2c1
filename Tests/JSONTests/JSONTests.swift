import Files
import JSON
import TensorCore
import Testing

@Suite struct `A JSON text` {
  private static func parse(_ text: String) throws(FormatError) -> JSON {
    try JSON(parsing: Bytes(Array(text.utf8)))
  }

  static let values: [(text: String, value: JSON)] = [
    ("null", .null), ("true", .bool(true)), (" false ", .bool(false)), ("0", .integer(0)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775807", .integer(.max)),
    ("1.0", .double(1)), ("1e-05", .double(1e-5)), ("-0", .double(-0.0)), ("2E+2", .double(200)),
    ("0.1", .double(0.1)), ("4.9e-324", .double(0x1p-1074)), ("\"\"", .string("")),
    ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", .string("a\"\\/\u{8}\u{c}\n\r\té")),
    ("\"\\ud83d\\ude00 ✓\"", .string("😀 ✓")), ("[]", .array([])),
    ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])), ("{}", .object([])),
    (
      "{\"b\": 1,\n\t\"a\": {\"b\": null}}",
      .object([.init("b", .integer(1)), .init("a", .object([.init("b", .null)]))])
    ),
  ]

  @Test(arguments: values)
  func `is parsed to its value`(text: String, value: JSON) throws {
    #expect(try Self.parse(text) == value)
  }

  @Test(arguments: values)
  func `is written so that it is parsed to the same value`(text: String, value: JSON) throws {
    #expect(try Self.parse(value.text()) == value)
    #expect(try Self.parse(value.prettyText()) == value)
  }

  static let faults: [(text: String, error: String)] = [
    ("", "byte 0: expected a value, found the end"),
    ("{} x", "byte 3: expected the end of the text, found 'x'"),
    ("\u{feff}{}", "byte 0: expected a value, found byte 0xef"),
    ("{\"a\": 1, \"b\": 2, \"a\": 3}", "byte 17: the member \"a\" appears twice"),
    ("{\"a\": 1,}", "byte 8: expected a member name, found '}'"),
    ("{\"a\" 1}", "byte 5: expected ':', found '1'"),
    ("{\"a\": 1 \"b\"}", "byte 8: expected ',' or '}', found '\"'"),
    ("[1 2]", "byte 3: expected ',' or ']', found '2'"),
    ("[1,]", "byte 3: expected a value, found ']'"),
    ("[", "byte 1: expected a value, found the end"),
    ("01", "byte 0: a number begins with a superfluous 0"),
    ("-", "byte 1: expected a digit, found the end"),
    ("1.", "byte 2: expected a digit, found the end"),
    ("1e", "byte 2: expected a digit, found the end"),
    ("+1", "byte 0: expected a value, found '+'"),
    ("NaN", "byte 0: expected a value, found 'N'"), ("nan", "byte 0: expected a value, found 'n'"),
    ("1e999", "byte 0: the number 1e999 is too large"),
    ("9223372036854775808", "byte 0: an integer of more than 64 bits"),
    ("\"a", "byte 2: expected the end of a string, found the end"),
    ("\"\n\"", "byte 1: expected no control character in a string, found byte 0xa"),
    ("\"\\x\"", "byte 2: expected an escape, found 'x'"),
    ("\"\\u12g4\"", "byte 5: expected 4 hexadecimal digits, found 'g'"),
    ("\"\\ud800\"", "byte 1: a surrogate stands alone"),
    ("\"\\udc00\"", "byte 1: a surrogate stands alone"),
    ("\"\\ud800\\u0041\"", "byte 1: a surrogate stands alone"),
  ]

  @Test(arguments: faults)
  func `that breaks a rule is refused with the byte`(text: String, expected: String) {
    let error = #expect(throws: FormatError.self) { try Self.parse(text) }
    #expect(error?.description == expected)
  }

  @Test(arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x9c]] as [[UInt8]])
  func `that is not UTF-8 is refused`(bytes: [UInt8]) {
    let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
    let error = #expect(throws: FormatError.self) { try JSON(parsing: Bytes(quoted)) }
    #expect(error?.reason == "a string is not UTF-8")
    let escaped = Array("\"\\n".utf8) + bytes + [UInt8(ascii: "\"")]
    #expect(throws: FormatError.self) { try JSON(parsing: Bytes(escaped)) }
  }

  @Test func `may have 64 levels, but not 65`() throws {
    let deep = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    _ = try Self.parse(deep(64))
    let error = #expect(throws: FormatError.self) { try Self.parse(deep(65)) }
    #expect(error?.description == "byte 64: more than 64 levels")
    #expect(throws: FormatError.self) {
      try Self.parse(String(repeating: "{\"a\":", count: 100_000))
    }
  }

  @Test func `of a large object still finds the member that appears twice`() {
    let members = (0..<1000).map { "\"\($0)\": 0" } + ["\"500\": 0"]
    let text = "{" + members.joined(separator: ", ") + "}"
    let error = #expect(throws: FormatError.self) { try Self.parse(text) }
    #expect(error?.reason == "the member \"500\" appears twice")
  }

  @Test(arguments: [
    "{\"\u{e9}\": 1, \"e\u{301}\": 2}", "{\"K\": 1, \"a\": 0, \"\u{212a}\": 2}",
    "{\"\u{212a}\": 1, \"K\": 2}",
  ])
  func `has no two members that Unicode calls equal`(_ text: String) throws {
    let error = #expect(throws: FormatError.self) { try Self.parse(text) }
    #expect(error?.reason.hasSuffix("appears twice") == true)
    #expect(throws: Never.self) { try Self.parse("{\"\u{e9}\": 1, \"e\": 2, \"\u{e8}\": 2}") }
  }

  @Test func `on several lines moves no cursor`() {
    let value = JSON.string("a\u{9b}31m\u{202e}\u{e0001}é層")
    #expect(value.prettyText() == "\"a\\u009b31m\\u202e\\udb40\\udc01é層\"\n")
    #expect(value.text() == "\"a\u{9b}31m\u{202e}\u{e0001}é層\"")
  }

  @Test func `is compact on one line`() {
    let value = JSON.object([
      .init("a b", .array([.integer(1), .double(0.5)])), .init("c", .string("\u{1}\u{7f}")),
    ])
    #expect(value.text() == "{\"a b\":[1,0.5],\"c\":\"\\u0001\\u007f\"}")
  }

  @Test func `is pretty on several, with flat arrays on one`() {
    let value = JSON.object([
      .init("shape", .integers([1, 2])), .init("none", .array([])),
      .init("list", .array([.object([.init("x", .null)])])),
    ])
    let expected = """
      {
        "shape": [1, 2],
        "none": [],
        "list": [
          {
            "x": null
          }
        ]
      }

      """
    #expect(value.prettyText() == expected)
  }

  @Test(arguments: [(Double.nan, "\"nan\""), (.infinity, "\"inf\""), (-.infinity, "\"-inf\"")])
  func `writes numbers that JSON does not have as strings`(number: Double, text: String) throws {
    let value = JSON(number: number)
    #expect(value.text() == text)
    let read = try #require(try Self.parse(text).number)
    #expect(read == number || read.isNaN && number.isNaN)
  }

  @Test func `takes an integer for a number only if that is exact`() {
    #expect(JSON.integer(1 << 53).number == 0x1p53)
    #expect(JSON.integer(1 << 53 + 1).number == nil)
  }
}
