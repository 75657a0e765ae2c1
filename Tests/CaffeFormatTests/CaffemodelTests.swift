import Files
import ModelGraph
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// The binary message beyond its tensors, and what decoding it may cost.
struct CaffemodelTests {
  private func message(_ build: (inout WireWriter) -> Void) -> Bytes {
    var writer = WireWriter()
    build(&writer)
    return Bytes(writer.bytes)
  }

  private func layer(_ build: (inout WireWriter) -> Void) -> Bytes {
    message { $0.field(100, bytes: message(build).array) }
  }

  @Test(
    arguments: [
      (100, "byte 0: expected the type of layer in NetParameter, found an integer"),
      (1, "byte 0: expected the type of name in NetParameter, found an integer"),
    ] as [(UInt32, String)])
  func `a number in place of a message or a text is refused`(field: UInt32, message: String) {
    let bytes = self.message { $0.field(field, varint: 1) }
    #expect(failure { try CaffeNet(binary: bytes) } == message)
  }

  @Test func `a message in place of a number is refused`() {
    let bytes = message { $0.field(5, bytes: [1]) }
    #expect(
      failure { try CaffeNet(binary: bytes) }
        == "byte 0: expected the type of force_backward in NetParameter, found a length-prefixed value"
    )
  }

  @Test func `a fixed number in place of a varint is refused`() {
    #expect(
      failure { try CaffeNet(binary: message { $0.field(4, fixed32: 1) }) }
        == "byte 0: expected the type of input_dim in NetParameter, found 4 bytes")
    #expect(
      failure { try CaffeNet(binary: message { $0.field(4, fixed64: 1) }) }
        == "byte 0: expected the type of input_dim in NetParameter, found 8 bytes")
  }

  @Test func `packed numbers must fill their run`() throws {
    #expect(
      failure { try CaffeNet(binary: layer { $0.field(5, bytes: [0, 0, 0]) }) }
        == "byte 5: expected elements of 4 bytes, found 3 bytes")
    #expect(
      failure { try CaffeNet(binary: message { $0.field(4, bytes: [1, 0x80]) }) }
        == "byte 3: expected an integer, found the end of the message inside it")
    let net = try CaffeNet(
      binary: message { writer in
        writer.field(3, bytes: Array("x".utf8))
        writer.field(4, bytes: [1, 2, 3, 4])
      })
    guard case .input(let shapes) = net.layers[0].operation else {
      Issue.record("expected an input layer")
      return
    }
    #expect(shapes == [[1, 2, 3, 4]])
  }

  @Test func `text that is not UTF-8 is refused`() {
    for text: [UInt8] in [[0xff], [0x61, 0]] {
      #expect(
        failure { try CaffeNet(binary: message { $0.field(1, bytes: text) }) }
          == "byte 2: expected UTF-8 text in name of NetParameter")
    }
  }

  @Test func `a missing required field is refused`() {
    // Field 148 is clip_param, whose min and max are required.
    let bytes = layer { $0.field(148, bytes: []) }
    #expect(
      failure { try CaffeNet(binary: bytes) }
        == "byte \(bytes.count): expected min in ClipParameter, found none")
  }

  @Test func `fields of forks are noted and left out`() throws {
    let net = try CaffeNet(
      binary: layer { writer in
        for _ in 0..<3 { writer.field(147_000, bytes: [1, 2]) }
        writer.field(1, bytes: Array("a".utf8))
        writer.field(12, varint: 7)
      })
    #expect(net.layers[0].name == "a")
    #expect(
      net.notes == [
        "left out field 12 of LayerParameter, unknown to the schema (1 found)",
        "left out field 147000 of LayerParameter, unknown to the schema (3 found)",
      ])
  }

  @Test func `too many kinds of unknown fields are refused`() {
    let bytes = message { writer in
      for number in 1000..<2001 { writer.field(UInt32(number), varint: 0) }
    }
    #expect(
      failure { try CaffeNet(binary: bytes) }?
        .hasSuffix("expected a NetParameter, found more than 1000 unknown fields") == true)
  }

  @Test func `both dialects in one file are refused`() {
    let bytes = message { writer in
      writer.field(2, bytes: [])
      writer.field(100, bytes: [])
      writer.field(100, bytes: [])
    }
    #expect(
      failure { try CaffeNet(binary: bytes) }
        == "expected either layer or layers, found 2 of the one and 1 of the other")
  }

  @Test func `a million empty layers are refused by the limit on memory`() {
    var bytes: [UInt8] = []
    for _ in 0..<1_000_000 { bytes += [0xa2, 0x06, 0x00] }
    #expect(
      failure { try CaffeNet(binary: Bytes(bytes)) }
        == "expected a definition that takes at most 61 MiB decoded, found a larger one")
    bytes += (0..<200_000).flatMap { _ in [0xa2, 0x06, 0x00] as [UInt8] }
    #expect(
      failure { try CaffeNet(binary: Bytes(bytes)) }?
        .hasSuffix("expected at most 1048576 messages, found more") == true)
  }

  @Test func `a million empty tensors are refused before they fill the memory`() {
    let tensor: [UInt8] = [0x3a, 0x02, 0x08, 0x00]  // no elements by its first extent
    let layer = message { $0.field(100, bytes: (0..<1 << 20).flatMap { _ in tensor }) }
    #expect(
      failure { try CaffeNet(binary: layer) }
        == "byte 4194304: expected at most 1048576 messages, found more")
  }

  @Test func `decoding survives the failure of any allocation`() throws {
    let text = """
      name: 'net' input: 'data' input_shape { dim: [1, 2] }
      layer { name: 'a' type: 'Scale' bottom: 'data' top: 'a' param { name: 'p' } param { lr_mult: 2 }
        include { phase: TEST stage: 's' } scale_param { filler { type: 'constant' } } loss_weight: 1 }
      layer { name: 'b' type: 'Convolution' convolution_param { pad: [1, 2] stride: 1 } }
      """
    let message = try NetMessage(Bytes(try encoded(text)))
    var failures = 0
    for count in 0..<200 {
      let budget = AllocationBudget(allocationCount: count)
      do {
        let net = try CaffeNet(message, notes: [], budget: budget)
        #expect(net.layers.map(\.name) == ["input", "a", "b"])
      } catch {
        #expect(
          error.reason
            == "expected a definition that takes at most 61 MiB decoded, found a larger one")
        failures += 1
      }
    }
    #expect(failures > 10 && failures < 100)
  }

  @Test(arguments: [
    ("\u{1b}[31m", "layer 1: expected names without control characters, found \"\\u{1B}[31m\""),
    ("a\nb", "layer 1: expected names without control characters, found \"a\\nb\""),
    ("a\u{202e}b", "layer 1: expected names without control characters, found \"a\\u{202E}b\""),
    (
      String(repeating: "x", count: 1025),
      "layer 1: expected names of at most 1024 bytes, found one of 1025"
    ),
  ])
  func `names that spoil messages are refused`(name: String, message: String) {
    let bytes = layer { $0.field(1, bytes: Array(name.utf8)) }
    #expect(failure { try CaffeNet(binary: bytes) } == message)
  }
}
