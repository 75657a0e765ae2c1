public import ArgumentParser
internal import ChildProcesses
public import ResNetKit

/// Who reads files in HDF5.
public struct HDF5Arguments: ParsableArguments {
  /// The readers.
  enum Reader: String, ExpressibleByArgument, CaseIterable {
    /// This toolkit's.
    case own
    /// libhdf5, for what this toolkit does not read.
    case library
  }

  @Option(
    name: .customLong("hdf5"),
    help: """
      Who reads HDF5. library: libhdf5, in a process of its own that can open nothing, reads files \
      that may be sound but have what the toolkit's own reader does not know.
      """)
  var reader = Reader.own

  /// For the parser.
  public init() {}

  /// The files of a model, as this reader reads them.
  ///
  /// - Throws: `FormatError` as `prepare(models:)` does.
  public func prepare(_ files: [InputFile]) throws(FormatError) -> [InputFile] {
    try prepare(models: [files])[0]
  }

  /// The files of models, as this reader reads them.
  ///
  /// - Throws: `FormatError` as `ModelFormats.readingByLibrary` does, of kind `missingProgram` where
  ///   libhdf5 is needed and its program is not installed, and `usage` if no file is HDF5.
  func prepare(models: [[InputFile]]) throws(FormatError) -> [[InputFile]] {
    guard reader == .library else { return models }
    guard models.joined().contains(where: ModelFormats.hasHDF5) else {
      throw FormatError(.usage, "--hdf5 library is for files in HDF5 only")
    }
    var prepared: [[InputFile]] = []
    for files in models {
      let files = try ModelFormats.readingByLibrary(files) { () throws(FormatError) in
        try LibraryExecutables.program("resnet-hdf5-reader", for: "--hdf5 library")
      }
      prepared.append(files)
    }
    return prepared
  }
}
