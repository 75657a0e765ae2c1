public import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A file that is read: its bytes, mapped or already in memory, and its identity.
public struct InputFile: Sendable {
  /// Which file it is, whatever path leads to it.
  public struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  /// The path as the user gave it.
  public let path: String
  /// The whole contents.
  public let bytes: Bytes
  /// Which file it is; nil for contents that were in memory already.
  public let identity: Identity?

  /// The last component of the path.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// Larger than any model by more than ten times: 64 GiB, some seconds of reading.
  private static let largestByteCount = 1 << 36

  private let modified: timespec?

  /// What a reader outside this process found in the contents; the reader of that format takes it
  /// for them.
  public var outsideReading: (any OutsideReading)?

  /// Opens and maps a regular file.
  ///
  /// Nothing is read before it is used, so the file must stay as it is while it is in use: reading
  /// past the end of one that was shortened ends the process by SIGBUS, which `reportUnreadable`
  /// can explain. `checkUnchanged()` finds other changes afterwards.
  /// - Throws: `FormatError` of kind `noInput` if it is not there, not readable or not regular, and
  ///   `badModel` if it is larger than any model.
  public init(path: String) throws(FormatError) {
    let descriptor = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw .system(.noInput, file: path, "cannot open", errno) }
    defer { close(descriptor) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Maps an open file that stays the caller's to close.
  ///
  /// - Throws: `FormatError` as `init(path:)` does.
  package init(descriptor: Int32, path: String) throws(FormatError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      let found = status.st_mode & S_IFMT == S_IFDIR ? ", found a folder" : ""
      throw FormatError(.noInput, file: path, "expected a regular file\(found)")
    }
    guard status.st_size <= Self.largestByteCount else {
      throw FormatError(
        file: path,
        "expected at most \(Self.largestByteCount) bytes, found \(status.st_size)")
    }
    self.path = path
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    modified = status.st_mtim
    bytes = try Bytes(mapping: descriptor, path: path)
  }

  /// Refuses what was read if the file is not any more the one that was opened, or was written to.
  ///
  /// - Throws: `FormatError` of kind `inputOutput`.
  public func checkUnchanged() throws(FormatError) {
    guard identity != nil else { return }  // in memory nothing changes
    var status = stat()
    guard stat(path, &status) == 0, isUnchanged(status) else { throw changed }
  }

  private func isUnchanged(_ status: stat) -> Bool {
    guard let identity, let modified else { return false }
    return UInt64(status.st_dev) == identity.device && UInt64(status.st_ino) == identity.inode
      && Int(status.st_size) == bytes.count && status.st_mtim.tv_sec == modified.tv_sec
      && status.st_mtim.tv_nsec == modified.tv_nsec
  }

  private var changed: FormatError {
    FormatError(.inputOutput, file: path, "was changed while it was being read")
  }

  /// Contents that are in memory already.
  ///
  /// - Parameter path: what errors call them; no file of that path is looked for.
  public init(path: String, bytes: Bytes) {
    self.path = path
    self.bytes = bytes
    identity = nil
    modified = nil
  }
}

/// What was found in a file by a reader outside this process, as a value that one format knows.
public protocol OutsideReading: Sendable {}

extension InputFile {
  /// Opens the file once more, for a process that reads it; the caller closes it.
  ///
  /// - Returns: nil for contents that were in memory already.
  /// - Throws: `FormatError` of kind `inputOutput` if it is not any more the file that was opened.
  package func reopened() throws(FormatError) -> Int32? {
    guard identity != nil else { return nil }
    let descriptor = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw .system(.noInput, file: path, "cannot open", errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, isUnchanged(status) else {
      close(descriptor)
      throw changed
    }
    return descriptor
  }
}

extension [InputFile] {
  /// What `read` makes of the files; if it fails and one of them was changed meanwhile, that is the
  /// error.
  ///
  /// - Throws: what `read` throws, or `FormatError` of kind `inputOutput`.
  public func blamingChanges<Value>(_ read: () throws -> Value) throws -> Value {
    do {
      return try read()
    } catch {
      for file in self { try file.checkUnchanged() }
      throw error
    }
  }
}
