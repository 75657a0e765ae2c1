import Foundation
import ResNetKit
import TestSupport
import Testing

/// `resnet-inspect fingerprint`, beside copies in other formats and the program of the specification.
@Suite struct `Fingerprints of files` {
  private static let digits = [
    Places.fixture("digits/digits-resnet.prototxt"),
    Places.fixture("digits/digits-resnet.caffemodel"),
  ]

  private static func fingerprint(_ files: [String]) throws -> String? {
    let run = try ToolRun("resnet-inspect", ["fingerprint", "--json"] + files)
    #expect(run.exitCode == 0, "\(run.errors)")
    guard case .string(let text)? = try JSON(parsing: Bytes(Array(run.output.utf8)))["fingerprint"]
    else { return nil }
    return text
  }

  @Test func `are the same for a trained net in every format`() throws {
    let folder = TemporaryFolder()
    let original = try #require(try Self.fingerprint(Self.digits))
    #expect(original.hasPrefix("r1:") && original.count == 67)
    let forms = [
      ["a.resnet"], ["a.onnx"], ["a.keras"], ["a.h5"], ["a.weights.h5", "a.json"],
      ["b.prototxt", "b.caffemodel"],
    ]
    for form in forms {
      let outputs = form.flatMap { ["-o", $0] }
      let run = try ToolRun("resnet-convert", Self.digits + outputs, in: folder.path)
      #expect(run.exitCode == 0, "\(form): \(run.errors)")
      #expect(try Self.fingerprint(form.map(folder.path)) == original, "\(form)")
    }
  }

  @Test(.enabled(if: NumPy.isInstalled, "needs python3 with NumPy"), arguments: 0..<8)
  func `are those of the program beside the specification`(_ eighth: Int) throws {
    let folder = TemporaryFolder(inMemory: true)
    let seeds = (UInt64(eighth) * 10)..<UInt64(eighth + 1) * 10
    var expected = ""
    for seed in seeds {
      let network = try randomNetwork(seed: seed, layers: 20)
      try NativeFormat().write(
        Model(network: network, provenance: Provenance(format: "random")),
        to: OutputFile(path: folder.path("\(seed).resnet"), replacing: false))
      expected += try Fingerprint(of: network).text + "\n"
    }
    let found = try NumPy.run(
      """
      import sys
      from fingerprint import fingerprint
      from read_native import read
      for path in sys.argv[1:]:
          head, _, arrays = read(path)
          print(fingerprint(head, arrays)[0])
      """, seeds.map { folder.path("\($0).resnet") })
    #expect(found == expected)
  }

  @Test(.enabled(if: NumPy.isInstalled, "needs python3 with NumPy"))
  func `of a file are printed by the program beside the specification`() throws {
    let folder = TemporaryFolder()
    let file = folder.path("a.resnet")
    #expect(try ToolRun("resnet-convert", Self.digits + ["-o", file]).exitCode == 0)
    let program = Places.project.appendingPathComponent("schemas/fingerprint.py").path
    let run = try ToolRun(bash: "python3 -B '\(program)' '\(file)'")
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output == (try Self.fingerprint([file]) ?? "") + "\n")
    let bad = try ToolRun(bash: "python3 -B '\(program)' '\(Self.digits[1])'")
    #expect(bad.exitCode == 65 && bad.message != nil, "\(bad.errors)")
  }

  @Test func `list the operations when that is asked for`() throws {
    let run = try ToolRun("resnet-inspect", ["fingerprint", "--terms"] + Self.digits)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("input index=0 shape=1,1,"))
    #expect(run.output.contains("softmax axis=1"))
  }

  @Test func `are refused for a definition and for weights alone, in one line`() throws {
    for file in [Self.digits[0], Places.fixture("snapshots/plain.caffemodel.h5")] {
      let run = try ToolRun("resnet-inspect", ["fingerprint", file])
      #expect(run.exitCode == 65 && run.message != nil && run.output.isEmpty, "\(run.errors)")
    }
  }
}

/// Python with NumPy, where it is installed; what lies in `schemas` can be imported.
enum NumPy {
  static let isInstalled = (try? ToolRun(bash: "python3 -c 'import numpy'"))?.exitCode == 0

  /// What a script prints.
  static func run(_ script: String, _ arguments: [String]) throws -> String {
    let folder = TemporaryFolder()
    let file = try folder.write("script.py", text: script)
    let words = ([file] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let run = try ToolRun(
      bash: "python3 -B \(words)",
      environment: ["PYTHONPATH": Places.project.appendingPathComponent("schemas").path])
    #expect(run.exitCode == 0, "\(run.errors)")
    return run.output
  }
}
