import Foundation
import TestSupport
import Testing

/// Files that were once read without a word: one letter or one number is wrong in each.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA names no folder"))
struct SilentFileTests {
  private static func path(_ name: String) -> String {
    "\(Places.realData ?? "")/hostile-hdf5/silent/\(name)"
  }

  static let refused: [(file: String, options: [String], reason: String)] = [
    ("Activation_typo.h5", [], "expected settings that Activation has in Keras, found ectivation"),
    ("Activation_missing.h5", [], "expected the setting activation of Activation, found none"),
    ("typo_strides.h5", [], "expected settings that Conv2D has in Keras, found stride"),
    ("typo_activation.h5", [], "expected settings that Conv2D has in Keras, found ectivation"),
    ("backend_typo.h5", [], "backend: expected theano, tensorflow or another backend of Keras"),
    ("var_neg.h5", [], "expected variances that are finite and, with epsilon (0.001), above 0"),
    ("var_nan.h5", [], "expected variances that are finite and, with epsilon (0.001), above 0"),
  ]

  @Test(arguments: refused)
  func `are refused by each command`(_ file: String, _ options: [String], _ reason: String) throws {
    for (tool, arguments) in [
      ("resnet-convert", ["--dry-run"]), ("resnet-inspect", []), ("resnet-inspect", ["--json"]),
      ("resnet-bench", ["--rounds", "1"]), ("resnet-verify", [Self.path(file), "--json"]),
    ] {
      let run = try ToolRun(tool, [Self.path(file)] + arguments + options)
      // The same file twice is equal whatever it is.
      guard tool != "resnet-verify" else { continue }
      #expect(run.exitCode == 65, "\(tool): \(run.errors)")
      #expect(run.message?.contains(reason) == true, "\(tool): \(run.errors)")
    }
  }

  @Test(arguments: ["var_neg.h5", "var_nan.h5"])
  func `are read where that is asked for, and told`(_ file: String) throws {
    for command in [["files"], ["keras-to-native"]] {
      let run = try ToolRun(
        "resnet-convert", command + [Self.path(file), "--dry-run", "--allow-nonfinite"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("note: batch normalization that cannot work was let pass"))
    }
  }

  @Test func `are read where it is said whose the kernels are`() throws {
    let run = try ToolRun(
      "resnet-convert",
      [Self.path("backend_typo.h5"), "--dry-run", "--kernels", "convolution"])
    #expect(run.exitCode == 0 && run.errors.contains("turned kernels by 180°"), "\(run.errors)")
  }

  @Test func `a layer that leaves the path of a network is told`() throws {
    let run = try ToolRun(
      "resnet-convert",
      [
        Self.path("dig.prototxt"), Places.fixture("digits/digits-resnet.caffemodel"), "--dry-run",
        "--verbose",
      ])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(
      run.errors.contains("no layer reads what these make, it leaves the network before the end"))
  }
}

/// What a tool says when nobody hears it, or when names hold escapes.
@Suite struct LastWordTests {
  private static let model = Places.fixture("keras/eras/keras3.15.keras")

  @Test(arguments: [
    (">&-", "Bad file descriptor"), ("> /dev/full", "No space left on device"),
  ])
  func `standard output that takes nothing is told on standard error`(
    _ redirection: String, _ reason: String
  ) throws {
    let tool = Places.tools.appendingPathComponent("resnet-inspect").path
    let run = try ToolRun(bash: "'\(tool)' '\(Self.model)' \(redirection)")
    #expect(run.exitCode == 74)
    let message = "resnet-inspect: standard output: cannot write: \(reason)\n"
    #expect(run.errors.hasSuffix(message), "\(run.errors)")
  }

  @Test(arguments: [
    ["-o", "NAME.resnet", "--receipt", "NAME.json"], ["-o", "NAME.resnet", "--json"],
    ["-o", "NAME/"], ["-o", "NAME.npz", "--weights-only"],
    ["-o", "NAME.npz", "--weights-only", "--json"], ["-o", "NAME.xyz"], ["--dry-run", "--NAME"],
  ])
  func `escapes in names of files are never printed raw`(_ arguments: [String]) throws {
    let folder = TemporaryFolder()
    let name = "a\u{1b}[31m\u{9b}2J\u{202e}b"
    let run = try ToolRun(
      "resnet-convert", [Self.model] + arguments.map { $0.replacing("NAME", with: name) },
      in: folder.path)
    for scalar in (run.output + run.errors).unicodeScalars where scalar != "\n" {
      #expect(![.control, .format].contains(scalar.properties.generalCategory), "\(scalar.value)")
    }
  }
}
