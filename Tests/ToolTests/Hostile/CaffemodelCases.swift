import Foundation
import ResNetKit
import TestSupport
import Testing

/// Caffemodels that lie: cases of the matrix about protobuf and numbers.
@Suite struct `A hostile caffemodel` {
  /// The whole file with some bytes behind it.
  private static func followed(by bytes: [UInt8]) -> [UInt8] { SmallNet.caffemodel + bytes }

  /// A field of a number and wire type, with bytes behind the tag.
  private static func field(_ number: UInt64, _ wireType: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    var wire = Wire()
    wire.tag(number, wireType)
    return wire.bytes + bytes
  }

  /// A kernel's blob of one more field.
  private static func kernel(_ shape: [Int64] = [2, 2, 3, 3], with extra: [UInt8]) -> [UInt8] {
    SmallNet.net([
      SmallNet.layer(
        "conv", [SmallNet.blob(shape, SmallNet.floats(36)) + extra, SmallNet.bias])
    ])
  }

  /// A caffemodel whose kernel has NVIDIA's raw data.
  private static func raw(type: UInt64?, _ data: [UInt8], beside extra: [UInt8] = []) -> [UInt8] {
    let kernel = Wire {
      $0.field(7, Wire { $0.field(1, [2, 2, 3, 3]) }.bytes)
      if let type { $0.field(10, varint: type) }
      $0.field(12, data)
    }
    return SmallNet.net([SmallNet.layer("conv", [kernel.bytes + extra, SmallNet.bias])])
  }

  /// Messages within messages that no schema knows.
  private static func nested(_ depth: Int) -> [UInt8] {
    (0..<depth).reduce([]) { content, _ in Wire { $0.field(100, content) }.bytes }
  }

  static let containers: [HostileCase] = [
    .caffemodel("1", "empty", [], "expected a binary caffemodel, found an empty file"),
    .caffemodel("4", "trailing garbage", followed(by: [0xde, 0xad, 0xbe, 0xef]), "byte 185"),
    .caffemodel("4", "trailing zeros", followed(by: [0, 0, 0, 0]), "byte 185"),
    .caffemodel(
      "4", "a second caffemodel behind the first", followed(by: SmallNet.caffemodel),
      "2 layers named conv"),
    .caffemodel(
      "4", "a zip archive behind it", followed(by: ZipBuilder(members: []).bytes.array), "byte"),
    .caffemodel("5", "a prototxt by content", Array(SmallNet.definition.utf8), "found a prototxt"),
    .caffemodel(
      "5", "a native file by content", NativeFileBuilder.sound.bytes,
      "found a native model of this toolkit"),
    .caffemodel("51", "a pickle that calls os.system", Pickle.call, "found text"),
    .caffemodel("54", "an old torch file", Pickle.legacy, "found a PyTorch checkpoint"),
    .caffemodel(
      "10", "a layer name of invalid UTF-8",
      SmallNet.net([Wire { $0.field(1, [0xff, 0xfe]) }.bytes]), "expected UTF-8 text in name"),
    .caffemodel(
      "10", "a layer name with a NUL",
      SmallNet.net([Wire { $0.field(1, [0x61, 0, 0x62]) }.bytes]), "expected UTF-8 text in name"),
    .caffemodel(
      "10", "a layer name of escapes and reordering",
      SmallNet.net([SmallNet.layer("\u{1b}[2J\u{202e}\r\n", [SmallNet.kernel])]),
      "expected names without control characters", "\\u{1B}[2J\\u{202E}"),
    .caffemodel(
      "10", "a layer name of a megabyte",
      SmallNet.net([SmallNet.layer(String(repeating: "x", count: 1 << 20), [SmallNet.kernel])]),
      "layer 1: expected names of at most 1024 bytes"),
    .caffemodel(
      "17", "two layers of one name",
      SmallNet.net([
        SmallNet.layer("conv", [SmallNet.kernel, SmallNet.bias]),
        SmallNet.layer("conv", [SmallNet.kernel, SmallNet.bias]),
      ]), "2 layers named conv"),
    .caffemodel(
      "17", "names equal but for upper case",
      SmallNet.net([
        SmallNet.layer("conv", [SmallNet.kernel, SmallNet.bias]),
        SmallNet.layer("Conv", [SmallNet.kernel]),
      ]), "Conv"),
  ]

