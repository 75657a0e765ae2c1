internal import TensorCore

/// Bytes at a fixed place that files of one kind have, and files of no format of this toolkit.
private struct Signature {
  let bytes: [UInt8]
  let offset: Int
  let file: ForeignFile

  init(_ bytes: [UInt8], at offset: Int = 0, _ file: ForeignFile) {
    self.bytes = bytes
    self.offset = offset
    self.file = file
  }

  init(_ text: String, at offset: Int = 0, _ file: ForeignFile) {
    self.init(Array(text.utf8), at: offset, file)
  }
}

extension ForeignFile {
  private static let unpack = "unpack it first"

  private static let signatures: [Signature] = [
    // Models. The magic number of torch/serialization.py, pickled with protocol 2.
    Signature(
      [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
      .model("a PyTorch checkpoint (from before version 1.6)", throughKeras)),
    Signature("GGUF", .model("a GGUF file", takeSource)),
    Signature("RKNN", .model("an RKNN model", takeSource)),
    // mxnet/ndarray.cc: kMXAPINDArrayListMagic, and a reserved number.
    Signature(
      [0x12, 1, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8),
      .model("parameters of MXNet", throughKeras)),
    // ncnn/modelbin.cpp: weights in float16, and in 8 bits; 7767517 as an integer.
    Signature([0x47, 0x6b, 0x30, 0x01], .model("weights of ncnn", takeSource)),
    Signature([0x38, 0x4b, 0x0d, 0x00], .model("weights of ncnn", takeSource)),
    Signature([0xdd, 0x85, 0x76, 0x00], .model("a definition of ncnn", takeSource)),
    Signature("MATLAB ", .model("a MAT-file of MATLAB", throughKeras)),
    // Arrays
    Signature(
      [0x93] + Array("NUMPY".utf8),
      ForeignFile("an array of NumPy (.npy)", "it is no model, but can be an input of one")),
    // Packed files
    Signature([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], ForeignFile("an xz archive", "unxz it first")),
    Signature([0x28, 0xb5, 0x2f, 0xfd], ForeignFile("a Zstandard archive", "unzstd it first")),
    Signature([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], ForeignFile("a 7-Zip archive", unpack)),
    Signature("Rar!\u{1a}\u{7}", ForeignFile("a RAR archive", unpack)),
    Signature([0x04, 0x22, 0x4d, 0x18], ForeignFile("an LZ4 archive", unpack)),
    Signature([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: 4, bzip2),  // behind "BZh9"
    // Images and documents
    Signature([0xff, 0xd8, 0xff], ForeignFile("a JPEG image", image)),
    Signature(
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], ForeignFile("a PNG image", image)),
    Signature("GIF8", ForeignFile("a GIF image", image)),
    Signature("WEBPVP8", at: 8, ForeignFile("a WebP image", image)),
    Signature("%PDF-", ForeignFile("a PDF document")),
    Signature([0x7f, 0x45, 0x4c, 0x46], ForeignFile("a program or library (ELF)")),
    Signature("SQLite format 3\0", ForeignFile("a database of SQLite")),
  ]

  private static let bzip2 = ForeignFile("a bzip2 archive", "bunzip2 it first")

  /// A file by bytes at fixed places.
  init?(signature prefix: [UInt8], of bytes: Bytes) {
    if let found = Self.signatures.first(where: { prefix.has($0.bytes, at: $0.offset) }) {
      self = found.file
    } else if prefix.first == 0x80, prefix.count > 1, 2...5 ~= prefix[1] {
      self = .model("a pickle of Python", Self.throughKeras)
    } else if Self.isLiteModel(prefix, of: bytes) {
      self = .model("a TensorFlow Lite model", Self.takeSource)
    } else if prefix.word(at: 16) == 0xbeef_c0de, prefix.has([UInt8](repeating: 0, count: 8)) {
      self.init("a database of LMDB", "it holds images for training, not a model")
    } else if Self.isTable(bytes) {
      self = .model("a TensorFlow checkpoint", Self.saveFromKeras)
    } else {
      return nil
    }
  }

  /// FlatBuffers keep the place of their root before the name of the schema.
  private static func isLiteModel(_ prefix: [UInt8], of bytes: Bytes) -> Bool {
    guard prefix.has(Array("TFL3".utf8), at: 4), let root = prefix.word(at: 0) else { return false }
    return root >= 8 && Int(root) + 4 <= bytes.count
  }

  /// Whether the file ends as a sorted table does (tensorflow/core/lib/io/format.h): the index of a
  /// checkpoint of version 2, or the whole of version 1.
  private static func isTable(_ bytes: Bytes) -> Bool {
    bytes.count >= 48
      && bytes.slice(from: bytes.count - 8, count: 8)?.array
        == [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]
  }
}

// Tensors behind a few numbers, without a signature of their own.
extension ForeignFile {
  /// A file by the numbers that it begins with, where these leave no doubt.
  init?(tensors prefix: [UInt8], of bytes: Bytes) {
    if Self.isSafetensors(prefix, of: bytes) {
      self = .model("a safetensors file", Self.throughKeras)
    } else if Self.isTorch(prefix) {
      self = .model("a file of Torch7", Self.throughKeras)
    } else if Self.isPaddle(prefix) {
      self = .model("parameters of PaddlePaddle", Self.throughKeras)
    } else if Self.isDarknet(prefix, of: bytes) {
      self = .model("weights of Darknet", Self.throughKeras)
    } else {
      return nil
    }
  }

