import Foundation
import ResNetKit
import TestSupport
import Testing

/// Definitions that lie: cases of the matrix about text, names and numbers.
@Suite struct `A hostile prototxt` {
  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static func replacing(_ old: String, _ new: String) -> [UInt8] {
    text(SmallNet.definition(replacing: old, by: new))
  }

  /// The definition with something behind it.
  private static func followed(by more: String) -> [UInt8] { text(SmallNet.definition + more) }

  private static func layers(_ text: String) -> [UInt8] {
    Self.text("input: 'data' input_shape { dim: 1 dim: 2 dim: 4 dim: 4 } " + text)
  }

  static let containers: [HostileCase] = [
    .prototxt("1", "empty", [], "expected"),
    .prototxt("4", "trailing garbage", followed(by: "\u{1}\u{2}"), "bad.prototxt"),
    .prototxt("4", "a brace too many", followed(by: "}"), "8:1"),
    .prototxt(
      "4", "a second definition behind the first", followed(by: SmallNet.definition), "once"),
    .prototxt("5", "a caffemodel by content", SmallNet.caffemodel, "found a binary caffemodel"),
    .prototxt("51", "a pickle that calls os.system", Pickle.call, "2:1: expected : or {"),
    .prototxt("54", "an old torch file", Pickle.legacy, "found a PyTorch checkpoint"),
    .prototxt("5", "an npz by content", ZipBuilder(members: []).bytes.array, "bad.prototxt"),
    .prototxt(
      "10", "a layer name that acts on the terminal",
      replacing("name: \"conv\"", "name: \"\\033[2J\\342\\200\\256\\r\\n\""),
      "expected names without control characters", "\\u{1B}[2J\\u{202E}"),
    .prototxt(
      "10", "a layer name of invalid UTF-8", replacing("name: \"conv\"", "name: \"\\377\\376\""),
      "5:"),
    .prototxt(
      "10", "a layer name with a NUL", replacing("name: \"conv\"", "name: \"a\\0b\""), "5:"),
    .prototxt(
      "10", "a layer name of a megabyte",
      replacing("name: \"conv\"", "name: \"\(String(repeating: "x", count: 1 << 20))\""),
      "layer 1: expected names of at most 1024 bytes"),
    .prototxt(
      "10", "a layer name that is a path",
      replacing("name: \"conv\"", "name: \"../../etc/passwd\""),
      "../../etc/passwd", culprit: "net.caffemodel"),
    .prototxt(
      "17", "two layers of one name",
      layers(
        "layer { name: 'a' type: 'InnerProduct' inner_product_param { num_output: 2 } bottom: 'data' top: 'b' } layer { name: 'a' type: 'InnerProduct' inner_product_param { num_output: 2 } bottom: 'b' top: 'c' }"
      ),
      "a", "name"),
    .prototxt(
      "17", "two names that Unicode calls equal",
      layers(
        "layer { name: '\u{e9}' type: 'InnerProduct' inner_product_param { num_output: 2 } bottom: 'data' top: 'b' } layer { name: 'e\u{301}' type: 'InnerProduct' inner_product_param { num_output: 2 } bottom: 'b' top: 'c' }"
      ),
      "\"\\u{00E9}\" and \"e\\u{0301}\", which are one to Unicode"),
    .prototxt(
      "17", "a million layers", layers(String(repeating: "layer {} ", count: 1_000_000)),
      "expected layer at most 50000 times, found it again"),
    .prototxt(
      "17", "a million extents",
      replacing("dim: 1 dim: 2", String(repeating: "dim: 1 ", count: 1_000_000)),
      "expected at most 500000 values, found more"),
  ]

  static let numbers: [HostileCase] = [
    .prototxt(
      "11", "an extent of 2^60", replacing("dim: 4 dim: 4", "dim: 1152921504606846976 dim: 4"),
      "bad.prototxt"),
    .prototxt(
      "11", "extents whose product is 2^64",
      replacing("dim: 1 dim: 2", "dim: 4294967296 dim: 4294967296"), "bad.prototxt"),
    .prototxt("11", "a negative extent", replacing("dim: 1 dim: 2", "dim: -1 dim: 2"), "-1"),
    .prototxt(
      "11", "an extent of 2^63", replacing("dim: 1 dim: 2", "dim: 9223372036854775808 dim: 2"), "3:"
    ),
    .prototxt(
      "11", "255 extents", replacing("dim: 1 dim: 2", String(repeating: "dim: 1 ", count: 255)),
      "data: expected 1 to 32 extents"),
    .prototxt("11", "2^32 outputs", replacing("num_output: 2", "num_output: 4294967296"), "6:"),
    .prototxt(
      "11", "2^32 - 1 outputs", replacing("num_output: 2", "num_output: 4294967295"), "conv",
      culprit: "net.caffemodel"),
    .prototxt(
      "11", "a kernel of 2^31", replacing("kernel_size: 3", "kernel_size: 2147483648"), "conv"),
    .prototxt(
      "11", "pads of 2^32 - 1", replacing("kernel_size: 3", "kernel_size: 3 pad: 4294967295"),
      "conv"),
    .prototxt(
      "11", "a stride of 0", replacing("kernel_size: 3", "kernel_size: 3 stride: 0"), "conv"),
    .prototxt("11", "no groups", replacing("kernel_size: 3", "kernel_size: 3 group: 0"), "conv"),
    .prototxt(
      "14", "extents whose product is 2^64, which is 0",
      replacing("dim: 1 dim: 2", "dim: 2147483648 dim: 536870912"),
      "data: expected 1 to 32 extents of 1 or more that can be multiplied"),
    .prototxt(
      "15", "a kernel larger than the stored one", replacing("kernel_size: 3", "kernel_size: 4"),
      "conv", culprit: "net.caffemodel"),
    .prototxt(
      "20", "a type of layer that nobody knows",
      replacing("\"Convolution\"", "\"Evolution\""), "Evolution"),
    .prototxt(
      "24", "an input without elements", replacing("dim: 1 dim: 2", "dim: 0 dim: 2"), "bad.prototxt"
    ),
  ]

