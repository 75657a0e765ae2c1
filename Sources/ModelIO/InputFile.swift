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

  /// Opens and maps a regular file.
  ///
  /// The file must not be shortened while it is in use: reading past the new end ends the process.
  /// - Throws: `FormatError` of kind `noInput` if it is not there, not readable or not regular.
  public init(path: String) throws(FormatError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(.noInput, file: path, "cannot open", errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FormatError(.noInput, file: path, "expected a regular file")
    }
    self.path = path
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    do { bytes = try Bytes(mapping: descriptor) } catch { throw error.inFile(path) }
  }

  /// Contents that are in memory already.
  ///
  /// - Parameter path: what errors call them; no file of that path is looked for.
  public init(path: String, bytes: Bytes) {
    self.path = path
    self.bytes = bytes
    identity = nil
  }
}
