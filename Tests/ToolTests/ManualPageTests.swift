import Foundation
import TestSupport
import Testing

/// The manual pages that `./run install` makes, from the declarations of the help.
@Suite struct `A manual page` {
  private static let requests: Set<String> = [
    ".TH", ".SH", ".SS", ".PP", ".TP", ".nf", ".fi", ".BR",
  ]

  @Test(arguments: ["resnet-convert", "resnet-verify", "resnet-inspect", "resnet-bench"])
  func `tells all commands and options`(tool: String) throws {
    let run = try ToolRun(tool, ["--generate-manual-page"])
    #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.first?.hasPrefix(".TH \(tool.uppercased()) 1 ") == true)
    for line in lines where line.hasPrefix(".") || line.hasPrefix("'") {
      #expect(Self.requests.contains(String(line.prefix { $0 != " " })), "\(line)")
    }
    let commands = HelpTests.commands.filter { $0.count == 2 && $0[0] == tool }.map { $0[1] }
    #expect(!commands.isEmpty)
    for command in commands where command != "lockstep" {
      let title = command.replacingOccurrences(of: "-", with: "\\-")
      #expect(lines.contains { $0.hasPrefix(".SS \"\(title)") }, "\(command)")
    }
    #expect(run.output.contains("\\fB\\-\\-json\\fR"))
  }

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/groff"), "needs groff"),
    arguments: ["resnet-convert", "resnet-inspect"])
  func `is what groff reads without a warning`(tool: String) throws {
    let path = Places.tools.appendingPathComponent(tool).path
    let run = try ToolRun(
      bash: "'\(path)' --generate-manual-page | groff -man -Tutf8 -Kutf8 -ww -P-c -P-b -P-o -P-u")
    #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors.prefix(500))")
    #expect(run.output.contains("COMMANDS") && run.output.contains("--json"))
  }
}