  static let texts: [HostileCase] = [
    .prototxt(
      "27", "messages within messages, 101 deep", text(String(repeating: "a { ", count: 101)),
      "1:399: expected at most 100"),
    .prototxt(
      "28", "4 MB of empty layers", text(String(repeating: "layer{}", count: 600_000)),
      "1:350001: expected layer at most 50000 times", memoryMiB: 192),
    .prototxt(
      "28", "4 MB of extents",
      replacing("dim: 1 dim: 2", String(repeating: "dim:1 ", count: 700_000)),
      "3:3000001: expected at most 500000 values", memoryMiB: 192),
    .prototxt("35", "100,000 braces", text(String(repeating: "layer {", count: 100_000)), "1:"),
    .prototxt(
      "35", "a line of 65 MiB", [UInt8](repeating: 0x61, count: 65 << 20),
      "expected a definition of at most 64 MiB", memoryMiB: 160),
    .prototxt(
      "35", "a line of 8 MB", followed(by: "x" + String(repeating: " ", count: 8_000_000)),
      "expected", memoryMiB: 96),
    .prototxt(
      "35", "a name of 8 MB", followed(by: String(repeating: "x", count: 8_000_000)), "xxx",
      memoryMiB: 160),
    .prototxt(
      "35", "an open text", replacing("top: \"conv\"", "top: \"conv"),
      "5:56: expected the end of a text"),
    .prototxt(
      "35", "an open text at the end", text("name: \"x"), "1:7: expected the end of a text"),
    .prototxt("35", "a backslash at the end", text("name: \"\\"), "1:8"),
    .prototxt(
      "35", "an octal escape above 255", text("name: \"\\777\""),
      "1:8: expected an octal escape"),
    .prototxt(
      "35", "a hexadecimal escape without digits", text("name: \"\\x\""),
      "1:8: expected hexadecimal"),
    .prototxt(
      "35", "a lone surrogate", text("name: \"\\ud800\""), "1:8: expected a Unicode escape"),
    .prototxt(
      "35", "an integer of 100 digits",
      replacing("num_output: 2", "num_output: \(String(repeating: "9", count: 100))"), "6:35"),
    .prototxt(
      "35", "1e999999 for an integer", replacing("num_output: 2", "num_output: 1e999999"), "6:35"),
    .prototxt("35", "a NUL", text("name: \"n\"\u{0}"), "bad.prototxt"),
    .prototxt(
      "35", "a comment to the end", followed(by: "# no newline"), "2 layers, 2 tensors", code: 0),
    .prototxt(
      "35", "lines that end in CR LF, and a byte order mark",
      [0xef, 0xbb, 0xbf] + text(SmallNet.definition.replacingOccurrences(of: "\n", with: "\r\n")),
      "2 layers, 2 tensors", code: 0),
    .prototxt(
      "36", "an unknown field", replacing("kernel_size: 3", "kernel_size: 3 gain: 7"),
      "gain of ConvolutionParameter at 6:"),
    .prototxt(
      "36", "layers in a circle",
      layers(
        "layer { name: 'a' type: 'ReLU' bottom: 'y' top: 'x' } layer { name: 'b' type: 'ReLU' bottom: 'x' top: 'y' }"
      ), "y"),
    .prototxt(
      "36", "a layer that reads itself",
      layers("layer { name: 'a' type: 'ReLU' bottom: 'x' top: 'x' }"), "x"),
    .prototxt(
      "36", "20,000 unknown fields", text((0..<20_000).map { "f\($0): 1\n" }.joined()),
      "unknown to the schema"),
  ]

  @Test(arguments: containers + numbers + texts)
  func `is refused with line, column and rule, and nothing is written`(
    _ row: HostileCase
  ) throws { try row.check() }
}
