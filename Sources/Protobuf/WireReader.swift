package import Files

/// One field of a protobuf message, as it lies in the file.
package struct WireField {
  /// What follows the tag.
  package enum Value {
    /// Wire type 0.
    case varint(UInt64)
    /// Wire type 1: where eight bytes lie.
    case fixed64(Range<Int>)
    /// Wire type 2: where the bytes after the length prefix lie.
    case lengthPrefixed(Range<Int>)
    /// Wire type 5: where four bytes lie.
    case fixed32(Range<Int>)
  }

  /// The field's number in its message.
  package let number: UInt32
  /// Where its tag begins.
  package let offset: Int
  /// What follows the tag.
  package let value: Value
}

/// Walks the fields of one protobuf message and trusts none of them.
///
/// Each length is bounded by the message around it before it is used, so that a walk ends after at
/// most one step for each byte and never leaves its message. Positions are offsets into the bytes
/// that are passed to each call.
package struct WireReader {
  /// As many levels as protobuf's own readers accept.
  package static let depthLimit = 100

  package private(set) var position: Int
  package let end: Int
  package let depth: Int

  /// A walk over the message in `range`, which must lie within the bytes.
  package init(_ range: Range<Int>) {
    self.init(range, depth: 1)
  }

  private init(_ range: Range<Int>, depth: Int) {
    position = range.lowerBound
    end = range.upperBound
    self.depth = depth
  }

  /// A walk over a message inside this one.
  package func message(in range: Range<Int>) throws(FormatError) -> WireReader {
    guard depth < WireReader.depthLimit else {
      throw FormatError(
        at: .byte(range.lowerBound),
        "expected at most \(WireReader.depthLimit) nested messages, found more")
    }
    return WireReader(range, depth: depth + 1)
  }

  /// The next field; nil at the end of the message.
  package mutating func next(in bytes: RawSpan) throws(FormatError) -> WireField? {
    guard position < end else { return nil }
    let offset = position
    let tag = try varint(in: bytes)
    guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else {
      throw FormatError(
        at: .byte(offset), "expected a field number of 1 to 536870911, found \(tag >> 3)")
    }
    let value: WireField.Value
    switch tag & 7 {
    case 0: value = .varint(try varint(in: bytes))
    case 1: value = .fixed64(try take(8))
    case 2:
      let lengthOffset = position
      let length = try varint(in: bytes)
      guard length <= UInt64(end - position) else {
        throw FormatError(
          at: .byte(lengthOffset),
          "expected \(length) bytes, found \(end - position) to the end of \(whole)")
      }
      value = .lengthPrefixed(try take(Int(length)))
    case 5: value = .fixed32(try take(4))
    case let wireType:
      throw FormatError(at: .byte(offset), "expected wire type 0, 1, 2 or 5, found \(wireType)")
    }
    return WireField(number: UInt32(tag >> 3), offset: offset, value: value)
  }

  /// An integer of seven bits a byte, least significant first, in its shortest form.
  package mutating func varint(in bytes: RawSpan) throws(FormatError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for index in 0..<10 {
      guard position < end else {
        throw FormatError(
          at: .byte(start), "expected an integer, found the end of the message inside it")
      }
      // `position` lies before `end`, which lies within the bytes; the access is checked all the same.
      let byte = bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      position += 1
      guard index < 9 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7f) << UInt64(7 * index)
      guard byte & 0x80 == 0 else { continue }
      guard byte != 0 || index == 0 else {
        throw FormatError(
          at: .byte(start), "expected an integer in its shortest form, found one padded with zeros")
      }
      return value
    }
    throw FormatError(at: .byte(start), "expected an integer of 64 bits, found a longer one")
  }

  /// What ends where this walk does.
  private var whole: String {
    depth == 1 ? "the file, which seems to be cut off" : "the message"
  }

  private mutating func take(_ count: Int) throws(FormatError) -> Range<Int> {
    guard count <= end - position else {
      throw FormatError(
        at: .byte(position),
        "expected \(count) bytes, found \(end - position) to the end of \(whole)")
    }
    defer { position += count }
    return position..<position + count
  }
}

extension RawSpan {
  /// A copy of some bytes; `range` must lie within the span.
  package func bytes(_ range: Range<Int>) -> [UInt8] {
    extracting(range).withUnsafeBytes { Array($0) }
  }
}

/// Whether bytes are UTF-8 that a C string can hold.
package func isText(_ bytes: [UInt8]) -> Bool {
  !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
}
