internal import Files
internal import TensorCore

/// One entry of the central directory.
struct ZipEntry {
  let name: String
  let checksum: UInt32
  let isDeflated: Bool
  private let flags: UInt16
  private let method: UInt16
  private(set) var compressedCount: Int
  private(set) var byteCount: Int
  private(set) var headerOffset: Int
  private let nameBytes: Bytes
  /// Where the next entry begins.
  let end: Int

  func fault(_ reason: String) -> FormatError { FormatError(at: .object(name), reason) }

  init(decoding bytes: Bytes, at start: Int, before limit: Int) throws(FormatError) {
    guard let fixed = bytes.slice(from: start, count: 46), start + 46 <= limit,
      fixed.integer(at: 0, as: UInt32.self) == .entrySignature
    else { throw FormatError(at: .byte(start), "expected an entry of the directory") }
    func short(_ offset: Int) -> UInt16 { fixed.integer(at: offset, as: UInt16.self) ?? 0 }
    func long(_ offset: Int) -> UInt32 { fixed.integer(at: offset, as: UInt32.self) ?? 0 }

    let (nameCount, extraCount) = (Int(short(28)), Int(short(30)))
    end = start + 46 + nameCount + extraCount + Int(short(32))
    guard end <= limit, let nameBytes = bytes.slice(from: start + 46, count: nameCount),
      let extra = bytes.slice(from: start + 46 + nameCount, count: extraCount)
    else { throw FormatError(at: .byte(start), "the entry reaches past the directory") }
    guard let name = String(validating: nameBytes.array, as: UTF8.self) else {
      throw FormatError(at: .byte(start + 46), "a member's name is not UTF-8")
    }
    self.name = name
    self.nameBytes = nameBytes
    flags = short(8)
    method = short(10)
    checksum = long(16)
    isDeflated = method == 8
    (compressedCount, byteCount, headerOffset) = (Int(long(20)), Int(long(24)), Int(long(42)))
    guard flags & 1 == 0 else { throw fault("is encrypted") }
    guard method == 0 || method == 8 else {
      throw fault("expected method 0 (stored) or 8 (deflated), found \(method)")
    }
    guard short(34) == 0 || short(34) == 0xffff else { throw fault("lies on another disk") }
    // Made on Unix: the upper half of the attributes is the mode.
    guard short(4) >> 8 != 3 || long(38) >> 28 != 0o12 else { throw fault("is a symbolic link") }
    var sizes = try Zip64Sizes(in: extra, of: name)
    byteCount = try sizes.replace(byteCount)
    compressedCount = try sizes.replace(compressedCount)
    headerOffset = try sizes.replace(headerOffset)
  }

  /// Refuses a name that would leave the folder it is extracted to.
  func checkName() throws(FormatError) {
    // By bytes: a character can be a slash and an accent.
    let parts = nameBytes.array.split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isSafe =
      parts.first?.isEmpty == false
      && parts.allSatisfy { part in
        !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8) && !part.contains(0)
          && !part.contains(UInt8(ascii: "\\"))
      }
    guard isSafe else {
      throw FormatError(at: .object(name), "expected a relative name without . and ..")
    }
  }

  /// Compares the header before the content with this entry.
  ///
  /// - Returns: where the content begins.
  func checkLocalHeader(in bytes: Bytes) throws(FormatError) -> Int {
    guard let fixed = bytes.slice(from: headerOffset, count: 30),
      fixed.integer(at: 0, as: UInt32.self) == .memberSignature,
      let nameCount = fixed.integer(at: 26, as: UInt16.self),
      let extraCount = fixed.integer(at: 28, as: UInt16.self),
      let localName = bytes.slice(from: headerOffset + 30, count: Int(nameCount)),
      let extra = bytes.slice(
        from: headerOffset + 30 + Int(nameCount), count: Int(extraCount))
    else { throw fault("no header at byte \(headerOffset)") }
    guard localName == nameBytes else { throw fault("its own header gives another name") }

    let isStreamed = flags & 8 != 0  // sizes and checksum follow the content
    var sizes = try Zip64Sizes(in: extra, of: name)
    let localByteCount = try sizes.replace(Int(fixed.integer(at: 22, as: UInt32.self) ?? 0))
    let localCompressed = try sizes.replace(Int(fixed.integer(at: 18, as: UInt32.self) ?? 0))
    let agrees =
      fixed.integer(at: 6, as: UInt16.self) == flags
      && fixed.integer(at: 8, as: UInt16.self) == method
      && (fixed.integer(at: 14, as: UInt32.self) == checksum
        && localByteCount == byteCount && localCompressed == compressedCount
        || isStreamed && localByteCount == 0 && localCompressed == 0)
    guard agrees else { throw fault("its own header disagrees with the directory") }
    return headerOffset + 30 + Int(nameCount) + Int(extraCount)
  }
}

/// The sizes of a zip64 extra field: one for each 32-bit field that holds all ones, in their order.
private struct Zip64Sizes {
  private let name: String
  private let field: Bytes?
  private var position = 0

  init(in extra: Bytes, of name: String) throws(FormatError) {
    self.name = name
    var found: Bytes?
    var start = 0
    while start < extra.count {
      guard let identifier = extra.integer(at: start, as: UInt16.self),
        let count = extra.integer(at: start + 2, as: UInt16.self),
        let content = extra.slice(from: start + 4, count: Int(count))
      else { throw FormatError(at: .object(name), "its extra field is cut short") }
      if identifier == 1 {
        guard found == nil else { throw FormatError(at: .object(name), "two zip64 fields") }
        found = content
      }
      start += 4 + Int(count)
    }
    field = found
  }

  mutating func replace(_ size: Int) throws(FormatError) -> Int {
    guard size == 0xffff_ffff else { return size }
    guard let large = field?.size(at: position) else {
      throw FormatError(at: .object(name), "a size of 64 bits is missing")
    }
    position += 8
    return large
  }
}
