/// The beginning of an HDF5 file, version 2: the first without a B-tree for the root.
enum Superblock {
  static let byteCount = 48

  static func bytes(root: Int, endOfFile: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a]
    // Version 2; addresses and lengths take eight bytes; closed properly.
    bytes += [2, 8, 8, 0]
    // The file begins at byte 0, and the superblock has no extension.
    bytes += little(UInt64(0)) + little(HeaderDraft.nowhere)
    bytes += little(UInt64(endOfFile)) + little(UInt64(root))
    return bytes + little(Lookup3.checksum(of: bytes))
  }
}

/// The texts of a file, which attributes of variable length point to: a global heap of one
/// collection.
struct TextHeap {
  /// Where the heap is in the file.
  let address: Int
  /// The index of the first text; the next ones follow.
  let firstIndex = 1
  /// The heap as it stands in the file; empty without texts.
  let bytes: [UInt8]

  /// The library reads so much at once.
  private static let smallestByteCount = 4096

  /// A heap of at most 65535 texts.
  init(_ texts: [String], address: Int) {
    self.address = address
    guard !texts.isEmpty else {
      bytes = []
      return
    }
    var objects: [UInt8] = []
    for (index, text) in texts.enumerated() {
      objects += little(UInt16(index + 1)) + [UInt8](repeating: 0, count: 6)
      objects += little(UInt64(text.utf8.count)) + Array(text.utf8)
      objects += [UInt8](repeating: 0, count: objects.count.rounded(to: 8) - objects.count)
    }
    // Signature, version, length; at the end object 0, which is free space with its own header.
    let (header, free) = (16, 16)
    let count = max(header + objects.count + free, Self.smallestByteCount)
    var bytes = Array("GCOL".utf8) + [1, 0, 0, 0] + little(UInt64(count)) + objects
    let rest = count - bytes.count
    bytes += [UInt8](repeating: 0, count: 8) + little(UInt64(rest))
    self.bytes = bytes + [UInt8](repeating: 0, count: rest - free)
  }
}
