/// The CRC-32 of zip, bit by bit.
func crc32(_ bytes: [UInt8]) -> UInt32 { checksum(bytes, polynomial: 0xedb8_8320) }

/// The CRC-32C of the native format, bit by bit.
func crc32c(_ bytes: [UInt8]) -> UInt32 { checksum(bytes, polynomial: 0x82f6_3b78) }

private func checksum(_ bytes: [UInt8], polynomial: UInt32) -> UInt32 {
  let table = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { bits, _ in bits >> 1 ^ (bits & 1 == 1 ? polynomial : 0) }
  }
  return ~bytes.reduce(UInt32.max) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
}

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
