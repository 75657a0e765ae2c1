internal import CHDF5
internal import Files
internal import Synchronization
internal import TensorCore

/// The library of the HDF Group: one question at a time, silent, and without any file but the one
/// it is asked about.
enum Library {
  /// How many questions were asked; held while one is answered, since the library keeps its state
  /// in global variables.
  private static let questionCount = Mutex(0)

  /// The version of what was loaded: `1.10.8`.
  static var version: String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    H5get_libversion(&major, &minor, &release)
    return "\(major).\(minor).\(release)"
  }

  /// Opens the bytes of a file, answers a question about them, and closes them.
  ///
  /// - Throws: `FormatError` naming the file.
  static func ask<Answer: Sendable>(
    _ file: InputFile, _ question: (OpenFile) throws(FormatError) -> Answer
  ) throws(FormatError) -> Answer {
    let answer = questionCount.withLock { count in
      count += 1
      // The library takes two open files of one name for the same file.
      return Result { () throws(FormatError) in
        try silently { () throws(FormatError) in
          try question(try OpenFile(file, number: count))
        }
      }
    }
    do { return try answer.get() } catch { throw error.inFile(file.path) }
  }

  /// Keeps the library from printing its errors and from looking for plugins.
  private static func silently<Answer>(
    _ body: () throws(FormatError) -> Answer
  ) throws(FormatError) -> Answer {
    var printer: H5E_auto2_t?
    var context: UnsafeMutableRawPointer?
    H5Eget_auto2(hid_t(H5E_DEFAULT), &printer, &context)
    H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
    H5PLset_loading_state(0)
    defer {
      H5Eclear2(hid_t(H5E_DEFAULT))
      H5Eset_auto2(hid_t(H5E_DEFAULT), printer, context)
    }
    return try body()
  }

  /// An error in the words of the library: the first thing that went wrong in the last call.
  static func fault(_ expected: String, at path: String? = nil) -> FormatError {
    var reason: String?
    withUnsafeMutablePointer(to: &reason) { reason in
      _ = H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_UPWARD,
        { _, error, context in
          // SAFETY: `context` is `reason`, which outlives the walk.
          let reason = context?.assumingMemoryBound(to: String?.self)
          reason?.pointee = error?.pointee.desc.map { String(cString: $0) }
          return 1  // the first is the innermost
        }, reason)
    }
    let found = reason.map { " (libhdf5: \($0))" } ?? ""
    return FormatError(at: path.map { .object($0) }, "expected \(expected), found damage\(found)")
  }
}

/// An identifier of the library, given back with the value.
struct Handle: ~Copyable {
  let id: hid_t
  private let close: (hid_t) -> herr_t

  /// Takes over an identifier; nil for the negative ones that stand for failure.
  init?(_ id: hid_t, closedBy close: @escaping (hid_t) -> herr_t) {
    guard id >= 0 else { return nil }
    self.id = id
    self.close = close
  }

  deinit { _ = close(id) }
}