  static let numbers: [HostileCase] = [
    .caffemodel("11", "[2^60]", SmallNet.caffemodel(kernel: [1 << 60]), "byte"),
    .caffemodel("11", "[2^32, 2^32]", SmallNet.caffemodel(kernel: [1 << 32, 1 << 32]), "byte"),
    .caffemodel(
      "11", "[2^31, 2^31, 4]", SmallNet.caffemodel(kernel: [1 << 31, 1 << 31, 4]), "byte"),
    .caffemodel(
      "11", "[0, 2^63 - 1]", SmallNet.caffemodel(kernel: [0, .max]), "expected 0 elements"),
    .caffemodel("11", "[0, 2^62, 4]", SmallNet.caffemodel(kernel: [0, 1 << 62, 4]), "multiplied"),
    .caffemodel("11", "[-1]", SmallNet.caffemodel(kernel: [-1]), "0 or more"),
    .caffemodel("11", "[-2, -18]", SmallNet.caffemodel(kernel: [-2, -18]), "0 or more"),
    .caffemodel(
      "11", "rank 255", SmallNet.caffemodel(kernel: [Int64](repeating: 1, count: 255)),
      "at most 32 extents"),
    .caffemodel("14", "[2^63 - 1, 2]", SmallNet.caffemodel(kernel: [.max, 2]), "multiplied"),
    .caffemodel(
      "14", "[2^32, 2^32, 0]", SmallNet.caffemodel(kernel: [1 << 32, 1 << 32, 0]), "byte"),
    .caffemodel(
      "15", "one element less than the shape",
      SmallNet.caffemodel(kernel: [2, 2, 3, 3], SmallNet.floats(35)),
      "expected 36 elements", "found 35"),
    .caffemodel(
      "15", "one element more than the shape",
      SmallNet.caffemodel(kernel: [2, 2, 3, 3], SmallNet.floats(37)),
      "expected 36 elements", "found 37"),
    .caffemodel(
      "15", "a shape of as many elements that is not the layer's",
      SmallNet.caffemodel(kernel: [2, 3, 3, 2]), "conv"),
    .caffemodel(
      "18", "a field of 2^32 packed elements in a short file",
      SmallNet.net([
        SmallNet.layer(
          "conv", [Wire { $0.tag(5, 2) }.bytes + Wire.varint(1 << 34) + SmallNet.floats(4)])
      ]), "byte", "17179869184"),
    .caffemodel(
      "20", "raw data of type 9", raw(type: 9, SmallNet.floats(36)),
      "expected a raw_data_type of 0 to 5, found 9"),
    .caffemodel(
      "20", "raw data of integers", raw(type: 3, SmallNet.floats(36)), "found INT"),
    .caffemodel(
      "24", "a tensor without elements", SmallNet.caffemodel(kernel: [0, 2, 3, 3], []), "conv"),
    .caffemodel(
      "24", "a tensor of rank 0", SmallNet.caffemodel(kernel: [], SmallNet.floats(1)), "conv"),
    .caffemodel(
      "30", "a shape and other legacy extents",
      kernel(with: Wire { for number in 1...4 { $0.field(UInt64(number), varint: 3) } }.bytes),
      "expected 81 elements", "found 36"),
    .caffemodel(
      "33", "data, and as many double_data",
      kernel(with: Wire { $0.field(8, [UInt8](repeating: 0, count: 8 * 36)) }.bytes),
      "expected the elements once, found 36 of data beside 36 of double_data"),
    .caffemodel(
      "33", "data, and fewer double_data",
      kernel(with: Wire { $0.field(8, [UInt8](repeating: 0, count: 8 * 35)) }.bytes),
      "found 36 of data beside 35 of double_data"),
    .caffemodel(
      "33", "data of 143 bytes",
      SmallNet.caffemodel(kernel: [2, 2, 3, 3], Array(SmallNet.floats(36).dropLast())),
      "expected elements of 4 bytes, found 143"),
    .caffemodel(
      "33", "raw data of no type", raw(type: nil, SmallNet.floats(36)),
      "expected a raw_data_type beside raw_data"),
    .caffemodel(
      "33", "raw data of 143 bytes", raw(type: 1, Array(SmallNet.floats(36).dropLast())),
      "expected elements of 4 bytes, found 143"),
    .caffemodel(
      "33", "raw data of half as many floats", raw(type: 1, SmallNet.floats(18)),
      "expected 36 elements", "found 18"),
    .caffemodel(
      "33", "raw data and data",
      raw(
        type: 1, SmallNet.floats(36), beside: Wire { $0.field(5, SmallNet.floats(36)) }.bytes),
      "expected the elements once, found raw_data beside 36"),
    .caffemodel(
      "33", "double_data of 12 bytes", kernel(with: Wire { $0.field(8, SmallNet.floats(3)) }.bytes),
      "expected elements of 8 bytes, found 12"),
  ]

