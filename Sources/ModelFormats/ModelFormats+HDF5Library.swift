public import ChildProcesses
public import Files
internal import HDF5
internal import KerasFormat
internal import TensorCore

extension ModelFormats {
  /// The files of a model as libhdf5 reads them where this toolkit's own reader does not: each HDF5
  /// file, also one in an archive, that may be sound but has what is not read here. The shards that an
  /// index names are added.
  ///
  /// Files that are read here, and those that are damaged, stay as they are.
  /// - Parameter program: gives `resnet-hdf5-reader`, if a file needs it.
  /// - Throws: `FormatError` naming the file and what the library finds wrong with it, or what became
  ///   of the process.
  public static func readingByLibrary(
    _ files: [InputFile], program: () throws(FormatError) -> HelperProgram
  ) throws(FormatError) -> [InputFile] {
    let shards = try KerasSource.shards(besides: files)
    var result: [InputFile] = []
    for file in files + shards {
      guard let inner = KerasFormat.hdf5File(in: file) else {
        result.append(file)
        continue
      }
      var file = file
      if let reason = HDF5File.needForLibrary(inner) {
        file.outsideReading = try LibraryReading(inner, by: try program(), since: reason)
      }
      result.append(file)
    }
    return result
  }

  /// Whether a file is HDF5, holds such a file or is the index of some.
  public static func hasHDF5(_ file: InputFile) -> Bool {
    if KerasFormat.hdf5File(in: file) != nil { return true }
    return (try? KerasSource.shards(besides: [file]))?.isEmpty != true
  }
}
