public import Files
internal import TensorCore

/// The formats of images that are decoded.
public enum ImageKind: String, Sendable, CaseIterable {
  /// ITU-T T.81.
  case jpeg = "JPEG"
  /// The format of the W3C.
  case png = "PNG"

  /// The format of a file.
  ///
  /// - Throws: `FormatError` that says what the file is instead.
  public init(of file: InputFile) throws(FormatError) {
    let start = file.bytes.slice(from: 0, count: min(16, file.bytes.count))?.array ?? []
    func begins(_ signature: [UInt8], at offset: Int = 0) -> Bool {
      start.dropFirst(offset).starts(with: signature)
    }
    if begins([0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if begins([0x89] + Array("PNG\r\n".utf8) + [0x1a, 0x0a]) {
      self = .png
    } else {
      let others: [(name: String, signature: String, offset: Int)] = [
        ("GIF", "GIF8", 0), ("BMP", "BM", 0), ("TIFF", "II*\0", 0), ("TIFF", "MM\0*", 0),
        ("WebP", "WEBP", 8), ("HEIF or AVIF", "ftyp", 4), ("PNM", "P6\n", 0), ("PNM", "P5\n", 0),
      ]
      let other = others.first { begins(Array($0.signature.utf8), at: $0.offset) }
      let found = start.isEmpty ? "an empty file" : other?.name ?? "neither"
      throw FormatError(
        .badModel, file: file.path, "expected an image in JPEG or PNG, found \(found)")
    }
  }
}
