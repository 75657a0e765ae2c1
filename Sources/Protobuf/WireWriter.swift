/// Encodes protobuf fields one after another.
package struct WireWriter {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []

  /// Nothing written.
  package init() {}

  /// An integer of seven bits a byte, least significant first.
  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A field of wire type 0.
  package mutating func field(_ number: UInt32, varint value: UInt64) {
    tag(number, 0)
    varint(value)
  }

  /// A field of wire type 5.
  package mutating func field(_ number: UInt32, fixed32 value: UInt32) {
    tag(number, 5)
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
    }
  }

  /// A field of wire type 1.
  package mutating func field(_ number: UInt32, fixed64 value: UInt64) {
    tag(number, 1)
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  /// A field of wire type 2: text, bytes, a message or packed numbers.
  package mutating func field(_ number: UInt32, bytes content: some Collection<UInt8>) {
    tag(number, 2)
    varint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  private mutating func tag(_ number: UInt32, _ wireType: UInt64) {
    varint(UInt64(number) << 3 | wireType)
  }
}
