#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension InputFile {
  /// Opens a file that another file names: in the same folder or below it, and nowhere else.
  ///
  /// A model from a stranger must not reach other files: no absolute path, no `..`, no link on the
  /// way, no device.
  /// - Parameters:
  ///   - name: a relative path with slashes, as the file has it.
  ///   - owner: the file that names it.
  /// - Throws: `FormatError` of kind `refused` for a path that leads elsewhere, `noInput` for a file
  ///   that is not there.
  public init(named name: String, by owner: InputFile) throws(FormatError) {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String($0)! }  // slashes divide no character of UTF-8
    func refusal(_ found: String) -> FormatError {
      FormatError(
        .refused, file: owner.path,
        "expected the name of a file beside this one, found \(name.printable()): \(found)")
    }
    guard !name.isEmpty, !name.utf8.contains(0), !parts.contains(where: { ["", "."].contains($0) })
    else { throw refusal("no plain path") }
    guard !parts.contains("..") else { throw refusal("it leads out of the folder") }
    let slash = owner.path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let prefix = slash.map { String(owner.path[...$0]) } ?? ""
    let path = prefix + name
    var folder = retrying {
      open(prefix.isEmpty ? "." : prefix, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    guard folder >= 0 else { throw .system(.noInput, file: path, "cannot open", errno) }
    defer { close(folder) }
    for part in parts.dropLast() {
      let next = retrying { openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      guard next >= 0 else {
        guard errno == ENOENT else { throw refusal("\(part.printable()) is a link or no folder") }
        throw .system(.noInput, file: path, "cannot open", errno)
      }
      close(folder)
      folder = next
    }
    var status = stat()
    if fstatat(folder, parts[parts.count - 1], &status, AT_SYMLINK_NOFOLLOW) == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFREG: break
      case S_IFLNK: throw refusal("it is a link")
      default: throw refusal("it is no regular file")
      }
    }
    let descriptor = retrying {
      openat(folder, parts[parts.count - 1], O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    }
    guard descriptor >= 0 else { throw .system(.noInput, file: path, "cannot open", errno) }
    defer { close(descriptor) }
    try self.init(descriptor: descriptor, path: path)
  }
}
