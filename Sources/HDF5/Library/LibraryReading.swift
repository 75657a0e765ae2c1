public import ChildProcesses
public import Files
internal import TensorCore

/// What libhdf5 found in a file that is not read here, in a process of its own.
///
/// `HDF5File` takes it for the contents of an `InputFile` that has it as its `outsideReading`.
public struct LibraryReading: OutsideReading {
  /// The group that holds everything else.
  public let root: HDF5File.Group
  /// Who read the file and why, in one sentence.
  public let note: String

  /// Has a file read by a helper.
  ///
  /// - Parameters:
  ///   - program: `resnet-hdf5-reader`.
  ///   - reason: why the file is not read here.
  /// - Throws: `FormatError` naming the file: what the library finds wrong with it, what became of
  ///   the process, or what is wrong with its answer.
  public init(
    _ file: InputFile, by program: HelperProgram, since reason: FormatError
  ) throws(FormatError) {
    let byteCount = file.bytes.count
    let answer = try program.read(
      file, within: Self.seconds(for: byteCount), named: "libhdf5 in a process of its own"
    ) { reply throws(FormatError) in
      var reader = LibraryReply.Reader(reply, fileByteCount: byteCount)
      return try reader.answer()
    }
    root = answer.root
    let place = reason.location.map { "\($0.description): " } ?? ""
    let missing =
      answer.missing.isEmpty ? "" : ", without \(answer.missing), which this system lacks"
    note =
      "\(file.name): read by libhdf5 \(answer.version) in a process of its own\(missing), since this "
      + "toolkit's reader does not: \(place)\(reason.reason)"
  }

  /// What a file may take of the time, ten times what its process may compute: others compute, too.
  private static func seconds(for byteCount: Int) -> Int {
    10 * LibraryReply.computingSeconds(for: byteCount) + 10
  }
}

extension HDF5File {
  /// Why a file that may be sound is not read, wholly or in part, though another reader may know
  /// more; nil for one that is read, is damaged or needs other files.
  public static func needForLibrary(_ file: InputFile) -> FormatError? {
    let root: Group
    do {
      root = try Listing.of(file, readsAttributes: true) { listing throws(Fault) in
        try listing.root()
      }
    } catch {
      return error.isUnsupported ? error.error : nil
    }
    return root.datasets.lazy.compactMap(\.unsupportedFeature).first { $0.kind == .unsupported }
  }
}
