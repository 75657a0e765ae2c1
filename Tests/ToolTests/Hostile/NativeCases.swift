import Foundation
import ResNetKit
import TestSupport
import Testing

/// Native files whose checksums are right and whose contents lie, through the built tool.
///
/// Every lie that the reader knows has its test in `LyingHeaderTests`; these are the cases of the
/// matrix, each in a process of its own.
@Suite struct `A hostile native file` {
  private static func bytes(_ change: (inout NativeFileBuilder) -> Void) -> [UInt8] {
    var file = NativeFileBuilder.sound
    change(&file)
    return file.bytes
  }

  private static func replacing(_ old: String, _ new: String) -> [UInt8] {
    NativeFileBuilder.sound(replacing: old, by: new).bytes
  }

  static let cases: [HostileCase] = [
    .native("1", "empty", [], "preamble", "at least 64 bytes"),
    .native(
      "4", "trailing garbage", NativeFileBuilder.sound.bytes + [1], "byte 832: expected the end"),
    .native(
      "4", "a second file behind the first",
      NativeFileBuilder.sound.bytes + NativeFileBuilder.sound.bytes,
      "byte 832: expected the end, found 832 bytes"),
    .native("5", "an archive by content", ZipBuilder(members: []).bytes.array, "preamble"),
    HostileCase(
      number: "10", name: "native: a layer name that acts on the terminal",
      tool: "resnet-inspect",
      arguments: { folder in
        let file = NativeFileBuilder.sound(
          replacing: "\"name\":\"fc\"", by: "\"name\":\"\\u001b[2J\\u202e\"")
        return [try folder.write("bad.resnet", file.bytes)]
      }, hasOutput: false, exitCode: 65, fragments: ["\\u{1B}[2J\\u{202E}"],
      culprit: "bad.resnet"),
    .native(
      "10", "a tensor name of 5000 bytes",
      replacing("fc/bias", String(repeating: "x", count: 5000)),
      "expected a name of 1 to 4096 bytes"),
    .native(
      "10", "a tensor name that is a path", replacing("fc/bias", "../../etc/passwd"),
      "expected the name fc/bias"),
    .native(
      "11", "[2^60]", replacing("\"shape\":[2]", "\"shape\":[1152921504606846976]"),
      "fc/bias: 8 bytes for"),
    .native(
      "11", "[2^32, 2^32]", replacing("\"shape\":[2]", "\"shape\":[4294967296,4294967296]"),
      "too many elements"),
    .native(
      "11", "[2^31, 2^31, 4]", replacing("\"shape\":[2]", "\"shape\":[2147483648,2147483648,4]"),
      "too many elements"),
    .native(
      "11", "[0, 2^63 - 1]", replacing("\"shape\":[2]", "\"shape\":[0,9223372036854775807]"),
      "fc/bias"),
    .native("11", "[-1]", replacing("\"shape\":[2]", "\"shape\":[-1]"), "fc/bias"),
    .native(
      "11", "rank 9", replacing("\"shape\":[2]", "\"shape\":[2,1,1,1,1,1,1,1,1]"),
      "9 axes, expected at most 8"),
    .native(
      "12", "a header of 2^64 - 1 bytes", bytes { $0.headerLength = .max }, "reaches past the end"),
    .native(
      "12", "a ledger of 2^64 - 63 bytes", bytes { $0.ledgerLength = .max - 62 },
      "reaches past the end"),
    .native(
      "12", "a tensor of 2^63 - 1 bytes",
      replacing("\"byteCount\":8", "\"byteCount\":9223372036854775807"), "fc/bias"),
    .native(
      "13", "an offset beyond the end",
      replacing("\"offset\":64", "\"offset\":1152921504606846976"), "fc/bias: expected offset 64"),
    .native(
      "13", "a negative offset", replacing("\"offset\":64", "\"offset\":-64"),
      "fc/bias: expected offset 64"),
    .native("13", "a length beyond the end", bytes { $0.fileLength = 1 << 40 }, "header"),
    .native(
      "14", "[2^63 - 1, 2]", replacing("\"shape\":[2]", "\"shape\":[9223372036854775807,2]"),
      "too many elements"),
    .native(
      "14", "[2^32, 2^32, 0]", replacing("\"shape\":[2]", "\"shape\":[4294967296,4294967296,0]"),
      "too many elements"),
    .native(
      "15", "9 bytes for 2 floats", replacing("\"byteCount\":8", "\"byteCount\":9"),
      "9 bytes for [2] of float32"),
    .native(
      "16", "two tensors in one place", replacing("\"offset\":64", "\"offset\":0"),
      "fc/bias: expected offset 64, found 0"),
    .native(
      "16", "a hole between tensors", replacing("\"offset\":64", "\"offset\":128"),
      "fc/bias: expected offset 64, found 128"),
    .native(
      "16", "bytes of no tensor", bytes { $0.tensors += [UInt8](repeating: 0, count: 64) },
      "some belong to none"),
    .native(
      "17", "two layers of one name", replacing("\"name\":\"fc\"", "\"name\":\"data\""), "data"),
    .native(
      "17", "two tensors of one name", replacing("fc/bias", "fc/kernel"),
      "expected the name fc/bias"),
    .native(
      "17", "a member twice", replacing("\"labels\":[]", "\"labels\":[],\"labels\":[]"),
      "appears twice"),
    .native(
      "18", "a table of 2^62 checksums", bytes { $0.tableLength = 1 << 62 }, "checksum table",
      "reaches past the end"),
    .native(
      "18", "a header of 2^32 bytes", bytes { $0.headerLength = 1 << 32 }, "reaches past the end"),
    .native(
      "19", "a tensor at offset 65", replacing("\"offset\":64", "\"offset\":65"),
      "fc/bias: expected offset 64, found 65"),
    .native(
      "20", "an unknown element type",
      replacing(
        "\"name\":\"fc/bias\",\"type\":\"float32\"", "\"name\":\"fc/bias\",\"type\":\"int4\""),
      "found \"int4\""),
    .native(
      "20", "bytes in reverse order",
      Array(NativeFileBuilder.sound.bytes[..<8]) + NativeFileBuilder.sound.bytes[8..<64].reversed()
        + NativeFileBuilder.sound.bytes[64...], "preamble"),
    .native(
      "24", "a tensor without elements",
      replacing(
        "\"shape\":[2],\"offset\":64,\"byteCount\":8", "\"shape\":[0],\"offset\":64,\"byteCount\":0"
      ),
      "header: the tensors take 64 bytes of 128: some belong to none"),
    .native(
      "24", "a tensor of rank 0", replacing("\"shape\":[2]", "\"shape\":[]"),
      "fc/bias: 8 bytes for [] of float32"),
    .native(
      "28", "3 MB of empty nodes",
      replacing("\"nodes\":[", "\"nodes\":[" + String(repeating: "{},", count: 1_000_000)), "header"
    ),
    .native(
      "28", "3 MB of empty tensors",
      replacing("\"tensors\":[", "\"tensors\":[" + String(repeating: "{},", count: 1_000_000)),
      "header"),
    .native("51", "a pickle that calls os.system", Pickle.call, "preamble"),
    .native("54", "an old torch file", Pickle.legacy, "preamble"),
    .native(
      "27", "JSON 100,000 deep", bytes { $0.header = String(repeating: "[", count: 100_000) },
      "header: byte"),
    .native("22", "1e999999", replacing("\"axis\":1", "\"axis\":1e999999"), "header: byte"),
    .native(
      "22", "a lone surrogate", replacing("\"net\"", "\"\\ud800\""), "a surrogate stands alone"),
    .native(
      "55", "a wrong header checksum", flipped(64 + 20), "header: bytes 64..<576: checksum mismatch"
    ),
    .native(
      "55", "an unknown checksum (a required feature)", bytes { $0.features = 1 },
      "requires features 0x1"),
    .native(
      "55", "checksums out of order", bytes { $0.edit = { $0.swapAt(4, 8) } }, "checksum mismatch"),
    .native(
      "55", "padding that is not zero", bytes { $0.tensors[127] = 1 },
      "expected zeros behind the last element"),
    .native("57", "a later major version", bytes { $0.major = 2 }, "expected version 1, found 2.2"),
    HostileCase(
      number: "57", name: "native: a later minor version with a member of its own",
      tool: "resnet-inspect",
      arguments: { folder in
        var file = NativeFileBuilder.sound(replacing: "\"axis\":1", by: "\"axis\":1,\"gain\":2")
        file.minor = 3
        return [try folder.write("bad.resnet", file.bytes), "--check"]
      }, hasOutput: false, exitCode: 0, fragments: ["good: 832 bytes, 2 tensors"]),
  ]

  private static func flipped(_ index: Int) -> [UInt8] {
    var bytes = NativeFileBuilder.sound.bytes
    bytes[index] ^= 1
    return bytes
  }

  @Test(arguments: cases)
  func `is refused with its place and rule`(_ row: HostileCase) throws { try row.check() }

  @Test func `names the chunk of a large tensor in which a bit is wrong`() throws {
    let folder = TemporaryFolder()
    let kernel = Tensor([655_360, 1]) { _ in }
    let network = try Network(
      name: "large",
      nodes: [
        Node("data", .input(.init(shape: [1, 1]))),
        Node("fc", .fullyConnected(.init(kernel: kernel)), inputs: ["data"]),
      ])
    let model = Model(network: network, provenance: Provenance(format: "test"))
    try NativeFormat().write(
      model, to: OutputFile(path: folder.path("large.resnet"), replacing: false))
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder.path("large.resnet"))))
    bytes[bytes.count - 1_500_000] ^= 4
    let damaged = bytes
    try HostileCase.native(
      "56", "a bit in the second chunk of a large tensor", damaged,
      "fc/kernel: chunk 1 (bytes ", "checksum mismatch"
    ).check()
  }
}
