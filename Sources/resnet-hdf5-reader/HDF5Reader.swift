internal import CSandbox
internal import Files
internal import HDF5
internal import HDF5Library
internal import TensorCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Reads the HDF5 file that is its standard input with libhdf5, and tells on its standard output
/// what is in it, in the form of `LibraryReply`.
///
/// libhdf5 is not safe against hostile files. So this process gives up everything before it looks at
/// one: it can compute, take a bounded amount of memory and time, and write its answer.
@main
enum HDF5Reader {
  static func main() {
    let file: InputFile
    do {
      file = try InputFile(descriptor: STDIN_FILENO, path: "the file")
    } catch {
      say("resnet-hdf5-reader is run by the tools of resnet-toolkit, with a file as its input\n")
      exit(64)
    }
    guard let missing = restrict(fileByteCount: file.bytes.count) else { _exit(71) }
    var writer = LibraryReply.Writer(
      version: LibraryFile.libraryVersion, missing: missing, to: send)
    do throws(FormatError) {
      let contents = try LibraryFile(file, readsAttributes: true)
      writer.list(contents.root) { dataset throws(FormatError) in
        try contents.anyElements(of: dataset)
      }
    } catch {
      writer.refuse(error)
    }
    // The library dies of some files only when it ends.
    _exit(0)
  }

  /// Gives up what reading does not need.
  ///
  /// - Returns: what this kernel does not enforce, in words; nil if it enforces nothing at all.
  private static func restrict(fileByteCount: Int) -> String? {
    // Sixteen times the file: what is compressed grows, and a dataset is in memory as a whole.
    let memory = (192 << 20) + 16 * fileByteCount
    let seconds = LibraryReply.computingSeconds(for: fileByteCount)
    guard csandbox_limit(UInt64(memory), UInt32(clamping: seconds)) == 0 else { return nil }
    let enforced = csandbox_enter()
    guard enforced >= 0 else { return nil }
    let parts = [(csandbox_landlock, "Landlock"), (csandbox_seccomp, "seccomp")]
    return parts.filter { Int(enforced) & $0.0 == 0 }.map(\.1)
      .joined(separator: " and ")
  }

  private static func send(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = write(STDOUT_FILENO, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { _exit(74) }  // nobody listens
      rest = rest.dropFirst(count)
    }
  }

  private static func say(_ text: StaticString) {
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }
}
