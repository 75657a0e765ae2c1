import Files
import Protobuf
import TensorCore
import TestSupport
import Testing

struct WireReaderTests {
  /// Walks all fields of a message.
  private func walk(_ bytes: [UInt8]) throws(FormatError) -> [(UInt32, Int)] {
    try Bytes(bytes).withSpan { (span: RawSpan) throws(FormatError) in
      var reader = WireReader(0..<span.byteCount)
      var fields: [(UInt32, Int)] = []
      while let field = try reader.next(in: span) { fields.append((field.number, field.offset)) }
      return fields
    }
  }

  @Test func `fields of all four wire types are found with their offsets`() throws {
    let fields = try walk([
      0x08, 0x96, 0x01,  // 1: varint 150
      0x11, 1, 2, 3, 4, 5, 6, 7, 8,  // 2: eight bytes
      0x1a, 0x02, 0xff, 0xff,  // 3: two bytes
      0xa5, 0x06, 1, 2, 3, 4,  // 100: four bytes
    ])
    #expect(fields.map(\.0) == [1, 2, 3, 100])
    #expect(fields.map(\.1) == [0, 3, 12, 16])
  }

  @Test(
    arguments: [
      ([0x08], "byte 1: expected an integer, found the end of the message inside it"),
      ([0x08, 0x80], "byte 1: expected an integer, found the end of the message inside it"),
      (
        [0x08] + Array(repeating: 0xff, count: 10),
        "byte 1: expected an integer of 64 bits, found a longer one"
      ),
      (
        [0x08] + Array(repeating: 0x80, count: 9) + [0x02],
        "byte 1: expected an integer of 64 bits, found a longer one"
      ),
      (
        [0x08, 0x81, 0x00],
        "byte 1: expected an integer in its shortest form, found one padded with zeros"
      ),
      ([0x00], "byte 0: expected a field number of 1 to 536870911, found 0"),
      (
        [0x82, 0x80, 0x80, 0x80, 0x10, 0x00],
        "byte 0: expected a field number of 1 to 536870911, found 536870912"
      ),
      ([0x0b], "byte 0: expected wire type 0, 1, 2 or 5, found 3"),
      ([0x0c], "byte 0: expected wire type 0, 1, 2 or 5, found 4"),
      ([0x0e], "byte 0: expected wire type 0, 1, 2 or 5, found 6"),
      ([0x0f], "byte 0: expected wire type 0, 1, 2 or 5, found 7"),
      (
        [0x08, 0x01, 0x0d, 1, 2, 3],
        "byte 3: expected 4 bytes, found 3 to the end of the file, which seems to be cut off"
      ),
      (
        [0x09, 1, 2],
        "byte 1: expected 8 bytes, found 2 to the end of the file, which seems to be cut off"
      ),
      (
        [0x0a, 0x05, 1],
        "byte 1: expected 5 bytes, found 1 to the end of the file, which seems to be cut off"
      ),
      (
        [0x0a, 0x80, 0x80, 0x80, 0x80, 0x08],
        "byte 1: expected 2147483648 bytes, found 0 to the end of the file, which seems to be cut off"
      ),
      (
        [0x0a] + Array(repeating: 0xff, count: 9) + [0x01],
        "byte 1: expected 18446744073709551615 bytes, found 0 to the end of the file, which seems to be cut off"
      ),
    ] as [([UInt8], String)])
  func `a malformed field is refused with its offset`(bytes: [UInt8], message: String) {
    #expect(failure { try walk(bytes) } == message)
  }

  @Test func `integers of all lengths are read`() throws {
    for shift in 0..<64 {
      for value in [UInt64(1) << shift, (UInt64(1) << shift) - 1, ~(UInt64(1) << shift)] {
        var writer = WireWriter()
        writer.varint(value)
        let read = try Bytes(writer.bytes).withSpan { (span: RawSpan) throws(FormatError) in
          var reader = WireReader(0..<span.byteCount)
          return try reader.varint(in: span)
        }
        #expect(read == value)
      }
    }
  }

  @Test func `a length may not reach beyond the message around it`() {
    // The inner message has 2 bytes; its field claims 3, which the file has.
    let bytes: [UInt8] = [0x0a, 0x02, 0x0a, 0x03, 1, 2, 3]
    let message = failure {
      try Bytes(bytes).withSpan { (span: RawSpan) throws(FormatError) in
        let outer = WireReader(0..<span.byteCount)
        var inner = try outer.message(in: 2..<4)
        _ = try inner.next(in: span)
      }
    }
    #expect(message == "byte 3: expected 3 bytes, found 0 to the end of the message")
  }

  @Test func `a hundred nested messages are the limit`() throws {
    var reader = WireReader(0..<200)
    for _ in 1..<100 { reader = try reader.message(in: 0..<100) }
    #expect(
      failure { try reader.message(in: 7..<9) }
        == "byte 7: expected at most 100 nested messages, found more")
  }
}
