internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A folder that is held open: it stays the same folder whatever its path becomes.
final class Folder: Sendable {
  let descriptor: Int32

  init(path: String, of file: String) throws(FormatError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .system(.cannotCreate, file: file, "cannot open the folder", errno)
    }
  }

  deinit { close(descriptor) }

  /// What an entry is; nil if there is none.
  func status(of name: String, followingLinks: Bool) -> FileStatus? {
    var status = stat()
    let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
    return fstatat(descriptor, name, &status, flags) == 0 ? FileStatus(status) : nil
  }
}

/// What a name in a folder stands for.
struct FileStatus: Sendable {
  enum Kind: String, Sendable {
    case regular = "a regular file"
    case folder = "a folder"
    case symbolicLink = "a symbolic link"
    case other = "a device, pipe or socket"
  }

  let identity: InputFile.Identity
  let kind: Kind
  let owner: uid_t
  let group: gid_t
  /// Who may read, write and execute; without set-user-id and its kin.
  let permissions: mode_t

  fileprivate init(_ status: stat) {
    identity = InputFile.Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .regular
    case S_IFDIR: kind = .folder
    case S_IFLNK: kind = .symbolicLink
    default: kind = .other
    }
    owner = status.st_uid
    group = status.st_gid
    permissions = status.st_mode & 0o777
  }
}

extension Bytes {
  /// The contents of an open regular file, mapped.
  ///
  /// - Throws: `FormatError` of kind `inputOutput`.
  init(mapping descriptor: Int32) throws(FormatError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(.inputOutput, file: nil, "cannot read", errno)
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      self.init([])
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED
    else { throw .system(.inputOutput, file: nil, "cannot map", errno) }
    self.init(adopting: base, count: count) {
      munmap(UnsafeMutableRawPointer(mutating: $0), count)
    }
  }
}

extension FormatError {
  /// What was tried and what the system answered.
  static func system(_ kind: Kind, file: String?, _ attempt: String, _ code: Int32) -> FormatError {
    FormatError(kind, file: file, "\(attempt): \(String(cString: strerror(code)))")
  }
}
