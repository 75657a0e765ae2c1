internal import ChildProcesses
internal import Files
internal import HDF5
internal import HDF5Library
internal import TensorCore

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
      file = try InputFile(descriptor: 0, path: "the file")
    } catch {
      Confinement.explain(
        "resnet-hdf5-reader is run by the tools of resnet-toolkit, with a file as its input\n")
    }
    // Sixteen times the file: what is compressed grows, and a dataset is in memory as a whole.
    let missing = Confinement.enter(
      memory: (192 << 20) + 16 * file.bytes.count,
      seconds: LibraryReply.computingSeconds(for: file.bytes.count))
    var writer = LibraryReply.Writer(
      version: LibraryFile.libraryVersion, missing: missing, to: Confinement.send)
    do throws(FormatError) {
      let contents = try LibraryFile(file, readsAttributes: true)
      writer.list(contents.root) { dataset throws(FormatError) in
        try contents.anyElements(of: dataset)
      }
    } catch {
      writer.refuse(error)
    }
    Confinement.end()
  }
}
