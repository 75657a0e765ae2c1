#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A folder that is held open: it stays the same folder whatever its path becomes.
final class Folder: Sendable {
  let descriptor: Int32

  init(path: String, of file: String) throws(FormatError) {
    descriptor = retrying { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
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

  /// Forces its entries to disk.
  func synchronize(of file: String) throws(FormatError) {
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .system(.inputOutput, file: file, "cannot write the folder to disk", errno)
    }
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

  init(_ status: stat) {
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

extension FormatError {
  /// What was tried and what the system answered.
  static func system(_ kind: Kind, file: String?, _ attempt: String, _ code: Int32) -> FormatError {
    FormatError(kind, file: file, "\(attempt): \(String(cString: strerror(code)))")
  }
}

/// Makes a call that opens a file until no signal interrupts it.
func retrying(_ open: () -> Int32) -> Int32 {
  var descriptor = open()
  while descriptor < 0, errno == EINTR { descriptor = open() }
  return descriptor
}
