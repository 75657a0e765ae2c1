#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A folder that a command makes for its outputs, gone again unless they are kept in it.
///
/// Also gone when a signal ends the process before that.
public final class NewFolder {
  private let entry: UnfinishedFile
  private var isKept = false

  /// Makes a folder.
  ///
  /// - Returns: nil if there is one already.
  /// - Throws: `FormatError` of kind `cannotCreate`.
  public init?(path: String) throws(FormatError) {
    let bytes = Array(path.utf8)
    let name = String(decoding: bytes.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
    let end = bytes.lastIndex { $0 != UInt8(ascii: "/") } ?? -1
    let head = bytes[..<(end + 1)].dropLast(name.utf8.count)
    let parent = head.isEmpty ? "." : String(decoding: head, as: UTF8.self)
    guard !["", ".", ".."].contains(name) else { return nil }
    let folder = try Folder(path: parent, of: path)
    guard folder.status(of: name, followingLinks: true) == nil else { return nil }
    // Known only when it exists: another's folder is not ours to remove.
    guard mkdirat(folder.descriptor, name, 0o777) == 0 else {
      throw .system(.cannotCreate, file: path, "cannot make the folder", errno)
    }
    entry = UnfinishedFile(named: name, in: folder, isFolder: true)
  }

  /// The outputs are there: so is the folder.
  public func keep() {
    isKept = true
    entry.forget()
  }

  deinit {
    // Whoever has put something into it meanwhile keeps it: only an empty folder can be removed.
    if !isKept { entry.remove() }
  }
}
