import Files
import TensorCore
import TestSupport
import Testing

@testable import Containers

@Suite struct `An npy array` {
  private static func header(_ descr: String, _ shape: String, fortran: Bool = false) -> String {
    "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
  }

  static let types: [(descr: String, bytes: [UInt8], type: ElementType, value: Double)] = [
    ("<f4", [0, 0, 0xc0, 0x3f], .float32, 1.5), (">f4", [0x3f, 0xc0, 0, 0], .float32, 1.5),
    ("<f8", [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], .float64, 1.5),
    (">f8", [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], .float64, 1.5),
    ("<f2", [0, 0x3e], .float16, 1.5), (">f2", [0x3e, 0], .float16, 1.5),
    ("<V2", [0xc0, 0x3f], .bfloat16, 1.5),  // ml_dtypes
    ("|b1", [1], .float32, 1), ("|u1", [200], .float32, 200), ("|i1", [0xfe], .float32, -2),
    ("<u2", [0xff, 0xff], .float32, 65535), (">i2", [0xff, 0xfe], .float32, -2),
    ("<u4", [0xff, 0xff, 0xff, 0xff], .float64, 4_294_967_295),
    (">i4", [0xff, 0xff, 0xff, 0xfe], .float64, -2),
    ("<i8", [0, 0, 0, 0, 0, 0, 0x20, 0], .float64, 0x1p53),
    (">u8", [0x80, 0, 0, 0, 0, 0, 0, 0], .float64, 0x1p63),
  ]

  @Test(arguments: types)
  func `each type becomes a float that holds it exactly`(
    descr: String, bytes: [UInt8], type: ElementType, value: Double
  ) throws {
    let tensor = try NPY.tensor(decoding: npy(Self.header(descr, "(1,)"), bytes))
    #expect(tensor.elementType == type)
    #expect(tensor.shape == [1])
    #expect(tensor.doubles == [value])
  }

  @Test func `little-endian floats stay where they are`() throws {
    let bytes = npy(Self.header("<f4", "(1,)"), [0, 0, 0, 0])
    let tensor = try NPY.tensor(decoding: bytes)
    #expect(
      try #require(tensor.storedBytes).isIdentical(
        to: try #require(bytes.slice(from: bytes.count - 4, count: 4))))
  }

  @Test(arguments: [1, 2, 3] as [UInt8])
  func `every version is read`(version: UInt8) throws {
    let bytes = npy(Self.header("|u1", "()"), [7], version: version)
    let tensor = try NPY.tensor(decoding: bytes)
    #expect(tensor.shape == [])
    #expect(tensor.doubles == [7])
  }

  @Test func `Fortran order is turned round`() throws {
    let bytes = npy(Self.header("|u1", "(2, 3, 2)", fortran: true), Array(0..<12))
    let tensor = try NPY.tensor(decoding: bytes)
    #expect(tensor.doubles == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
  }

  @Test func `an array without elements is read`() throws {
    let tensor = try NPY.tensor(decoding: npy(Self.header("<f4", "(0, 3)", fortran: true), []))
    #expect(tensor.shape == [0, 3])
  }

  @Test(arguments: [
    "{\"shape\": (2L, 1L), \"fortran_order\": False, \"descr\": \"|u1\"}",
    "  {'descr':'|u1','fortran_order':False,'shape':(2,1)}   \n",
  ])
  func `the header may be written otherwise`(header: String) throws {
    #expect(try NPY.tensor(decoding: npy(header, [1, 2])).shape == [2, 1])
  }

  static let lies: [(header: String, error: String)] = [
    (header("|O", "(1,)"), "byte 10: expected floats, integers or booleans, found '|O'"),
    (
      header("|V2", "(1,)"),
      "byte 10: expected floats, integers or booleans, found '|V2': raw bytes; save them as float32"
    ),
    (header("<c8", "(1,)"), "byte 10: expected floats, integers or booleans, found '<c8'"),
    (header("<f16", "(1,)"), "byte 10: expected floats, integers or booleans, found '<f16'"),
    (header("|u1", "(2,)"), "byte 68: expected [2] elements of 1 bytes, found 1 bytes"),
    (header("|u1", "(0,)"), "byte 68: expected [0] elements of 1 bytes, found 1 bytes"),
    (
      header("|u1", "(4294967296, 4294967296)"),
      "byte 10: expected at most 32 extents that can be multiplied, "
        + "found [4294967296, 4294967296]"
    ),
    (
      header("<f8", "(2305843009213693952,)"),
      "byte 86: expected [2305843009213693952] elements of 8 bytes, found 1 bytes"
    ),
    (header("|u1", "(9223372036854775808,)"), "byte 80: expected an extent, found byte 0x2c"),
    (header("|u1", "(-1,)"), "byte 61: expected an extent, found byte 0x2d"),
    (
      header("|u1", "(" + String(repeating: "1, ", count: 33) + ")"),
      "byte 10: expected at most 32 extents that can be multiplied, "
        + "found \([Int](repeating: 1, count: 33))"
    ),
    (
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
      "byte 20: expected one type, found a record"
    ),
    (
      "{'descr': '|u1', 'shape': (1,)}",
      "byte 10: expected descr, fortran_order and shape, found [\"descr\", \"shape\"]"
    ),
    (
      "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
      "byte 10: expected descr, fortran_order and shape, "
        + "found [\"descr\", \"descr\", \"fortran_order\", \"shape\"]"
    ),
    (
      "{'descr': __import__('os')}",
      "byte 20: expected a string, a tuple, True or False, found byte 0x5f"
    ),
    ("{'descr': '|u1'", "byte 25: expected '}', found the end"),
    ("", "byte 10: expected '{', found the end"),
  ]

  @Test(arguments: lies)
  func `a header that cannot be true is refused`(header: String, expected: String) {
    let error = #expect(throws: FormatError.self) { try NPY.tensor(decoding: npy(header, [1])) }
    #expect(error?.description == expected)
  }

  @Test(arguments: [
    ("<i8", [1, 0, 0, 0, 0, 0, 0x20, 0]), ("<u8", [UInt8](repeating: 0xff, count: 8)),
  ])
  func `an integer that no Double holds is refused`(descr: String, bytes: [UInt8]) {
    let array = npy(Self.header(descr, "(1,)"), bytes)
    let error = #expect(throws: FormatError.self) { try NPY.tensor(decoding: array) }
    #expect(error?.reason == "an integer that no float64 holds exactly")
  }

  @Test func `a boolean of 2 is refused`() {
    let array = npy(Self.header("|b1", "(2,)"), [1, 2])
    let error = #expect(throws: FormatError.self) { try NPY.tensor(decoding: array) }
    #expect(error?.description == "byte 69: expected a boolean, 0 or 1")
  }

  @Test func `every truncation is refused`() {
    let bytes = npy(Self.header("<f4", "(2, 1)"), [UInt8](repeating: 0, count: 8))
    let accepted = (0..<bytes.count).filter {
      (try? NPY.tensor(decoding: bytes.slice(from: 0, count: $0)!)) != nil
    }
    #expect(accepted.isEmpty)
  }
}
