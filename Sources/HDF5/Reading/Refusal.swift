internal import Files

/// A file that is not read: the error for its user, and whether another reader may know more.
struct Refusal: Error {
  var error: FormatError
  /// The file may be sound, but has what is not read here.
  var isUnsupported: Bool

  init(_ fault: Fault, path: String?, _ file: InputFile) {
    error = fault.error(path: path).inFile(file.path)
    isUnsupported = fault.kind == .unsupported
  }
}