  static let wires: [HostileCase] = [
    .caffemodel(
      "25", "an integer of 11 bytes", [0x08] + [UInt8](repeating: 0xff, count: 10) + [1],
      "no protobuf of Caffe from byte 1 on"),
    .caffemodel(
      "25", "an integer padded with zeros", followed(by: [0xa0, 0x86, 0x80, 0]), "padded"),
    .caffemodel(
      "25", "an integer cut short", followed(by: [0xa0, 0x86, 0xff]),
      "byte 185: expected an integer"),
    .caffemodel("25", "field number 0", followed(by: [0x02, 0]), "expected a field number"),
    .caffemodel("25", "wire type 3", followed(by: field(100, 3, [])), "wire type", "found 3"),
    .caffemodel("25", "wire type 4", followed(by: field(100, 4, [])), "wire type", "found 4"),
    .caffemodel("25", "wire type 6", followed(by: field(100, 6, [])), "wire type", "found 6"),
    .caffemodel("25", "wire type 7", followed(by: field(100, 7, [])), "wire type", "found 7"),
    .caffemodel("25", "a layer that is an integer", followed(by: field(100, 0, [1])), "byte 185"),
    .caffemodel(
      "26", "a length of one byte too many", followed(by: field(100, 2, [3, 8, 1])),
      "expected 3 bytes, found 2"),
    .caffemodel(
      "26", "a length of 2^31", followed(by: field(100, 2, Wire.varint(1 << 31))),
      "expected 2147483648 bytes, found 0"),
    .caffemodel(
      "26", "a length of 2^63", followed(by: field(100, 2, Wire.varint(1 << 63))),
      "expected 9223372036854775808 bytes, found 0"),
    .caffemodel(
      "26", "a length of 2^64 - 1", followed(by: field(100, 2, Wire.varint(.max))),
      "expected 18446744073709551615 bytes, found 0"),
    .caffemodel(
      "27", "30 KB of messages within messages", nested(10_000), "expected stored tensors"),
    .caffemodel("27", "messages within messages, 99 deep", nested(99), "expected stored tensors"),
    .caffemodel(
      "28", "4 MB of empty layers",
      (0..<1_400_000).flatMap { _ in [0xa2, 0x06, 0x00] as [UInt8] }, "expected at most",
      memoryMiB: 192),
    .caffemodel(
      "28", "4 MB of empty old layers",
      (0..<2_000_000).flatMap { _ in [0x12, 0x00] as [UInt8] }, "expected at most", memoryMiB: 192),
    .caffemodel(
      "28", "4 MB of empty parameters in one layer",
      SmallNet.net([(0..<2_000_000).flatMap { _ in [0x32, 0x00] as [UInt8] }]), "expected at most",
      memoryMiB: 192),
    .caffemodel(
      "28", "4 MB of empty tensors in one layer",
      SmallNet.net([
        SmallNet.layer("conv", []) + (0..<2_000_000).flatMap { _ in [0x3a, 0x00] as [UInt8] }
      ]),
      "expected", memoryMiB: 512),
    .caffemodel(
      "28", "4 MB of extents",
      SmallNet.caffemodel(kernel: [Int64](repeating: 0, count: 4_000_000)), "at most 32 extents"),
    .caffemodel(
      "28", "4 MB of integers in one packed field",
      Wire { $0.field(4, [UInt8](repeating: 1, count: 4 << 20)) }.bytes + SmallNet.caffemodel,
      "2 layers, 2 tensors", code: 0, memoryMiB: 64),
  ]

  @Test(arguments: containers + numbers + wires)
  func `is refused with place and rule, and nothing is written`(_ row: HostileCase) throws {
    try row.check()
  }

  @Test(arguments: 0..<4)
  func `may hold its elements at any address`(_ offset: Int) throws {
    let name = String(repeating: "n", count: offset + 1)  // moves all that follows
    let bytes = Wire { $0.field(1, name) }.bytes + SmallNet.caffemodel
    try HostileCase.caffemodel(
      "19", "elements moved by \(offset) bytes", bytes, "2 layers, 2 tensors", code: 0
    )
    .check()
  }
}
