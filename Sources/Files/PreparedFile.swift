public import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A file that is complete on disk but has no name yet; dropped unless it is published.
public final class PreparedFile {
  let output: OutputFile
  /// The content, as it was read back.
  public internal(set) var contents = Bytes([])
  private(set) var descriptor: Int32
  /// The name of the temporary; nil while it has none.
  var temporary: UnfinishedFile?
  /// A second name of the file that is replaced, until nothing can fail any more.
  var kept: UnfinishedFile?

  /// Creates the temporary in the folder of its destination, so that it can be renamed to it.
  init(for output: OutputFile) throws(FormatError) {
    self.output = output
    // __O_TMPFILE, which the Glibc module does not import: a file without a name, which vanishes
    // with the process however that ends.
    let unnamed = 0o20000000 | O_DIRECTORY
    descriptor = -1
    if !output.usesNamedTemporary {
      descriptor = retrying {
        openat(output.folder.descriptor, ".", unnamed | O_RDWR | O_CLOEXEC, 0o666)
      }
    }
    if descriptor < 0, output.usesNamedTemporary || [EOPNOTSUPP, EISDIR, EINVAL].contains(errno) {
      // Never wider than the finished file: the umask applies to both.
      let name = UnfinishedFile.randomName()
      // Known before it exists: a signal may come between.
      let unfinished = UnfinishedFile(named: name, in: output.folder)
      descriptor = retrying {
        openat(
          output.folder.descriptor, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0o666)
      }
      if descriptor >= 0 { temporary = unfinished } else { unfinished.forget() }
    }
    guard descriptor >= 0 else {
      throw .system(.cannotCreate, file: output.path, "cannot create", errno)
    }
    if let replaced = output.replaced {
      // The owner can be kept by root only; the mode is kept before there is anything to read.
      _ = fchown(descriptor, replaced.owner, replaced.group)
      guard fchmod(descriptor, replaced.permissions) == 0 else {
        let code = errno
        drop()
        throw .system(.cannotCreate, file: output.path, "cannot set the permissions", code)
      }
    }
  }

  deinit { drop() }

  /// Closes the file and removes every name but the final one.
  func drop() {
    temporary?.remove()
    temporary = nil
    kept?.remove()
    kept = nil
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  /// Takes the space, so that a full disk shows before the work.
  func reserve(_ byteCount: Int) throws(FormatError) {
    guard byteCount > 0 else { return }
    var code = EINTR
    while code == EINTR { code = posix_fallocate(descriptor, 0, byteCount) }
    // A file system that cannot reserve will say when it is full.
    guard code == 0 || code == EOPNOTSUPP || code == EINVAL || code == ENOSYS else {
      throw .system(.inputOutput, file: output.path, "cannot take \(byteCount) bytes", code)
    }
  }

  /// Forces the content to disk, and collects the errors that only a close reports.
  func synchronize() throws(FormatError) {
    // Never twice: after a failure the kernel forgets the lost pages and a second call succeeds.
    guard fsync(descriptor) == 0 else {
      throw .system(.inputOutput, file: output.path, "cannot write to disk", errno)
    }
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    // Interrupted, the descriptor is closed all the same, and what it wrote is on disk already.
    guard copy >= 0, close(copy) == 0 || errno == EINTR else {
      throw .system(.inputOutput, file: output.path, "cannot close", errno)
    }
  }

  /// The last component of the path it will have.
  public var name: String { output.name }

  /// The path it will have, as the user gave it.
  public var path: String { output.path }

  /// The content as it lies in the file.
  func readBack(count: Int) throws(FormatError) -> Bytes {
    let bytes = try Bytes(mapping: descriptor, path: output.path)
    guard bytes.count == count else {
      throw FormatError(
        .inputOutput, file: output.path, "wrote \(count) bytes, read back \(bytes.count)")
    }
    return bytes
  }
}
