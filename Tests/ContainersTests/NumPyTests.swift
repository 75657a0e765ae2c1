import Files
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import Containers

/// Python with NumPy, if this machine has it.
enum NumPy {
  static let isInstalled = (try? run("import numpy")) != nil

  struct Failure: Error { var output: String }

  /// Runs a script; its standard output.
  @discardableResult
  static func run(_ script: String, _ arguments: [String] = []) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(output: text) }
    return text
  }
}

// Skipped where python3 with NumPy is not installed.
@Suite(.enabled(if: NumPy.isInstalled, "needs python3 with NumPy"))
struct `NumPy and this reader` {
  @Test(arguments: ["savez", "savez_compressed"])
  func `agree on what NumPy writes`(function: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try NumPy.run(
        """
        import numpy as np, sys
        ramp = np.arange(24).reshape(2, 3, 4)
        np.\(function)(sys.argv[1], c=ramp.astype('<f4'), fortran=np.asfortranarray(ramp.astype('>f8')),
          half=np.float16([1.5]), scalar=np.int64(7), mask=np.array([True, False]))
        """, [path])
      let arrays = try NPZ.read(InputFile(path: path))
      #expect(arrays.map(\.name) == ["c", "fortran", "half", "scalar", "mask"])
      let ramp = (0..<24).map(Double.init)
      #expect(arrays.map(\.tensor.doubles) == [ramp, ramp, [1.5], [7], [1, 0]])
      #expect(arrays.map(\.tensor.shape) == [[2, 3, 4], [2, 3, 4], [1], [], [2]])
    }
  }

  @Test func `agree on what this writer writes`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try NPZ.write(`An npz file`.arrays, to: OutputFile(path: path, replacing: false))
      let output = try NumPy.run(
        """
        import numpy as np, sys
        for name, array in np.load(sys.argv[1]).items():
          print(name, array.dtype.str, array.shape, array.tolist())
        """, [path])
      #expect(
        output == """
          input <f4 (2, 3) [[1.5, -2.0, inf], [0.10000000149011612, -0.0, 5.0]]
          res2a/branch#first12ch <f8 () 3.141592653589793
          empty <f4 (0, 4) []
          half <f2 (1,) [1.5]

          """)
    }
  }
}
