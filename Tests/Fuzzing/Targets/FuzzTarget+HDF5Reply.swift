import ChildProcesses
import Files
import TensorCore

@testable import HDF5

extension FuzzTarget {
  /// What the process answers that reads a file with libhdf5: it may be in the file's hands.
  static func readReply(_ bytes: Bytes) throws(Contradiction) -> Bool {
    let file = InputFile(path: "file.h5", bytes: bytes)
    let program = HelperProgram(path: "/bin/cat")  // answers what it is given
    let answer = try accepted { () throws(FormatError) in
      try program.read(file, within: 60, named: "a helper") { reply throws(FormatError) in
        var reader = LibraryReply.Reader(reply, fileByteCount: 1 << 12)
        return try reader.answer()
      }
    }
    guard let answer else { return false }
    for dataset in answer.root.datasets {
      guard case .read(let elements) = dataset.pieces else { continue }
      try require(
        elements.count == dataset.toldByteCount, "as many elements are told as were declared")
    }
    return true
  }
}
