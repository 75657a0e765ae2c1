import Foundation
import ResNetKit
import TestSupport
import Testing

/// `resnet-convert synthesize`.
@Suite struct SynthesisTests {
  private func synthesize(_ arguments: [String]) throws -> ToolRun {
    try ToolRun("resnet-convert", ["synthesize"] + arguments)
  }

  @Test(arguments: [["resnet"], ["keras"], ["h5"], ["prototxt", "caffemodel"]])
  func `the same seed gives the same bytes in every format`(_ kinds: [String]) throws {
    let (one, other) = (TemporaryFolder(), TemporaryFolder())
    for folder in [one, other] {
      let outputs = kinds.flatMap { ["-o", folder.path("net.\($0)")] }
      let run = try synthesize(["resnet20", "--seed", "7"] + outputs)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("seed 7"))
    }
    for name in one.contents {
      #expect(
        FileManager.default.contentsEqual(atPath: one.path(name), andPath: other.path(name)))
    }
    let native = one.path("plain.resnet")
    #expect(try synthesize(["resnet20", "--seed", "7", "-o", native]).exitCode == 0)
    let written = kinds.map { one.path("net.\($0)") }
    let comparison = try ToolRun("resnet-verify", [native] + written)
    #expect(comparison.exitCode == 0, "\(comparison.output) \(comparison.errors)")
  }

  @Test(arguments: [
    ("resnet18", ["--stem", "cifar", "--shortcut", "A"], "ResNet-18 with a stem for small images"),
    ("resnet50", ["--stem", "cifar", "--classes", "5"], "ResNet-50 with a stem for small images"),
    ("resnet32", ["--shortcut", "C"], "ResNet-32 for CIFAR"),
    ("resnext50-32x4d", ["--stem", "cifar"], "ResNeXt-50 with a stem for small images"),
  ])
  func `what is made is recognised as what was asked for`(
    _ name: String, _ options: [String], _ published: String
  ) throws {
    let folder = TemporaryFolder()
    let run = try synthesize([name] + options + ["-o", folder.path("net.resnet")])
    #expect(run.exitCode == 0, "\(run.errors)")
    let inspection = try ToolRun("resnet-inspect", [folder.path("net.resnet")])
    #expect(inspection.output.contains(published), "\(inspection.output)")
    if let shortcut = options.firstIndex(of: "--shortcut") {
      #expect(inspection.output.contains("shortcuts \(options[shortcut + 1])"))
    }
    if options.contains("--classes") { #expect(inspection.output.contains("5 classes")) }
  }

  @Test func `files in a folder are named for the network`() throws {
    let folder = TemporaryFolder()
    let run = try synthesize(["resnet20", "-o", folder.path("caffe/")])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path("caffe")).sorted()
        == ["resnet20.caffemodel", "resnet20.prototxt"])
  }

  @Test(
    arguments: [
      (["resnet51", "-o", "a.resnet"], "resnet51: no network of this name; there are resnet18, "),
      (["plain18", "--shortcut", "A", "-o", "a.resnet"], "plain18 has no shortcuts"),
      (["resnet20", "--classes", "0", "-o", "a.resnet"], "expected 1 to 1000000"),
      (["resnet20", "--shortcut", "D", "-o", "a.resnet"], "--shortcut"),
      (["resnet20", "--receipt", "a.json", "-o", "a.resnet"], "come from no file"),
      (["resnet20"], "name a file to write"), (["resnet20", "-o", "a.txt"], "a.txt"),
    ] as [([String], String)])
  func `what cannot be made is a usage error`(_ arguments: [String], _ reason: String) throws {
    let folder = TemporaryFolder()
    let run = try ToolRun("resnet-convert", ["synthesize"] + arguments, in: folder.path)
    #expect(run.exitCode == 64)
    #expect(run.errors.contains(reason), "\(run.errors)")
    #expect(folder.contents.isEmpty)
  }

  @Test func `a dry run lists the layers`() throws {
    let run = try synthesize(["resnet20", "--dry-run"])
    #expect(run.exitCode == 0)
    #expect(run.output.contains("res2a_branch2a"))
    #expect(!run.output.contains("source tensor"))
  }
}
