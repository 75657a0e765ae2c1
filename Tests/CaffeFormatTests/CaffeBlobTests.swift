import ModelIO
import TensorCore
import Testing

@testable import CaffeFormat

struct CaffeBlobTests {
  private func floats(_ values: [Float]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
  }

  private func doubles(_ values: [Double]) -> [UInt8] {
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
      writer.field(5, bytes: floats([1, 2, 3, 4, 5, 6]))
    }
    let blob = try read(bytes)
    #expect(blob.tensor.shape == [2, 3])
    #expect(blob.tensor.elementType == .float32)
    #expect(blob.tensor.floats == [1, 2, 3, 4, 5, 6])
    #expect(blob.byteOffset == 8)
    #expect(blob.tensor.bytes.isIdentical(to: bytes.slice(from: 8, count: 24)!))
  }

  @Test func `several runs and single elements are joined in their order`() throws {
    let bytes = message { writer in
      writer.field(7, bytes: [0x08, 5])
      writer.field(5, bytes: floats([1, 2]))
      writer.field(6, bytes: floats([9]))
      writer.field(5, fixed32: Float(3).bitPattern)
      writer.field(5, bytes: [])
      writer.field(5, bytes: floats([4, 5]))
    }
    let blob = try read(bytes)
    #expect(blob.tensor.floats == [1, 2, 3, 4, 5])
    #expect(blob.byteOffset == 6)
  }

  @Test func `doubles outweigh floats`() throws {
    let blob = try read(
      message { writer in
        writer.field(5, bytes: floats([1]))
        writer.field(8, bytes: doubles([0.1, 0.2]))
        writer.field(9, bytes: doubles([7]))
        writer.field(7, bytes: [0x08, 2])
      })
    #expect(blob.tensor.elementType == .float64)
    #expect(blob.tensor.doubles == [0.1, 0.2])
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
        writer.field(5, bytes: floats([1, 2]))
      })
    #expect(blob.tensor.shape == [1, 1, 1, 2])
    let partial = message { writer in
      writer.field(7, bytes: [0x08, 2])
      writer.field(4, varint: 2)
      writer.field(5, bytes: floats([1, 2]))
    }
    #expect(
      failure { try read(partial) }
        == "byte 0: expected 0 elements for the shape [0, 0, 0, 2], found 2")
  }

  @Test func `a tensor without axes has one element`() throws {
    let blob = try read(message { $0.field(5, bytes: floats([0.25])) })
    #expect(blob.tensor.shape == [])
  }

  @Test func `a shape in parts is joined`() throws {
    let blob = try read(
      message { writer in
        writer.field(7, bytes: [0x08, 2, 0x0a, 1, 1])
        writer.field(7, bytes: [0x08, 1])
        writer.field(5, bytes: floats([1, 2]))
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
    (
      7, [], 12, [1],
      "byte 2: expected a tensor as BVLC's Caffe stores it, found NVIDIA's raw data, which is not supported"
    ),
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

  @Test func `elements of another wire type are refused`() {
    let bytes = message { $0.field(5, varint: 1) }
    #expect(
      failure { try read(bytes) }
        == "byte 0: expected elements of type float32, found another wire type")
  }
}
