import Files
import Foundation
import JSON
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import NativeFormat

/// The reader beside the specification, where Python with NumPy is installed.
enum PythonReader {
  static let schemas = URL(fileURLWithPath: #filePath)
    .appending(path: "../../../schemas").standardized.path

  static let isInstalled = (try? run(["-c", "import numpy"]))?.status == 0

  /// Runs Python with `read_native` ready to be imported.
  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": schemas]) {
      $1
    }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }
}

// Skipped where python3 with NumPy is not installed.
@Suite(.enabled(if: PythonReader.isInstalled, "needs python3 with NumPy"))
struct `The independent reader` {
  private func withSample(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/model.resnet"
      try NativeFormat().write(.sample, to: OutputFile(path: path, replacing: false))
      try body(path)
    }
  }

  @Test func `reads the same graph and the same numbers`() throws {
    let script = """
      import json, sys, read_native
      head, ledger, arrays = read_native.read(sys.argv[1])
      arrays = {name: array.ravel().tolist() for name, array in arrays.items()}
      print(json.dumps([head["nodes"], ledger["entries"], arrays, head["labels"]]))
      """
    try withSample { path in
      let (status, output) = try PythonReader.run(["-c", script, path])
      #expect(status == 0, "\(output)")
      let model = try NativeFile(opening: InputFile(path: path)).model
      let image = (name: "mean-image", tensor: Tensor.ramp([3, 2, 2]))
      let arrays = (model.network.weights + [image]).map { weight in
        JSON.Member(weight.name, .array(weight.tensor.doubles.map { .double($0) }))
      }
      let expected = JSON.array([
        try #require(Header.coded(model).json["nodes"]),
        try #require(try NativeFile(opening: InputFile(path: path)).ledger().json["entries"]),
        .object(arrays), .strings(model.labels),
      ])
      #expect(try JSON(parsing: Bytes(Array(output.utf8))) == expected)
    }
  }

  @Test func `lists the layers and exports the weights`() throws {
    try withSample { path in
      let (status, output) = try PythonReader.run(
        [PythonReader.schemas + "/read_native.py", path, "--npz", path + ".npz"])
      #expect(status == 0)
      #expect(output.contains("fc fullyConnected {\"axis\": 1} kernel [2, 72]\n"))
      #expect(output.hasSuffix("6 layers, 5 tensors, 3 entries\n"))
      #expect(FileManager.default.fileExists(atPath: path + ".npz"))
    }
  }

  @Test func `refuses flipped bits and truncations as this reader does`() throws {
    let script = """
      import random, sys, read_native
      data = open(sys.argv[1], "rb").read()
      chance = random.Random(1)
      missed = []
      for case in range(600):
          damaged = bytearray(data)
          place = chance.randrange(8 * len(data))
          damaged[place // 8] ^= 1 << place % 8
          if case % 3 == 0:
              damaged = data[:place // 8]
          open(sys.argv[1], "wb").write(damaged)
          try:
              read_native.read(sys.argv[1])
              missed.append(place)
          except ValueError:
              pass
      sys.exit(str(missed) if missed else 0)
      """
    try withSample { path in
      let (status, output) = try PythonReader.run(["-c", script, path])
      #expect(status == 0, "\(output)")
    }
  }

  @Test func `exits with 65 for a bad file`() throws {
    try withSample { path in
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try file.seek(toOffset: 100)
      try file.write(contentsOf: [0])
      try file.close()
      let (status, output) = try PythonReader.run([PythonReader.schemas + "/read_native.py", path])
      #expect(status == 65)
      #expect(output.contains("\(path): header: chunk 0 (bytes 64..<"))
    }
  }
}
