import Files
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import NativeFormat

@Suite struct `A damaged native file` {
  /// The place the file's own layout gives a byte, found without the reader's tables.
  private static func place(of byte: Int, in file: [UInt8]) throws -> String {
    let preamble = try Preamble(decoding: Bytes(file))
    if byte < 64 { return "preamble" }
    if preamble.header.contains(byte) { return "header" }
    if preamble.table.contains(byte) { return "checksum table" }
    if preamble.ledger.contains(byte) { return "ledger" }
    var start = preamble.tensors.lowerBound
    let image = (name: "mean-image", tensor: Tensor.ramp([3, 2, 2]))
    for (name, tensor) in try Model.sample.network.weights + [image] {
      start += (tensor.byteCount + 63) / 64 * 64
      if byte < start { return name }
    }
    return "past the end"
  }

  private static func fault(_ file: [UInt8]) -> FormatError? {
    do {
      _ = try NativeFile(Bytes(file), path: "test").check()
      return nil
    } catch {
      return error
    }
  }

  /// The range that an error names as `bytes 64..<128`.
  private static func range(in reason: String) -> Range<Int>? {
    guard let match = reason.firstMatch(of: /bytes (\d+)\.\.<(\d+)/) else { return nil }
    return Int(match.1)!..<Int(match.2)!
  }

  @Test func `every single flipped bit is found, and named by section and bytes`() throws {
    var file = try Model.sample.encoded
    var wrong: [String] = []
    for byte in file.indices {
      let place = try Self.place(of: byte, in: file)
      for bit in 0..<8 {
        file[byte] ^= 1 << UInt8(bit)
        defer { file[byte] ^= 1 << UInt8(bit) }
        let error = Self.fault(file)
        let isNamed =
          error?.location == .object(place)
          && Self.range(in: error?.reason ?? "")?.contains(byte) == true
        if !isNamed { wrong.append("bit \(bit) of byte \(byte) in \(place): \(error as Any)") }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count) of \(8 * file.count), first \(wrong.first ?? "")")
  }

  @Test func `every truncation is found, and named by section and byte`() throws {
    let file = try Model.sample.encoded
    var wrong: [String] = []
    for count in file.indices {
      let error = Self.fault(Array(file[..<count]))
      let place = try Self.place(of: count, in: file)
      let isNamed =
        error?.location == .object(place) && error?.reason.contains("\(count)") == true
      if !isNamed { wrong.append("\(count) bytes, in \(place): \(error as Any)") }
    }
    #expect(wrong.isEmpty, "\(wrong.count) of \(file.count), first \(wrong.first ?? "")")
  }

  @Test func `is opened if only a weight is damaged, but gives no model`() throws {
    var file = try Model.sample.encoded
    file[file.count - 64] ^= 1
    _ = try NativeFile(Bytes(file), path: "test")
    try withTemporaryFolder { folder in
      let path = folder + "/a.resnet"
      try OutputFile(path: path, replacing: false).write { (writer) throws(FormatError) in
        try writer.write(file)
      }
      let input = try InputFile(path: path)
      let error = #expect(throws: FormatError.self) {
        try NativeFormat().readModel(from: [input], options: ReadingOptions()).model
      }
      #expect(error?.file == path)
      #expect(error?.location == .object("mean-image"))
    }
  }

  /// The file's first bytes and how sure the format is that it is its own.
  static let beginnings: [(bytes: [UInt8], recognition: Recognition)] = [
    (Preamble.magic, .certain), (Array(Preamble.magic[..<3]), .plausible),
    ([0x88] + Preamble.magic[1...], .plausible), ([], .no), (Array("name: \"net\"".utf8), .no),
    ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], .no),
  ]

  @Test(arguments: beginnings)
  func `is recognised with a damaged or cut signature`(
    bytes: [UInt8], recognition: Recognition
  ) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      try OutputFile(path: path, replacing: false).write { (writer) throws(FormatError) in
        try writer.write(bytes)
      }
      #expect(try NativeFormat().recognize(InputFile(path: path)) == recognition)
    }
  }

  @Test func `bytes behind the end are refused`() throws {
    let file = try Model.sample.encoded
    let error = Self.fault(file + [0])
    #expect(error?.description == "test: byte \(file.count): expected the end, found 1 bytes")
  }

  /// Chunks of a tensor of 2.5 MiB; the last is shorter.
  @Test(arguments: [(0, 0), (1 << 20, 1), (2_621_439, 2)])
  func `a flipped bit in a large tensor is named by its chunk`(byte: Int, chunk: Int) throws {
    let kernel = Tensor.ramp([655_360, 1])
    let network = try Network(
      name: "large",
      nodes: [
        Node("data", .input(Layer.Input(shape: [1, 1]))),
        Node("fc", .fullyConnected(Layer.FullyConnected(kernel: kernel)), inputs: ["data"]),
      ])
    var file = try Model(network: network, provenance: Provenance(format: "test")).encoded
    let start = try Preamble(decoding: Bytes(file)).tensors.lowerBound
    file[start + byte] ^= 0x10
    let low = start + chunk << 20
    let high = min(low + 1 << 20, start + 2_621_440)
    #expect(
      Self.fault(file)?.description
        == "test: fc/kernel: chunk \(chunk) (bytes \(low)..<\(high)): checksum mismatch")
  }

  @Test(arguments: [[], [0x89], Array("name: \"net\"\nlayer {\n".utf8)])
  func `something else is no native model`(file: [UInt8]) throws {
    #expect(Self.fault(file)?.location == .object("preamble"))
  }
}
