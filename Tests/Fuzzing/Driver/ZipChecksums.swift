import TensorCore

@testable import Containers

/// Gives the members of a mutated archive right checksums.
enum ZipChecksums {
  /// The archive with the checksum of each member, where it can be decompressed, in both headers.
  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    var repaired = bytes
    let archive = Bytes(bytes)
    for entry in bytes.indices.dropLast(45)
    where archive.integer(at: entry, as: UInt32.self) == .entrySignature {
      guard let method = archive.integer(at: entry + 10, as: UInt16.self),
        let packedCount = archive.integer(at: entry + 20, as: UInt32.self),
        let count = archive.integer(at: entry + 24, as: UInt32.self),
        let header = archive.integer(at: entry + 42, as: UInt32.self).map(Int.init),
        archive.integer(at: header, as: UInt32.self) == .memberSignature,
        let nameCount = archive.integer(at: header + 26, as: UInt16.self),
        let extraCount = archive.integer(at: header + 28, as: UInt16.self),
        let packed = archive.slice(
          from: header + 30 + Int(nameCount) + Int(extraCount), count: Int(packedCount)),
        count < 1 << 20,
        let content = method == 8 ? try? packed.inflated(to: Int(count)) : packed
      else { continue }
      for (index, place) in [entry + 16, header + 14].flatMap({ $0..<$0 + 4 }).enumerated() {
        repaired[place] = UInt8(truncatingIfNeeded: content.crc32 >> UInt32(8 * (index % 4)))
      }
    }
    return repaired
  }
}
