import Files
import TensorCore
import TestSupport
import Testing

@testable import NativeFormat

@Suite struct `A native file that lies` {
  /// What is changed in a sound file, and the error it must give.
  struct Lie: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var file: NativeFileBuilder
    var error: String

    init(_ what: String, _ error: String, _ change: (inout NativeFileBuilder) -> Void) {
      testDescription = what
      file = .sound
      change(&file)
      self.error = error
    }

    init(_ old: String, _ new: String, _ error: String) {
      testDescription = "\(old) as \(new)"
      file = .sound(replacing: old, by: new)
      self.error = error
    }
  }

  @Test func `is only refused for its lie`() throws {
    _ = try NativeFile(Bytes(NativeFileBuilder.sound.bytes), path: "test").check()
  }

  static let preambles: [Lie] = [
    Lie("a future major version", "preamble: expected version 1, found 2.2") { $0.major = 2 },
    Lie("an unknown feature", "preamble: requires features 0x4, which are unknown") {
      $0.features = 4
    },
    Lie("a reserved field", "preamble: bytes 56..<60: expected zeros") { $0.reserved = 1 },
    Lie("an odd length", "preamble: the length 65 is no multiple of 64") { $0.fileLength = 65 },
    Lie("a length of 2^63", "preamble: the length 9223372036854775808 is no multiple of 64") {
      $0.fileLength = 1 << 63
    },
    Lie("no length", "preamble: the header of 486 bytes reaches past the end") {
      $0.fileLength = 0
    },
    Lie(
      "a header of 2^64 - 1",
      "preamble: the header of 18446744073709551615 bytes reaches past the end"
    ) { $0.headerLength = .max },
    Lie("a ledger of 2^40", "preamble: the ledger of 1099511627776 bytes reaches past the end") {
      $0.ledgerLength = 1 << 40
    },
    Lie(
      "a table of 2^63 - 1",
      "preamble: the checksum table of 9223372036854775807 bytes reaches past the end"
    ) { $0.tableLength = 1 << 63 - 1 },
    Lie("a long header", "preamble: a header of 16777217 bytes, expected at most 16777216") {
      $0.headerLength = 1 << 24 + 1
      $0.fileLength = 1 << 40
    },
    Lie("a long ledger", "preamble: a ledger of 67108865 bytes, expected at most 67108864") {
      $0.ledgerLength = 1 << 26 + 1
      $0.fileLength = 1 << 40
    },
    Lie("a short table", "checksum table: expected zeros behind its 8 bytes") {
      $0.tableLength = 8
    },
    Lie("a long table", "checksum table: expected 12 bytes, found 16") { $0.tableLength = 16 },
  ]

  static let tensors: [Lie] = [
    Lie("\"offset\":64", "\"offset\":0", "fc/bias: expected offset 64, found 0"),
    Lie("\"offset\":64", "\"offset\":128", "fc/bias: expected offset 64, found 128"),
    Lie("\"offset\":64", "\"offset\":-64", "fc/bias: expected offset 64, found -64"),
    Lie("\"offset\":64", "\"offset\":65", "fc/bias: expected offset 64, found 65"),
    Lie("\"byteCount\":8", "\"byteCount\":9", "fc/bias: 9 bytes for [2] of float32"),
    Lie("\"byteCount\":8", "\"byteCount\":-8", "fc/bias: -8 bytes for [2] of float32"),
    Lie("\"shape\":[2]", "\"shape\":[3]", "fc/bias: 8 bytes for [3] of float32"),
    Lie(
      "\"shape\":[2]", "\"shape\":[-2,-1]",
      "fc/bias: shape: [-2, -1] is no shape, or one of too many elements"),
    Lie(
      "\"shape\":[2]", "\"shape\":[4294967296,4294967296]",
      "fc/bias: shape: [4294967296, 4294967296] is no shape, or one of too many elements"),
    Lie(
      "\"shape\":[2]", "\"shape\":[4611686018427387904]",
      "fc/bias: 8 bytes for [4611686018427387904] of float32"),
    Lie(
      "\"shape\":[2],\"offset\":64,\"byteCount\":8",
      "\"shape\":[1152921504606846976],\"offset\":64,\"byteCount\":4611686018427387904",
      "fc/bias: 4611686018427387904 bytes from 64 on reach past the end of the file"),
    Lie(
      "\"shape\":[2]", "\"shape\":[2,1,1,1,1,1,1,1,1]", "fc/bias: 9 axes, expected at most 8"),
    Lie("\"shape\":[2]", "\"shape\":[2.0]", "fc/bias: expected integers for shape, found a number"),
    Lie("fc/bias", "fc/kernel", "fc/kernel: expected the name fc/bias"),
    Lie("fc/bias", "fc/b", "fc/b: expected the name fc/bias"),
    Lie("\"fc/bias\"", "\"\"", ": expected a name of 1 to 4096 bytes"),
    Lie(
      "\"name\":\"fc/bias\",\"type\":\"float32\"", "\"name\":\"fc/bias\",\"type\":\"int8\"",
      "fc/bias: expected one of float16, bfloat16, float32, float64 for type, found \"int8\""),
    Lie("\"bias\":1", "\"bias\":2", "fc: expected tensor 1 or an earlier one, found 2"),
    Lie("\"bias\":1", "\"bias\":-1", "fc: expected tensor 1 or an earlier one, found -1"),
    Lie("\"kernel\":0", "\"kernel\":1", "fc: expected tensor 0 or an earlier one, found 1"),
    Lie("\"bias\":1", "\"bias\":\"1\"", "fc: expected tensor 1 or an earlier one, found \"1\""),
    Lie(",\"bias\":1", "", "fc/bias: no layer uses this tensor"),
    Lie(
      "a tensor that belongs to none",
      "header: the tensors take 128 bytes of 192: some belong to none"
    ) {
      $0.tensors += [UInt8](repeating: 0, count: 64)
    },
    Lie(
      "an element in the zeros",
      "fc/bias: chunk 0 (bytes 768..<832): expected zeros behind the last element"
    ) {
      $0.tensors[127] = 1
    },
  ]

  static let layers: [Lie] = [
    Lie("fullyConnected", "quantumConnected", "fc: the layer type \"quantumConnected\" is unknown"),
    Lie("\"kernel\":0,", "", "fc: the weight kernel is missing"),
    Lie("\"axis\":1", "\"axis\":1,\"gain\":2", "fc: \"gain\" is no member of this object"),
    Lie("\"axis\":1", "\"Axis\":1", "fc: axis is missing"),
    Lie("\"axis\":1", "\"axis\":\"1\"", "fc: expected an integer for axis, found a string"),
    Lie("\"axis\":1", "\"axis\":7", "fc: expected an axis of [1, 3], found 7"),
    Lie(
      "\"inputs\":[\"data\"]", "\"inputs\":[\"dota\"]",
      "fc: reads dota, which no earlier layer makes"),
    Lie("\"shape\":[1,3]", "\"shape\":[1,4]", "fc: expected 3 inputs, found 4 (of [1, 4])"),
    Lie("\"name\":\"data\"", "\"name\":\"fc\"", "fc: two layers have this name"),
    Lie("\"weights\":{}", "\"weights\":[]", "data: expected an object, found an array"),
    Lie("\"labels\":[]", "\"labels\":[1]", "header: expected strings for labels, found an integer"),
  ]

  static let texts: [Lie] = [
    Lie("{\"name\":\"net\"", "[0", "header: byte 10: expected ',' or ']', found ':'"),
    Lie("\"net\"", "\"\\ud800\"", "header: byte 9: a surrogate stands alone"),
    Lie(
      "\"labels\":[]", "\"labels\":[],\"labels\":[]",
      "header: byte 433: the member \"labels\" appears twice"),
    Lie("\"labels\":[]", "\"label\":[]", "header: labels is missing"),
    Lie(
      "\"labels\":[],", "\"labels\":[],\"mood\":1,", "header: \"mood\" is no member of this object"),
    Lie("a blank ledger", "ledger: byte 1: expected a value, found the end") { $0.ledger = " " },
    Lie("a wrong ledger", "ledger: entries is missing") { $0.ledger = "{}" },
  ]

  @Test(arguments: preambles + tensors + layers + texts)
  func `is refused, and the error names the place`(lie: Lie) {
    let error = #expect(throws: FormatError.self) {
      try NativeFile(Bytes(lie.file.bytes), path: "test").check()
    }
    #expect(error?.description == "test: \(lie.error)")
    #expect(error?.kind == .badModel)
  }

  @Test(arguments: [0, 1] as [UInt16])
  func `of an earlier minor version is read`(minor: UInt16) throws {
    var file = NativeFileBuilder.sound
    file.minor = minor
    _ = try NativeFile(Bytes(file.bytes), path: "test").check()
  }

  @Test func `of a later minor version may have members this one does not know`() throws {
    var file = NativeFileBuilder.sound(replacing: "\"axis\":1", by: "\"axis\":1,\"gain\":2")
    file.minor = 3
    _ = try NativeFile(Bytes(file.bytes), path: "test").check()
  }
}
