internal import Checksums
internal import Files
internal import ForeignFiles
internal import ModelIO
internal import TensorCore

/// The first 64 bytes of a file: what it is, how long, and where its sections lie.
///
/// The magic number, the version and the checksum keep their places in every version of the format.
struct Preamble: Equatable {
  static let byteCount = 64
  /// Not text, and broken by a transfer that converts line ends or cuts at a DOS end of file.
  static let magic: [UInt8] = [0x89, 0x52, 0x4e, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]  // .RNT␍␊␚␊
  static let major = 1
  static let minor = 2
  static let longestHeader = 16 << 20
  static let longestLedger = 64 << 20

  var minor = Preamble.minor
  var fileLength: Int
  var headerLength: Int
  var ledgerLength: Int
  var tableLength: Int
  var headerChecksum: UInt32
  var tableChecksum: UInt32

  /// The sections with the zeros that follow them; each begins where the one before ends.
  var header: Range<Int> { extent(of: headerLength, from: Self.byteCount) }
  var table: Range<Int> { extent(of: tableLength, from: header.upperBound) }
  var ledger: Range<Int> { extent(of: ledgerLength, from: table.upperBound) }
  var tensors: Range<Int> { ledger.upperBound..<fileLength }

  private func extent(of length: Int, from start: Int) -> Range<Int> {
    start..<start + Chunks.padded(length)
  }
}

extension Preamble {
  /// The 64 bytes.
  var bytes: [UInt8] {
    var output = Self.magic
    output.append(littleEndian: UInt16(Self.major))
    output.append(littleEndian: UInt16(minor))
    output.append(littleEndian: UInt32(0))  // required features: none
    for length in [fileLength, headerLength, ledgerLength, tableLength] {
      output.append(littleEndian: UInt64(length))
    }
    output.append(littleEndian: headerChecksum)
    output.append(littleEndian: tableChecksum)
    output.append(littleEndian: UInt32(0))  // reserved
    output.append(littleEndian: crc32c(0, output, output.count))
    return output
  }

  /// Decodes the beginning of a file.
  ///
  /// - Throws: `FormatError` if the 64 bytes are damaged, of an unknown version, or contradict each
  ///   other; not if the file is shorter than they say.
  init(decoding file: Bytes) throws(FormatError) {
    guard let bytes = file.slice(from: 0, count: Self.byteCount)?.array else {
      guard file.count > 0, Self.magic.starts(with: file.array.prefix(8)) else {
        throw Self.fault("expected a native model of at least 64 bytes, found \(file.count)")
      }
      throw Self.fault("the file ends at byte \(file.count), expected at least 64 bytes")
    }
    guard bytes.starts(with: Self.magic) else {
      throw Self.fault(
        "bytes 0..<8: expected the signature of a native model, found \(ForeignFile(describing: file))"
      )
    }
    var reader = LittleEndianReader(bytes, from: 8)
    let major = reader.next(UInt16.self)
    minor = Int(reader.next(UInt16.self))
    let features = reader.next(UInt32.self)
    let lengths = (0..<4).map { _ in reader.next(UInt64.self) }
    headerChecksum = reader.next(UInt32.self)
    tableChecksum = reader.next(UInt32.self)
    let reserved = reader.next(UInt32.self)
    guard reader.next(UInt32.self) == crc32c(0, bytes, Self.byteCount - 4) else {
      throw Self.fault("bytes 0..<64: checksum mismatch")
    }
    guard major == Self.major else {
      throw Self.fault("expected version \(Self.major), found \(major).\(minor)")
    }
    guard features == 0 else {
      throw Self.fault("requires features 0x\(String(features, radix: 16)), which are unknown")
    }
    guard reserved == 0 else { throw Self.fault("bytes 56..<60: expected zeros") }
    (fileLength, headerLength, ledgerLength, tableLength) = (0, 0, 0, 0)
    try checkLengths(lengths)
  }

  /// Refuses lengths that overlap or reach past the end, before anything is computed from them.
  private mutating func checkLengths(_ lengths: [UInt64]) throws(FormatError) {
    guard let fileLength = Int(exactly: lengths[0]), fileLength % Chunks.alignment == 0 else {
      throw Self.fault("the length \(lengths[0]) is no multiple of \(Chunks.alignment)")
    }
    var free = fileLength - Self.byteCount
    for (name, length) in zip(["header", "ledger", "checksum table"], lengths[1...]) {
      // Padded, a length could pass the largest integer: compare before.
      guard length <= UInt64(max(free, 0)) else {
        throw Self.fault("the \(name) of \(length) bytes reaches past the end")
      }
      free -= Chunks.padded(Int(length))
    }
    guard free >= 0 else { throw Self.fault("the sections reach past the end") }
    guard lengths[1] <= Self.longestHeader else {
      throw Self.fault("a header of \(lengths[1]) bytes, expected at most \(Self.longestHeader)")
    }
    guard lengths[2] <= Self.longestLedger else {
      throw Self.fault("a ledger of \(lengths[2]) bytes, expected at most \(Self.longestLedger)")
    }
    self.fileLength = fileLength
    (headerLength, ledgerLength) = (Int(lengths[1]), Int(lengths[2]))
    tableLength = Int(lengths[3])
  }

  private static func fault(_ reason: String) -> FormatError {
    FormatError(at: .object("preamble"), reason)
  }
}

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

/// Integers one after the other, least significant byte first.
struct LittleEndianReader {
  private let bytes: [UInt8]
  private var position: Int

  init(_ bytes: [UInt8], from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// The next integer; the caller knows that there are enough bytes.
  mutating func next<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer {
    var value: Integer = 0
    for shift in 0..<Integer.bitWidth / 8 {
      value |= Integer(truncatingIfNeeded: bytes[position + shift]) << (8 * shift)
    }
    position += Integer.bitWidth / 8
    return value
  }
}
