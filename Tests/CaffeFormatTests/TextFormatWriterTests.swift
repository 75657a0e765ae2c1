import Files
import Foundation
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

struct TextFormatWriterTests {
  /// The text of a message that is given as text.
  private func printed(_ text: String) throws -> String {
    try TextFormatWriter.text(of: encoded(text), as: .net)
  }

  static let fixtures: [URL] = {
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return ["digits", "layers"].flatMap { name in
      let folder = project.appending(path: "fixtures/\(name)")
      let files = try? FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: nil)
      return (files ?? []).filter { $0.pathExtension == "prototxt" }
    }.sorted { $0.path < $1.path }
  }()

  @Test func `the definitions are there`() { #expect(Self.fixtures.count > 80) }

  @Test(arguments: fixtures)
  func `the parser reads what the writer prints as the same message`(file: URL) throws {
    let message = try encoded(String(contentsOf: file, encoding: .utf8))
    let text = try TextFormatWriter.text(of: message, as: .net)
    #expect(try encoded(text) == message)
  }

  @Test func `each field has its line, each level two spaces`() throws {
    let text = """
      name: "net"
      layer {
        name: "conv"
        param {
        }
        convolution_param {
          num_output: 4
          bias_term: false
          kernel_size: 3
          kernel_size: 5
          engine: CAFFE
        }
        pooling_param {
          round_mode: FLOOR
        }
      }

      """
    #expect(try printed(text) == text)
  }

  @Test func `packed and single elements are printed alike`() throws {
    var packed = WireWriter()
    for extent: UInt64 in [1, 300, 5] { packed.varint(extent) }
    var shape = WireWriter()
    shape.field(1, bytes: packed.bytes)
    var net = WireWriter()
    net.field(8, bytes: shape.bytes)
    #expect(
      try TextFormatWriter.text(of: net.bytes, as: .net)
        == "input_shape {\n  dim: 1\n  dim: 300\n  dim: 5\n}\n")
    let blob = "layer { blobs { data: [1, 2.5] double_data: [0.1] } }"
    #expect(try encoded(printed(blob)) == encoded(blob))
  }

  @Test(
    arguments: [
      (0, "0"), (-0.0, "-0"), (1, "1"), (0.1, "0.1"), (1e-5, "1e-05"), (0.00390625, "0.00390625"),
      (1.001e-5, "1.001e-05"), (16_777_216, "16777216"), (1e10, "1e+10"), (0.999, "0.999"),
      (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"), (.leastNonzeroMagnitude, "1e-45"),
      (.greatestFiniteMagnitude, "3.4028235e+38"),
    ] as [(Float, String)])
  func `floats are as short as they can be`(value: Float, text: String) throws {
    #expect(decimal(of: value) == text)
  }

  @Test func `every float comes back bit by bit`() throws {
    var generator = SeededGenerator(seed: 3)
    let floats = (0..<20_000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
    }.filter(\.isFinite)
    let text = floats.map { "loss_weight: \(decimal(of: $0))\n" }.joined()
    var expected = WireWriter()
    for float in floats { expected.field(5, fixed32: float.bitPattern) }
    var net = WireWriter()
    net.field(100, bytes: expected.bytes)
    #expect(try encoded("layer {\n\(text)}") == net.bytes)
  }

  @Test(arguments: [
    ("conv1", "conv1"), ("a \"b\" 'c' \\", "a \\\"b\\\" 'c' \\\\"), ("ü≥", "ü≥"),
    ("1\n2\r3\t4", "1\\n2\\r3\\t4"), ("\u{1}7\u{7f}", "\\0017\\177"), ("", ""), ("#{}:", "#{}:"),
  ])
  func `texts are escaped as the parser wants them`(name: String, literal: String) throws {
    var net = WireWriter()
    net.field(1, bytes: name.utf8)
    let text = try TextFormatWriter.text(of: net.bytes, as: .net)
    #expect(text == "name: \"\(literal)\"\n")
    #expect(try encoded(text) == net.bytes)
  }

  @Test func `a message of another schema is refused`() throws {
    var unknown = WireWriter()
    unknown.field(77, varint: 1)
    #expect(
      failure { try TextFormatWriter.text(of: unknown.bytes, as: .net) }
        == "byte 0: expected a field of NetParameter, found field 77")
    var mistyped = WireWriter()
    mistyped.field(1, varint: 1)
    #expect(
      failure { try TextFormatWriter.text(of: mistyped.bytes, as: .net) }
        == "byte 0: expected a value of name, found one of another type")
  }
}
