internal import TensorCore

/// Reads a part of a file from its begin to its end; whatever is beyond throws.
struct Cursor {
  let source: Source
  private(set) var position: Int
  let end: Int

  init(_ source: Source, _ range: Range<Int>) {
    self.source = source
    position = range.lowerBound
    end = range.upperBound
  }

  /// How many bytes are left.
  var remaining: Int { end - position }

  /// The next bytes, as they lie in the file.
  mutating func take(_ count: Int) throws(Fault) -> Range<Int> {
    guard count >= 0, count <= remaining else {
      throw .damage("\(count) more bytes", at: position, found: "the end at byte \(end)")
    }
    defer { position += count }
    return position..<position + count
  }

  mutating func skip(_ count: Int) throws(Fault) { _ = try take(count) }

  /// A little-endian integer of one to eight bytes.
  mutating func wide(_ width: Int) throws(Fault) -> UInt64 {
    let range = try take(width)
    return source.bytes.withSpan { span in
      // `take` keeps the range within the bytes, and the span checks it again.
      switch width {
      case 1: UInt64(span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt8.self))
      case 2:
        UInt64(span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt16.self))
          .littleEndian
      case 4:
        UInt64(span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self))
          .littleEndian
      case 8:
        span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self).littleEndian
      default:
        range.reversed().reduce(UInt64(0)) {
          $0 << 8 | UInt64(span.unsafeLoadUnaligned(fromByteOffset: $1, as: UInt8.self))
        }
      }
    }
  }

  /// A little-endian integer that is not larger than `Int` has room for.
  mutating func integer(_ width: Int) throws(Fault) -> Int {
    let start = position
    let value = try wide(width)
    guard value <= UInt64(Int.max) else {
      throw .damage("a number below 2^63", at: start, found: "\(value)")
    }
    return Int(value)
  }

  mutating func byte() throws(Fault) -> Int { try integer(1) }

  /// A length, in as many bytes as the superblock says.
  mutating func length() throws(Fault) -> Int { try integer(source.lengthWidth) }

  /// A place in the file; nil for the address that stands for nothing.
  mutating func address() throws(Fault) -> Int? {
    let start = position
    let value = try wide(source.addressWidth)
    guard value != UInt64.max >> UInt64(64 - 8 * source.addressWidth) else { return nil }
    guard value <= UInt64(source.end - source.base) else {
      throw .damage(
        "an address in a file of \(source.end) bytes", at: start, found: "\(value)")
    }
    return Int(value) + source.base
  }

  /// A place in the file that must be there.
  mutating func address(of part: FileMap.Part) throws(Fault) -> Int {
    let start = position
    guard let address = try address() else {
      throw .damage("the address of \(part.rawValue)", at: start, found: "none")
    }
    return address
  }

  /// Four letters.
  mutating func signature(_ expected: StaticString) throws(Fault) {
    let range = try take(expected.utf8CodeUnitCount)
    let found = source.array(range)
    guard "\(expected)".utf8.elementsEqual(found) else {
      throw .damage(
        "the signature \(expected)", at: range.lowerBound,
        found: "the bytes \(found.map { String($0, radix: 16) }.joined(separator: " "))")
    }
  }

  /// A version, of those that are known.
  mutating func version(_ known: ClosedRange<Int>, of what: String) throws(Fault) -> Int {
    let start = position
    let version = try byte()
    guard known ~= version else {
      throw .unsupported(
        "\(what) of version \(known.lowerBound)"
          + (known.count > 1 ? " to \(known.upperBound)" : ""), at: start, found: "\(version)")
    }
    return version
  }

  /// The address that leads back to the owner of a part.
  mutating func backReference(to owner: Int, _ part: FileMap.Part) throws(Fault) {
    let start = position
    let found = try address()
    guard found == owner else {
      throw .damage(
        "the address of \(part.rawValue) at byte \(owner)", at: start,
        found: found.map { "byte \($0)" } ?? "none")
    }
  }
}
