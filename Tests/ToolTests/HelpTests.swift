import Foundation
import TestSupport
import Testing

/// The help of every command is a golden file: `Help/<command>.txt`.
///
/// To accept a change, run the tests with `RESNET_TOOLKIT_ACCEPT_HELP=1` and read the difference.
@Suite struct HelpTests {
  static let commands = [
    ["resnet-convert"], ["resnet-convert", "files"], ["resnet-convert", "caffe-to-native"],
    ["resnet-convert", "native-to-caffe"], ["resnet-convert", "keras-to-native"],
    ["resnet-convert", "native-to-keras"], ["resnet-convert", "onnx-to-caffe"],
    ["resnet-convert", "native-to-onnx"], ["resnet-convert", "synthesize"],
    ["resnet-verify"], ["resnet-verify", "receipt"],
    ["resnet-verify", "model"], ["resnet-verify", "layers"],
    ["resnet-verify", "run"], ["resnet-inspect"], ["resnet-inspect", "summary"],
    ["resnet-inspect", "weights"], ["resnet-inspect", "paper"], ["resnet-inspect", "fingerprint"],
    ["resnet-inspect", "responses"], ["resnet-inspect", "diff"], ["resnet-inspect", "plan"],
    ["resnet-bench"],
    ["resnet-bench", "run"], ["resnet-bench", "layers"], ["resnet-bench", "kernels"],
    ["resnet-bench", "machine"], ["resnet-bench", "compare"], ["resnet-bench", "lockstep"],
    ["resnet-run"],
  ]

  @Test(arguments: commands)
  func `help is as written down`(_ command: [String]) throws {
    let run = try ToolRun(
      command[0], command.dropFirst() + ["--help"], environment: ["COLUMNS": "80"])
    #expect(run.exitCode == 0)
    let file = Places.project.appendingPathComponent(
      "Tests/ToolTests/Help/\(command.joined(separator: " ")).txt")
    if ProcessInfo.processInfo.environment["RESNET_TOOLKIT_ACCEPT_HELP"] != nil {
      try run.output.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(run.output == (try String(contentsOf: file, encoding: .utf8)))
  }

  @Test(
    arguments: ["resnet-convert", "resnet-verify", "resnet-inspect", "resnet-bench", "resnet-run"])
  func `version is said`(_ tool: String) throws {
    let run = try ToolRun(tool, ["--version"])
    #expect(run.exitCode == 0)
    #expect(run.output == "0.1.0\n")
  }
}
