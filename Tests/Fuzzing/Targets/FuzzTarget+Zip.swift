import Containers
import Files
import TensorCore

extension FuzzTarget {
  /// Decompresses every member of a zip archive; writes them again if they are small.
  static func readZip(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let archive = try accepted { () throws(FormatError) in try ZipArchive(bytes) }
    guard let archive else { return false }
    var contents: [(name: String, bytes: Bytes)] = []
    var byteCount = 0
    for member in archive.members {
      let content = try accepted { () throws(FormatError) in try archive.contents(of: member) }
      guard let content else { continue }
      try require(content.count == member.byteCount, "a member has the size of the directory")
      try require(archive[member.name]?.name == member.name, "a member is found by its name")
      byteCount += content.count
      contents.append((member.name, content))
    }
    guard byteCount < 1 << 20 else { return true }
    let copy = try accepted { () throws(FormatError) in
      var writer = ZipWriter()
      for (name, content) in contents { try writer.add(name, [.stored(content)]) }
      return try ZipArchive(Bytes(writer.finished().flatMap { $0.made().array }))
    }
    try require(
      copy?.members.map(\.name) == contents.map(\.name), "an archive can be written again")
    return true
  }
}
