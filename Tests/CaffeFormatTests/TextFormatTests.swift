import Files
import ModelGraph
import ModelIO
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

struct TextFormatTests {
  /// The encodings of `layer { name: "a" }` and the like by their parts.
  private func message(_ build: (inout WireWriter) -> Void) -> [UInt8] {
    var writer = WireWriter()
    build(&writer)
    return writer.bytes
  }

  @Test(arguments: [
    "layer { name: 'a' }", "layer: { name: 'a' }", "layer < name: \"a\" >", "layer:<name:'a'>",
    "layer{name:'a'}", "layer [{ name: 'a' }]", "layer: [{ name: 'a' }]", "layer { name: 'a'; };",
    "layer { name: 'a', },", "\u{feff}layer { name: 'a' }", "layer {\r\n  name: 'a'\r\n}\r\n",
    "# first\nlayer # second {\n{ name: 'a' # 'b'\n}# third", "layer { name: '' 'a' \"\" }",
    "layer { name: '\\141' }", "layer { name: '\\x61' }", "layer { name: '\\u0061' }",
    "layer { name: '\\U00000061' }", "\t\u{0b}\u{0c} layer { name: 'a' }",
  ])
  func `one message can be written in many ways`(text: String) throws {
    let expected = message { $0.field(100, bytes: [0x0a, 1, UInt8(ascii: "a")]) }
    #expect(try encoded(text) == expected)
  }

  @Test func `fields repeat one by one, in lists and both`() throws {
    let expected = message { writer in
      for value: UInt64 in [1, 2, 3] { writer.field(4, varint: value) }
    }
    #expect(try encoded("input_dim: 1 input_dim: 2 input_dim: 3") == expected)
    #expect(try encoded("input_dim: [1, 2, 3]") == expected)
    #expect(try encoded("input_dim: 1 input_dim: [ 2,3 ]") == expected)
    #expect(try encoded("input_dim: []") == [])
  }

  @Test(
    arguments: [
      ("0", 0), ("7", 7), ("017", 15), ("0x1F", 31), ("0X1f", 31), ("-3", -3), ("- 3", -3),
      ("2147483647", 2_147_483_647), ("-2147483648", -2_147_483_648), ("-0x10", -16), ("-017", -15),
    ] as [(String, Int64)])
  func `integers are read in three bases`(text: String, value: Int64) throws {
    let expected = message { $0.field(4, varint: UInt64(bitPattern: value)) }
    #expect(try encoded("input_dim: \(text)") == expected)
  }

