import Foundation
import TestSupport
import Testing

/// A row of the matrix of hostile files: what a tool is given, and how it must answer.
struct HostileCase: Sendable, CustomTestStringConvertible {
  /// The number in the matrix.
  var number: String
  var name: String
  var tool = "resnet-convert"
  /// Makes the files and returns the arguments; `-o out` is added where `hasOutput`.
  var arguments: @Sendable (TemporaryFolder) throws -> [String]
  var hasOutput = true
  var exitCode: Int32 = 65
  /// What the message must say besides the file; where the tool succeeds, what it must print.
  var fragments: [String]
  /// Private memory the tool may take.
  var memoryMiB = 48
  /// Seconds of processor time.
  var timeLimit = 10.0
  /// The file the message must name.
  var culprit = "bad"
  var environment: [String: String] = [:]
  /// Shell text that starts the tool in another way.
  var prelude = ""

  /// The number and the name.
  var testDescription: String { "\(number) \(name)" }

  /// A bad caffemodel beside a good definition.
  static func caffemodel(
    _ number: String, _ name: String, _ bytes: @autoclosure @escaping @Sendable () -> [UInt8],
    _ fragments: String..., code: Int32 = 65, memoryMiB: Int = 48
  ) -> HostileCase {
    HostileCase(
      number: number, name: "caffemodel: \(name)",
      arguments: { folder in
        [
          "--prototxt", try folder.write("net.prototxt", text: SmallNet.definition),
          "--caffemodel", try folder.write("bad.caffemodel", bytes()),
        ]
      }, exitCode: code, fragments: fragments, memoryMiB: memoryMiB, culprit: "bad.caffemodel")
  }

  /// A bad definition beside a good caffemodel.
  static func prototxt(
    _ number: String, _ name: String, _ bytes: @autoclosure @escaping @Sendable () -> [UInt8],
    _ fragments: String..., code: Int32 = 65, memoryMiB: Int = 48,
    culprit: String = "bad.prototxt"
  ) -> HostileCase {
    HostileCase(
      number: number, name: "prototxt: \(name)",
      arguments: { folder in
        [
          "--prototxt", try folder.write("bad.prototxt", bytes()),
          "--caffemodel", try folder.write("net.caffemodel", SmallNet.caffemodel),
        ]
      }, exitCode: code, fragments: fragments, memoryMiB: memoryMiB, culprit: culprit)
  }

  /// A bad native file.
  static func native(
    _ number: String, _ name: String, _ bytes: @autoclosure @escaping @Sendable () -> [UInt8],
    _ fragments: String..., code: Int32 = 65
  ) -> HostileCase {
    HostileCase(
      number: number, name: "native: \(name)", tool: "resnet-inspect",
      arguments: { [try $0.write("bad.resnet", bytes()), "--check"] }, hasOutput: false,
      exitCode: code, fragments: fragments, culprit: "bad.resnet")
  }

  /// A bad archive of arrays, as the input of a good model.
  static func npz(
    _ number: String, _ name: String, _ bytes: @autoclosure @escaping @Sendable () -> [UInt8],
    _ fragments: String..., code: Int32 = 65, memoryMiB: Int = 48
  ) -> HostileCase {
    HostileCase(
      number: number, name: "npz: \(name)", tool: "resnet-verify",
      arguments: { folder in
        let definition = try folder.write("net.prototxt", text: SmallNet.definition)
        let weights = try folder.write("net.caffemodel", SmallNet.caffemodel)
        return ["run", "\(definition),\(weights)", "--input", try folder.write("bad.npz", bytes())]
      }, exitCode: code, fragments: fragments, memoryMiB: memoryMiB, culprit: "bad.npz")
  }
}

extension HostileCase {
  /// Runs the tool with no output there, and with one that may be replaced but must not be touched
  /// if the tool fails.
  func check() throws {
    for isReplacing in hasOutput ? [false, true] : [false] {
      let (inputs, outputs) = (TemporaryFolder(), TemporaryFolder())
      var arguments = try arguments(inputs)
      if hasOutput {
        let isArchive = tool == "resnet-verify"
        arguments += ["-o", outputs.path(isArchive ? "out.npz" : "out.resnet")]
        if arguments.first?.hasPrefix("--prototxt") == true {
          arguments = ["caffe-to-native"] + arguments
        }
        if isReplacing {
          arguments.append("--force")
          try outputs.write(isArchive ? "out.npz" : "out.resnet", text: "precious")
        }
      }
      let before = inputs.contents
      let run = try ToolRun(
        tool, arguments, environment: environment,
        limits: "ulimit -c 0 -d \(memoryMiB * 1024); \(prelude.isEmpty ? ":" : prelude)",
        timeLimit: timeLimit)
      check(run)
      if !isReplacing {
        let text = (exitCode == 0 ? run.output : run.errors)
          .replacingOccurrences(of: inputs.path + "/", with: "")
          .replacingOccurrences(of: outputs.path + "/", with: "")
        HostileTable.record(number, name, tool, run, message: text)
      }
      #expect(inputs.contents == before, "the folder of the inputs")
      if exitCode != 0 {
        #expect(outputs.contents == (isReplacing ? [outputName] : []), "the folder of the output")
      }
      if isReplacing, exitCode != 0 {
        let kept = try String(contentsOfFile: outputs.path(outputName), encoding: .utf8)
        #expect(kept == "precious")
      }
    }
  }

  private var outputName: String { tool == "resnet-verify" ? "out.npz" : "out.resnet" }

  private func check(_ run: ToolRun) {
    #expect(!run.isTimedOut, "more than \(timeLimit) s")
    #expect(run.signal == nil, "signal: \(run.errors)")
    #expect(run.exitCode == exitCode, "\(run.errors)")
    let text = exitCode == 0 ? run.output + run.errors : run.errors
    if exitCode != 0 {
      #expect(run.message != nil, "not one line: \(run.errors.prefix(500))")
      #expect(text.hasPrefix("\(tool): "), "\(text.prefix(500))")
      #expect(text.contains("/\(culprit): "), "\(text.prefix(500))")
    }
    for fragment in fragments { #expect(text.contains(fragment), "\(text.prefix(500))") }
    let all = run.output + run.errors
    #expect(
      !all.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
    #expect(!all.unicodeScalars.contains { $0.properties.generalCategory == .format })
  }
}
