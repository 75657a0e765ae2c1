import Foundation
import TestSupport
import Testing

/// Inputs that somebody else changes while a tool reads them.
@Suite(.enabled(if: FaultShim.library != nil, "\(FaultShim.need)"))
struct InputChangeTests {
  /// What is done to the input.
  enum Change: String, CaseIterable, Sendable { case truncate, grow, replace, touch, delete }

  /// Which input of a conversion it is.
  enum Input: String, CaseIterable, Sendable {
    case prototxt, caffemodel, native

    /// Makes the files; returns the one to be changed, and the arguments.
    func make(in folder: TemporaryFolder) throws -> (path: String, arguments: [String]) {
      let path = folder.path("bad.\(rawValue)")
      switch self {
      case .prototxt, .caffemodel:
        let isText = self == .prototxt
        let (definition, weights) = (BadInputTests.prototxt, BadInputTests.caffemodel)
        try FileManager.default.copyItem(atPath: isText ? definition : weights, toPath: path)
        return (
          path,
          [
            "caffe-to-native", "--prototxt", isText ? path : definition, "--caffemodel",
            isText ? weights : path, "-o",
          ]
        )
      case .native:
        let native = folder.path("in.resnet")
        try #require(ConversionTests.convert(to: native).exitCode == 0)
        try FileManager.default.moveItem(atPath: native, toPath: path)
        return (path, ["native-to-caffe", path, "-o"])
      }
    }

    var output: String { self == .native ? "" : "out.resnet" }
    /// Which of the files that are mapped it is.
    var mapping: Int { self == .caffemodel ? 2 : 1 }
  }

  /// Before which call of the tool; nil stands for the mapping of the input.
  static let moments: [(input: Input, call: String?)] = Input.allCases.flatMap { input in
    [nil, "openat", "write", "fsync"].map { (input, $0) }
  }

  @Test(arguments: moments, Change.allCases)
  func `a change during a conversion is an error, and nothing is written`(
    _ moment: (input: Input, call: String?), _ change: Change
  ) throws {
    let (input, call) = moment
    let (inputs, outputs, logs) = (TemporaryFolder(), TemporaryFolder(), TemporaryFolder())
    let (path, arguments) = try input.make(in: inputs)
    let index = call == nil ? input.mapping : 1
    let run = try ToolRun(
      "resnet-convert", arguments + [outputs.path(input.output)],
      environment: FaultShim.environment(
        call ?? "mmap", at: index, log: logs.path("log"),
        ["FAULT_ACTION": change.rawValue, "FAULT_FILE": path]), timeLimit: 20)
    #expect(logs.contents == ["log"])
    #expect(run.exitCode == 74, "\(run.errors)")
    let message = try #require(run.message, "\(run.errors)")
    #expect(message.hasPrefix("resnet-convert: \(path): "), "\(message)")
    #expect(
      message.contains("was changed while it was being read")
        || message.contains("cannot be read any more: the file was shortened meanwhile"))
    #expect(outputs.contents == [])
    HostileTable.record(
      "6", "\(input): \(change) before \(call ?? "it is mapped")", "resnet-convert", run,
      message: message.replacingOccurrences(of: inputs.path + "/", with: ""))
  }

  @Test func `a native file that is shortened while it is checked is an error`() throws {
    let (inputs, logs) = (TemporaryFolder(), TemporaryFolder())
    let path = inputs.path("bad.resnet")
    #expect(try ConversionTests.convert(to: path).exitCode == 0)
    let run = try ToolRun(
      "resnet-inspect", [path, "--check"],
      environment: FaultShim.environment(
        "mmap", at: 1, log: logs.path("log"),
        ["FAULT_ACTION": "truncate", "FAULT_FILE": path]), timeLimit: 20)
    #expect(run.exitCode == 74, "\(run.errors)")
    let message = try #require(run.message)
    #expect(message.hasPrefix("resnet-inspect: \(path): "))
    #expect(message.contains("was changed while") || message.contains("was shortened meanwhile"))
    HostileTable.record(
      "58", "native: truncated while it is mapped", "resnet-inspect", run,
      message: run.errors.replacingOccurrences(of: inputs.path + "/", with: ""))
  }

  /// Calls that only fail where a disk does.
  @Test(arguments: [
    ("open", EIO, 66), ("mmap", EIO, 74), ("mmap", ENOMEM, 75), ("open", EINTR, 0),
  ])
  func `a file that cannot be opened or mapped is an error`(
    _ call: String, _ code: Int32, _ exitCode: Int32
  ) throws {
    let (outputs, logs) = (TemporaryFolder(), TemporaryFolder())
    let run = try ToolRun(
      "resnet-convert",
      [BadInputTests.prototxt, BadInputTests.caffemodel, "-o", outputs.path("out.resnet")],
      environment: FaultShim.environment(
        call, at: 1, log: logs.path("log"), ["FAULT_ERRNO": "\(code)"]),
      timeLimit: 20)
    #expect(logs.contents == ["log"])
    #expect(run.exitCode == exitCode, "\(run.errors)")
    #expect(exitCode == 0 || run.message?.contains(BadInputTests.prototxt) == true)
    #expect(outputs.contents == (exitCode == 0 ? ["out.resnet"] : []))
    HostileTable.record(
      "9", "input: error \(code) of \(call)", "resnet-convert", run,
      message: run.errors.replacingOccurrences(of: Places.fixture(""), with: ""))
  }
}