  @Test(
    arguments: [
      ("1", 1), ("0", 0), ("-0", -0.0), ("1.5", 1.5), (".5", 0.5), ("5.", 5), ("-1e-3", -1e-3),
      ("1E+2", 100), ("2f", 2), ("2.5F", 2.5), ("1e5f", 1e5), ("5.e1", 50), ("inf", .infinity),
      ("-inf", -.infinity), ("Infinity", .infinity), ("0.00390625", 0.00390625),
      // Just below a tie, but on it as a double: protobuf rounds twice.
      ("1.00000017881393432617187499", 1.0000002), ("18446744073709551616", 0x1p64),
      ("1e-50", 0),
    ] as [(String, Float)])
  func `floats are read as protobuf reads them`(text: String, value: Float) throws {
    let expected = message { writer in
      writer.field(
        100, bytes: [0x2d] + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init))
    }
    #expect(try encoded("layer { loss_weight: \(text) }") == expected)
  }

  @Test func `nan is read with either sign`() throws {
    let bytes = try encoded("layer { loss_weight: nan loss_weight: -NaN }")
    #expect(bytes.count == 3 + 2 * 5)
  }

  @Test(arguments: ["true", "True", "t", "1"], ["false", "False", "f", "0"])
  func `booleans are read as words and digits`(yes: String, no: String) throws {
    let expected = message { writer in
      writer.field(5, varint: 1)
      writer.field(7, varint: 0)
    }
    #expect(try encoded("force_backward: \(yes) debug_info: \(no)") == expected)
  }

  @Test func `enumerations are read by name and by number`() throws {
    let expected = message { $0.field(2, bytes: [0x28, 4]) }
    #expect(try encoded("layers { type: CONVOLUTION }") == expected)
    #expect(try encoded("layers { type: 4 }") == expected)
  }

  @Test(arguments: [
    ("\\a\\b\\f\\n\\r\\t\\v", "\u{7}\u{8}\u{c}\n\r\t\u{b}"), ("\\\\\\'\\\"\\?", "\\'\"?"),
    ("\\303\\251", "é"), ("\\xc3\\xA9", "é"), ("\\u00e9", "é"), ("\\ud83d\\ude00", "😀"),
    ("\\U0001F600", "😀"), ("é", "é"), ("\\1012", "A2"), ("#", "#"),
  ])
  func `escapes become their characters`(text: String, value: String) throws {
    let expected = message { $0.field(1, bytes: Array(value.utf8)) }
    #expect(try encoded("name: \"\(text)\"") == expected)
  }

  @Test(arguments: [
    ("layer {\n  name: 'a'", "2:12: expected a field of LayerParameter, found the end of the file"),
    ("layer {\n  name 'a'\n}", "2:8: expected : after name, found a text in quotes"),
    ("name: a", "1:7: expected a text in quotes for name, found \"a\""),
    ("name: 'a", "1:7: expected the end of a text, found the end of the file"),
    ("name: 'a\n'", "1:7: expected the end of a text on its line"),
    ("name: 'a\\", "1:9: expected an escaped character, found the end of the file"),
    ("name: '\\q'", "1:8: expected an escape of protobuf's text format"),
    ("name: '\\400'", "1:8: expected an octal escape below \\400"),
    ("name: '\\xg'", "1:8: expected hexadecimal digits after \\x"),
    ("name: '\\u12'", "1:8: expected 4 hexadecimal digits in a Unicode escape"),
    ("name: '\\ud800'", "1:8: expected a Unicode escape of a character"),
    ("name: '\\ud800\\u0061'", "1:8: expected a Unicode escape of a character"),
    ("name: '\\000'", "1:7: expected UTF-8 text without zero bytes for name"),
    ("name: '\\xff'", "1:7: expected UTF-8 text without zero bytes for name"),
    ("name: 'a'\nname: 'b'", "2:1: expected name once in NetParameter, found it again"),
    ("state { } state { }", "1:11: expected state once in NetParameter, found it again"),
    ("input_dim: 1.5", "1:12: expected an integer for input_dim, found 1.5"),
    (
      "input_dim: 2147483648",
      "1:12: expected -2147483648 to 2147483647 for input_dim, found 2147483648"
    ),
    (
      "input_dim: 99999999999999999999999999999999999",
      "1:12: expected -2147483648 to 2147483647 for input_dim, found 999999999999999999999999999999"
    ),
    ("input_dim: 08", "1:12: expected -2147483648 to 2147483647 for input_dim, found 08"),
    ("input_dim: 0x", "1:12: expected digits after 0x"),
    ("input_dim: 3x", "1:12: expected a number, found \"3\" before a letter"),
    ("input_dim: 1.2.3", "1:12: expected a number, found \"1.2\" before a letter"),
    ("input_dim: [1 2]", "1:15: expected , or ] in the list of input_dim, found 2"),
    ("input_dim: [1,]", "1:15: expected an integer for input_dim, found \"]\""),
    ("name: ['a']", "1:7: expected a text in quotes for name, found \"[\""),
    (
      "layer { convolution_param { num_output: -1 } }",
      "1:41: expected 0 to 4294967295 for num_output, found -1"
    ),
    ("layer { loss_weight: 1e }", "1:22: expected digits in the exponent of a number"),
    (
      "layer { loss_weight: 1e39 }",
      "1:22: expected a float for loss_weight, found one that is too large"
    ),
    (
      "layer { loss_weight: 1e999 }",
      "1:22: expected a number for loss_weight, found one that is too large"
    ),
    (
      "layer { loss_weight: 0x10 }",
      "1:22: expected a number in base 10 for loss_weight, found 0x10"
    ),
    ("layer { loss_weight: -big }", "1:23: expected a number for loss_weight, found \"big\""),
    ("force_backward: yes", "1:17: expected true or false for force_backward, found \"yes\""),
    ("layers { type: ROI }", "1:16: expected a value of type, found \"ROI\""),
    ("layers { type: 99 }", "1:16: expected a value of type, found 99"),
    ("layer: 3", "1:8: expected { after layer, found 3"),
    ("layer { name: 'a' >", "1:19: expected a field of LayerParameter, found \">\""),
    ("}", "1:1: expected a field of NetParameter, found \"}\""),
    ("layer { clip_param { min: 0 } }", "1:22: expected max in ClipParameter, found none"),
    ("name: 'a'\u{0}", "1:10: expected a field of NetParameter, found \"\\0\""),
    ("é", "1:1: expected a field of NetParameter, found a character beyond ASCII"),
    ("# é\nname: 'é' é", "2:11: expected a field of NetParameter, found a character beyond ASCII"),
    ("\u{feff}name 3", "1:6: expected : after name, found 3"),
    ("a.b: 1", "1:2: expected : or { after \"a\", found \".\""),
    ("foo { bar: ] }", "1:12: expected a value, found \"]\""),
    ("foo { 3 }", "1:7: expected a field, found 3"),
    ("foo: [1, 2", "1:11: expected , or ] in a list, found the end of the file"),
    ("[a.b: 1", "1:5: expected ] after the name of an extension, found \":\""),
  ])
  func `an error tells line and column, what was expected and what was found`(
    text: String, message: String
  ) {
    #expect(failure { try encoded(text) } == message)
  }

  @Test func `unknown fields are listed in one error`() {
    let text = """
      name: "net"
      layer {
        type: "TanH" bottom: "x" top: "y"
        foo: 1
        bar { a: "x" "y" b < c: [1, -2.5, inf] > d: [{ e: 1 }] f: [] }
        name: "a"
        [ext.of]: TEXT
      }
      baz: -inf;
      """
    #expect(
      failure { try read(text) }
        == "net.prototxt: 9:1: unknown to the schema: baz of NetParameter at 9:1, "
        + "foo of LayerParameter at 4:3, bar of LayerParameter at 5:3, "
        + "[ext.of] of LayerParameter at 7:3; what may be left out, although it can change the result, "
        + "is named with --ignore-unknown-fields, as baz")
  }

  @Test func `unknown fields become notes on request`() throws {
    let text = input([1, 2]) + "layer { name: 'a' type: 'TanH' bottom: 'data' top: 'a' new: 3 }"
    for name in ["new", "LayerParameter.new"] {
      #expect(
        try read(text, ignoring: [name]).provenance.notes
          == ["left out fields unknown to the schema, as asked for: new of LayerParameter at 1:100"]
      )
    }
    #expect(
      failure { try read(text, ignoring: ["old"]) }
        == "net.prototxt: expected a field unknown to the schema after --ignore-unknown-fields, found "
        + "\"old\", which is none in this definition")
  }

  @Test func `many unknown fields are counted`() {
    let text =
      String(repeating: "x: 1\n", count: 30) + "layer { name: 'a' type: 'TanH' bottom: 'b' }"
    let message = failure { try read(text) }
    #expect(message?.contains("x of NetParameter at 20:1, and 10 more; ") == true)
  }

  @Test func `too many unknown fields are refused, also where they would be ignored`() {
    let text = String(repeating: "x:1\n", count: 100_001)
    #expect(
      failure { try read(text, ignoring: ["x"]) }
        == "net.prototxt: 100001:1: expected at most 100000 fields unknown to the schema, found more"
    )
  }

  @Test func `a hundred nested messages are the limit`() throws {
    // Fields the schema knows cannot nest so deep; unknown ones are skipped.
    func nested(_ depth: Int) -> String {
      String(repeating: "a {", count: depth) + String(repeating: "}", count: depth)
    }
    var parser = try TextFormatParser(Bytes(Array(nested(99).utf8)), rules: CaffeNet.textRules)
    #expect(try parser.message(.net) == [])
    #expect(
      failure { try encoded(nested(100_000)) }
        == "1:300: expected at most 100 nested messages, found more")
  }

  @Test func `a megabyte is read in linear time`() throws {
    let layer = "layer { name: 'a' convolution_param { pad: [1, 2] } } # comment\n"
    let count = 20_000
    let bytes = try encoded(String(repeating: layer, count: count))
    #expect(bytes.count == count * (try encoded(layer)).count)
    let line = String(repeating: "input_dim: 1 ", count: 200_000)
    #expect(try encoded(line).count == 400_000)
  }
}