  /// The length of a JSON text, and the text.
  private static func isSafetensors(_ prefix: [UInt8], of bytes: Bytes) -> Bool {
    guard let low = prefix.word(at: 0), prefix.word(at: 4) == 0, low >= 2, prefix.has([0x7b], at: 8)
    else { return false }
    let text = String(decoding: prefix.dropFirst(8), as: UTF8.self)
    return text.contains("\"data_offsets\"") || text.hasPrefix("{\"__metadata__\"")
  }

  /// An object, a table or a function of torch7/File.lua: its type, its number, and how it begins.
  private static func isTorch(_ prefix: [UInt8]) -> Bool {
    guard let type = prefix.word(at: 0), prefix.word(at: 4) == 1,
      let next = prefix.word(at: 8)
    else { return false }
    switch type {
    case 3:  // a table of so many members; the first key has a type
      return next == 0 ? prefix.count == 12 : prefix.word(at: 12).map { 1...8 ~= $0 } ?? false
    case 4: return next == 3 && prefix.has(Array("V ".utf8), at: 12)
    case 6...8: return prefix.has([0x1b, 0x4c], at: 12)  // code of Lua
    default: return false
    }
  }

  /// Versions and no levels of detail, then the description of a tensor (lod_tensor.cc).
  private static func isPaddle(_ prefix: [UInt8]) -> Bool {
    guard prefix.has([UInt8](repeating: 0, count: 16)), let size = prefix.word(at: 16) else {
      return false
    }
    return 1...1000 ~= size && prefix.has([0x08], at: 20) && prefix.has([0x10], at: 22)
  }

  /// Version 0.1 or 0.2, and numbers that can be weights (darknet/parser.c, `save_weights_upto`).
  private static func isDarknet(_ prefix: [UInt8], of bytes: Bytes) -> Bool {
    guard prefix.word(at: 0) == 0, let minor = prefix.word(at: 4), 1...2 ~= minor,
      let revision = prefix.word(at: 8), revision <= 10, bytes.count % 4 == 0
    else { return false }
    let start = minor == 2 ? 20 : 16
    let numbers = stride(from: start, to: start + 256, by: 4).compactMap { prefix.word(at: $0) }
      .map { Float(bitPattern: $0) }
    return numbers.count >= 8 && numbers.allSatisfy { abs($0) < 1e6 }
      && numbers.count { abs($0) > 1e-10 } > numbers.count / 2
  }
}
