import Files
import Foundation
import TensorCore
import TestSupport
import Testing

@Suite struct `A mapped file` {
  /// KiB of pages that a mapping at an address holds, as the system counts them.
  private static func resident(at address: UInt) throws -> Int? {
    let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
    let data = try file.readToEnd() ?? Data()
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    let start = lines.firstIndex { $0.hasPrefix(String(address, radix: 16) + "-") }
    let line = start.flatMap { lines[$0...].first { $0.hasPrefix("Rss:") } }
    return line.flatMap { Int($0.split(separator: " ")[1]) }
  }

  @Test func `gives pages back and reads them again`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/bytes"
      let content = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 + $0 >> 8) }
      try Data(content).write(to: URL(fileURLWithPath: path))
      let bytes = try InputFile(path: path).bytes
      let address = bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
      #expect(bytes.array == content)
      #expect(try Self.resident(at: address) == 1024)
      // Whole pages only: what lies around a part may be in use.
      bytes.slice(from: 1, count: 8192)!.discardPages()
      #expect(try Self.resident(at: address) == 1024 - 4)
      bytes.discardPages()
      #expect(try Self.resident(at: address) == 0)
      #expect(bytes.array == content)
    }
  }
}
