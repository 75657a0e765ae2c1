public import Files
public import HDF5
internal import TensorCore

/// What an HDF5 file holds, as the library of the HDF Group reads it: a witness for `HDF5File`.
///
/// The library is asked over the bytes of the opened file: it opens no path, follows no link, runs no
/// filter and loads no plugin. A damaged file can end the process all the same.
public struct LibraryFile: Sendable {
  /// The file.
  public let file: InputFile
  /// The group that holds everything else.
  public let root: HDF5File.Group

  /// Lists all that is in a file.
  ///
  /// - Throws: `FormatError` with the path of the object that is damaged or lies, or with a limit
  ///   that the file exceeds.
  public init(_ file: InputFile, readsAttributes: Bool = false) throws(FormatError) {
    self.file = file
    root = try Library.ask(file) { opened throws(FormatError) in
      var listing = Listing(opened, readsAttributes: readsAttributes)
      return try listing.root()
    }
  }

  /// The names and kinds of what is directly in the root of a file.
  public static func kinds(
    inRootOf file: InputFile
  ) throws(FormatError) -> [String: HDF5File.Kind] {
    try Library.ask(file) { opened throws(FormatError) in
      let listing = Listing(opened, readsAttributes: false)
      return try listing.rootKinds()
    }
  }

  /// The names of what is attached to the root of a file.
  public static func attributeNames(inRootOf file: InputFile) throws(FormatError) -> Set<String> {
    try Library.ask(file) { opened throws(FormatError) in
      Set(try opened.root().attributeNames(at: "/"))
    }
  }
}
