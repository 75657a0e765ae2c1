internal import Files
internal import TensorCore

extension ImageOrientation {
  /// What the Exif data of a file says; nil for none that can be understood.
  ///
  /// Read here, not by the decoder: each byte is looked at through a check.
  init?(of file: InputFile, _ kind: ImageKind) {
    let bytes = file.bytes
    let exif =
      switch kind {
      case .jpeg: Self.exif(ofJPEG: bytes)
      case .png: Self.exif(ofPNG: bytes)
      }
    guard let exif, let orientation = Self.orientation(of: exif) else { return nil }
    self = orientation
  }

  /// The first APP1 segment of Exif before the pixels: `FF E1`, length, `Exif 0 0`, TIFF.
  private static func exif(ofJPEG bytes: Bytes) -> Bytes? {
    let head = Array("Exif\0\0".utf8)
    var place = 2
    while let start = bytes.number(at: place, 2, isLittleEndian: false), start >> 8 == 0xff {
      if start == 0xffff {  // fill bytes may stand before a marker
        place += 1
        continue
      }
      guard start != 0xffda, start != 0xffd9,
        let length = bytes.number(at: place + 2, 2, isLittleEndian: false), length >= 2,
        let segment = bytes.slice(from: place + 4, count: length - 2)
      else { return nil }
      if start == 0xffe1, segment.slice(from: 0, count: head.count)?.array == head {
        return segment.slice(from: head.count, count: segment.count - head.count)
      }
      place += 2 + length
    }
    return nil
  }

  /// The chunk `eXIf`: length, name, TIFF, check.
  private static func exif(ofPNG bytes: Bytes) -> Bytes? {
    var place = 8
    while let length = bytes.number(at: place, 4, isLittleEndian: false),
      let name = bytes.number(at: place + 4, 4, isLittleEndian: false)
    {
      if name == 0x6558_4966 { return bytes.slice(from: place + 8, count: length) }
      place += 12 + length
    }
    return nil
  }

  /// Tag 274 in the first directory of TIFF.
  private static func orientation(of exif: Bytes) -> ImageOrientation? {
    let isLittleEndian: Bool
    switch exif.number(at: 0, 4, isLittleEndian: false) {
    case 0x4949_2a00: isLittleEndian = true
    case 0x4d4d_002a: isLittleEndian = false
    default: return nil  // no TIFF
    }
    func number(_ place: Int, _ count: Int) -> Int? {
      exif.number(at: place, count, isLittleEndian: isLittleEndian)
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = number(entry, 2) else { return nil }
      // A number of 16 bits.
      guard tag == 274, number(entry + 2, 2) == 3 else { continue }
      return number(entry + 8, 2).flatMap(ImageOrientation.init(rawValue:))
    }
    return nil
  }
}

extension Bytes {
  /// An unsigned number of up to four bytes; nil where it does not lie within these.
  fileprivate func number(at offset: Int, _ count: Int, isLittleEndian: Bool) -> Int? {
    guard let bytes = slice(from: offset, count: count)?.array else { return nil }
    return (isLittleEndian ? bytes.reversed() : bytes).reduce(0) { $0 << 8 | Int($1) }
  }
}
