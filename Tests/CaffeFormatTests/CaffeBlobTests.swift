import Files
import Protobuf
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

struct CaffeBlobTests {
  private static func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
  }

  private static func doubles(_ values: [Double]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
  }

  private func message(_ build: (inout WireWriter) -> Void) -> Bytes {
    var writer = WireWriter()
    build(&writer)
    return Bytes(writer.bytes)
  }

  private func read(_ bytes: Bytes) throws(FormatError) -> CaffeBlob {
    try bytes.withSpan { (span: RawSpan) throws(FormatError) in
      try CaffeBlob(reading: WireReader(0..<span.byteCount), in: span, of: bytes)
    }
  }

  @Test func `packed floats stay where they lie`() throws {
    let bytes = message { writer in
      writer.field(7, bytes: [0x0a, 2, 2, 3])
      writer.field(5, bytes: Self.floats([1, 2, 3, 4, 5, 6]))
    }
    let blob = try read(bytes)
    #expect(blob.tensor.shape == [2, 3])
    #expect(blob.tensor.elementType == .float32)
    #expect(blob.tensor.floats == [1, 2, 3, 4, 5, 6])
    #expect(blob.byteOffset == 8)
    #expect(try #require(blob.tensor.storedBytes).isIdentical(to: bytes.slice(from: 8, count: 24)!))
  }

  @Test func `several runs and single elements are joined in their order`() throws {
    let bytes = message { writer in
      writer.field(7, bytes: [0x08, 5])
      writer.field(5, bytes: Self.floats([1, 2]))
      writer.field(6, bytes: Self.floats([9]))
      writer.field(5, fixed32: Float(3).bitPattern)
      writer.field(5, bytes: [])
      writer.field(5, bytes: Self.floats([4, 5]))
    }
    let blob = try read(bytes)
    #expect(blob.tensor.floats == [1, 2, 3, 4, 5])
    #expect(blob.byteOffset == nil)
  }

  @Test func `doubles are read, gradients are not`() throws {
    let blob = try read(
      message { writer in
        writer.field(8, bytes: Self.doubles([0.1, 0.2]))
        writer.field(9, bytes: Self.doubles([7]))
        writer.field(7, bytes: [0x08, 2])
      })
    #expect(blob.tensor.elementType == .float64)
    #expect(blob.tensor.doubles == [0.1, 0.2])
  }

  @Test func `doubles beside floats are refused`() throws {
    let error = #expect(throws: FormatError.self) {
      try read(
        message { writer in
          writer.field(5, bytes: Self.floats([1]))
          writer.field(8, bytes: Self.doubles([0.1, 0.2]))
          writer.field(7, bytes: [0x08, 2])
        })
    }
    #expect(error?.reason == "expected the elements once, found 1 of data beside 2 of double_data")
  }

  @Test func `doubles one by one are joined`() throws {
    let blob = try read(
      message { writer in
        writer.field(7, bytes: [0x08, 2])
        writer.field(8, fixed64: 1.5.bitPattern)
        writer.field(8, fixed64: 2.5.bitPattern)
      })
    #expect(blob.tensor.doubles == [1.5, 2.5])
  }

  @Test func `any legacy extent outweighs the shape and the others are zero`() throws {
    let blob = try read(
      message { writer in
        writer.field(7, bytes: [0x08, 2])
        for (number, extent) in [(1, 1), (2, 1), (3, 1), (4, 2)] as [(UInt32, UInt64)] {
          writer.field(number, varint: extent)
        }
        writer.field(5, bytes: Self.floats([1, 2]))
      })
    #expect(blob.tensor.shape == [1, 1, 1, 2])
    let partial = message { writer in
      writer.field(7, bytes: [0x08, 2])
      writer.field(4, varint: 2)
      writer.field(5, bytes: Self.floats([1, 2]))
    }
    #expect(
      failure { try read(partial) }
        == "byte 0: expected 0 elements for the shape [0, 0, 0, 2], found 2")
  }

  @Test func `a tensor without axes has one element`() throws {
    let blob = try read(message { $0.field(5, bytes: Self.floats([0.25])) })
    #expect(blob.tensor.shape == [])
  }

  @Test func `a shape in parts is joined`() throws {
    let blob = try read(
      message { writer in
        writer.field(7, bytes: [0x08, 2, 0x0a, 1, 1])
        writer.field(7, bytes: [0x08, 1])
        writer.field(5, bytes: Self.floats([1, 2]))
      })
    #expect(blob.tensor.shape == [2, 1, 1])
  }

  private static let minusOne: [UInt8] = Array(repeating: 0xff, count: 9) + [1]
  private static let huge: [UInt8] = Array(repeating: 0x80, count: 8) + [0x40]

  @Test(arguments: [
    (
      7, [0x08, 3] as [UInt8], 5, [0, 0, 0, 0] as [UInt8],
      "byte 0: expected 3 elements for the shape [3], found 1"
    ),
    (7, [0x08, 2], 5, [0, 0, 0], "byte 6: expected elements of 4 bytes, found 3 bytes"),
    (7, [0x08, 2], 8, [0, 0, 0, 0], "byte 6: expected elements of 8 bytes, found 4 bytes"),
    (
      7, [0x08] + minusOne, 5, [],
      "byte 0: expected at most 32 extents of 0 or more that can be multiplied, found [-1]"
    ),
    (
      7, [0x08] + huge + [0x08] + huge, 5, [],
      "byte 0: expected at most 32 extents of 0 or more that can be multiplied, "
        + "found [4611686018427387904, 4611686018427387904]"
    ),
    (
      7, [0x0a, 33] + Array(repeating: 1, count: 33), 5, [0, 0, 0, 0],
      "byte 0: expected at most 32 extents of 0 or more that can be multiplied, "
        + "found \(Array(repeating: 1, count: 33))"
    ),
    (7, [0x12, 0], 5, [], "byte 2: expected an extent, found field 2 of BlobShape"),
    (7, [], 12, [1], "byte 4: expected a raw_data_type beside raw_data, found none"),
    (7, [], 12, [], "byte 4: expected a raw_data_type beside raw_data, found none"),
    (7, [], 14, [1], "byte 2: expected a field of BlobProto, found field 14"),
    (1, [], 5, [], "byte 0: expected a field of BlobProto, found field 1"),
  ])
  func `a tensor that lies about itself is refused`(
    first: UInt32, _ shape: [UInt8], second: UInt32, _ content: [UInt8], message: String
  ) {
    let bytes = self.message { writer in
      writer.field(first, bytes: shape)
      writer.field(second, bytes: content)
    }
    #expect(failure { try read(bytes) } == message)
  }

  @Test(arguments: [
    (0 as UInt64, Self.doubles([1.5, -2]), ElementType.float64),
    (1, Self.floats([1.5, -2]), .float32),
    (2, [0x00, 0x3e, 0x00, 0xc0], .float16),
  ])
  func `raw data keeps its type and stays where it lies`(
    type: UInt64, elements: [UInt8], elementType: ElementType
  ) throws {
    let bytes = message { writer in
      writer.field(7, bytes: [0x0a, 1, 2])
      writer.field(10, varint: type)
      writer.field(12, bytes: elements)
      writer.field(11, varint: 3)
      writer.field(13, bytes: [1])
    }
    let blob = try read(bytes)
    #expect(blob.isRaw)
    #expect(blob.tensor.elementType == elementType)
    #expect(blob.tensor.doubles == [1.5, -2])
    #expect(blob.byteOffset == 9)
    #expect(
      try #require(blob.tensor.storedBytes).isIdentical(
        to: bytes.slice(from: 9, count: elements.count)!))
  }

  @Test(arguments: [
    (3 as UInt64, [0, 0, 0, 0] as [UInt8], "found INT, which no weights have"),
    (4, [0, 0, 0, 0], "found UINT, which no weights have"),
    (5, [0], "found BOOL, which no weights have"),
    (6, [0, 0], "expected a raw_data_type of 0 to 5, found 6"),
    (.max, [0, 0], "expected a raw_data_type of 0 to 5, found 18446744073709551615"),
    (1, [0, 0, 0], "expected elements of 4 bytes, found 3 bytes"),
    (2, [0, 0, 0, 0], "expected 1 elements for the shape [1], found 2"),
    (0, [], "expected 1 elements for the shape [1], found 0"),
  ])
  func `raw data that does not fit is refused`(
    type: UInt64, elements: [UInt8], reason: String
  ) {
    let bytes = message { writer in
      writer.field(7, bytes: [0x0a, 1, 1])
      writer.field(10, varint: type)
      writer.field(12, bytes: elements)
    }
    #expect(failure { try read(bytes) }?.hasSuffix(reason) == true)
  }

  @Test func `elements that are there twice are refused`() {
    let bytes = message { writer in
      writer.field(7, bytes: [0x0a, 1, 1])
      writer.field(5, bytes: Self.floats([1]))
      writer.field(10, varint: 1)
      writer.field(12, bytes: Self.floats([1]))
    }
    #expect(
      failure { try read(bytes) }
        == "byte 15: expected the elements once, found raw_data beside 1 of another field")
  }

  @Test func `elements of another wire type are refused`() {
    let bytes = message { $0.field(5, varint: 1) }
    #expect(
      failure { try read(bytes) }
        == "byte 0: expected elements of type float32, found another wire type")
  }
}
