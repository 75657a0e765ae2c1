import Foundation
import ResNetKit
import TestSupport
import Testing

/// What a command line means, and what is said about one that means nothing.
@Suite struct CommandLineTests {
  private static let definition = Places.fixture("digits/digits-resnet.prototxt")
  private static let weights = Places.fixture("digits/digits-resnet.caffemodel")
  private static let golden = Places.fixture("digits/digits-golden.npz")

  @Test(arguments: [
    ("resnet-inspect", [String]()), ("resnet-bench", ["--rounds", "1"]),
    ("resnet-verify", ["--fixture", golden]), ("resnet-convert", ["--dry-run"]),
  ])
  func `every tool takes the files of a model side by side or joined`(
    _ tool: String, _ options: [String]
  ) throws {
    for model in [[Self.definition, Self.weights], ["\(Self.definition),\(Self.weights)"]] {
      let run = try ToolRun(tool, model + options)
      #expect(run.exitCode == 0, "\(run.errors)")
    }
  }

  @Test(arguments: [
    ([definition, weights, "a.resnet"], 0, "EQUAL"),
    (["a.resnet", definition, weights], 0, "EQUAL"),
    ([definition, weights, definition, weights], 0, "EQUAL"),
    ([definition, weights], 64, "expected a second model or --fixture beside this one"),
    (["a.resnet"], 64, "expected one model and --fixture, or two models"),
    (["a.resnet", "a.resnet", "a.resnet"], 64, "expected the files of two models; join"),
    (
      [weights, definition, weights], 64,
      "which files belong together? Join those of one model by commas: \(weights) "
        + "\(definition),\(weights), or \(weights),\(definition) \(weights)"
    ),
    (["a.resnet", "a.resnet", "--fixture", golden], 64, "expected one model, found two"),
  ])
  func `two models are parted by what belongs together`(
    _ arguments: [String], _ code: Int, _ fragment: String
  ) throws {
    let folder = TemporaryFolder()
    let native = try ToolRun(
      "resnet-convert", [Self.definition, Self.weights, "-o", "a.resnet"], in: folder.path)
    #expect(native.exitCode == 0, "\(native.errors)")
    let run = try ToolRun("resnet-verify", arguments, in: folder.path)
    #expect(run.exitCode == Int32(code), "\(run.output)\(run.errors)")
    #expect((run.output + run.errors).contains(fragment), "\(run.errors)")
  }

  @Test(arguments: [
    (
      "resnet-convert", ["a.h5", "-o", "b.keras", "--forse"], "'--forse'. Did you mean '--force'?"
    ),
    (
      "resnet-convert", ["a.h5", "--outptu", "b.keras"],
      "'--outptu'. Did you mean '--output'?"
    ),
    (
      "resnet-convert", ["keras2native", "a.h5"], "no such command or file. Did you mean keras-to-"
    ),
    ("resnet-convert", ["Caffe_to_native"], "no such command or file. Did you mean caffe-to-nat"),
    (
      "resnet-convert", ["caffe2keras", "a"], "no such command or file. Did you mean caffe-to-keras"
    ),
    ("resnet-convert", ["tensorflow2pytorch", "a"], "resnet-convert FILE ... -o OUTPUT"),
    ("resnet-verify", ["reciept", "a.json"], "no such command or file. Did you mean receipt?"),
    ("resnet-verify", ["layer", "a.resnet"], "no such command or file. Did you mean layers?"),
    ("resnet-inspect", ["a.resnet", "--chekc"], "Did you mean '--check'?"),
  ])
  func `a misspelled word is told what it is near to`(
    _ tool: String, _ arguments: [String], _ fragment: String
  ) throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(tool, arguments, in: folder.path)
    #expect(run.exitCode == 64)
    #expect(run.message?.contains(fragment) == true, "\(run.errors)")
  }

  @Test func `a file is a file, whatever its name`() throws {
    let folder = TemporaryFolder()
    try FileManager.default.copyItem(atPath: Self.weights, toPath: folder.path("layer"))
    let run = try ToolRun("resnet-verify", ["layer", "--fixture", Self.golden], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let missing = try ToolRun("resnet-verify", ["net.resnet", "--fixture", "x.npz"])
    #expect(missing.exitCode == 66)
  }

  @Test(arguments: [
    (["a.resnet", "b.resnet"], "a.resnet, b.resnet: two outputs of one kind: a model is NAME"),
    (["a.keras", "a.h5"], "a.keras, a.h5: two outputs of one kind"),
    (["a.resnet", "a.keras"], "a.resnet, a.keras: outputs of two formats"),
    (["a.prototxt"], "half a model of Caffe: name the other half too, -o a.caffemodel"),
    (["a.caffemodel", "labels.txt"], "half a model of Caffe: name the other half too, -o a.proto"),
    (["labels.txt"], "half a model of Caffe"),
    (["a.pt"], "a.pt: files named .pt are not written: expected NAME.resnet, or NAME.keras"),
    (["a"], "a: a name without a kind: expected NAME.resnet"),
    (["a.json"], "a.json: a definition is written beside the weights: name NAME.weights.h5 too"),
    (["a.json", "a.keras"], "a.json: a definition is written beside the weights"),
    (["new/", "a.prototxt"], "new/: a folder takes all files of Caffe"),
  ])
  func `outputs that make no model are told before any work`(
    _ outputs: [String], _ fragment: String
  ) throws {
    let folder = TemporaryFolder()
    // A source that is not there: nobody has looked for it.
    let run = try ToolRun(
      "resnet-convert", ["net.h5"] + outputs.flatMap { ["-o", $0] }, in: folder.path)
    #expect(run.exitCode == 64)
    #expect(run.message?.contains(fragment) == true, "\(run.errors)")
    #expect(folder.contents.isEmpty)
  }

  @Test func `values are written to an npz only`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-verify", ["run", "a.resnet", "--input", "x.npz", "-o", "zz.csv"], in: folder.path)
    #expect(run.exitCode == 64)
    #expect(run.message?.contains("zz.csv: expected a name that ends in .npz") == true)
    #expect(folder.contents.isEmpty)
  }

  @Test func `a folder for outputs is made, and gone again where nothing is written`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert", [Self.definition, Self.weights, "-o", "new/"], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(folder.contents == ["new"])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("new")).sorted()
    #expect(names == ["digits-resnet.caffemodel", "digits-resnet.prototxt"])
    let broken = try folder.write("broken.caffemodel", text: "nothing")
    let failed = try ToolRun(
      "resnet-convert", [Self.definition, broken, "-o", "other/"], in: folder.path)
    #expect(failed.exitCode == 65, "\(failed.errors)")
    #expect(folder.contents == ["broken.caffemodel", "new"])
    let nowhere = try ToolRun(
      "resnet-convert", [Self.definition, Self.weights, "-o", "no/where/"], in: folder.path)
    #expect(nowhere.exitCode == 73)
    #expect(nowhere.message?.contains("no/where/: ") == true, "\(nowhere.errors)")
    let dry = try ToolRun(
      "resnet-convert", [Self.definition, Self.weights, "-o", "dry/", "--dry-run"],
      in: folder.path)
    #expect(dry.exitCode == 0)
    #expect(folder.contents == ["broken.caffemodel", "new"])
  }

  @Test func `notes go to standard error, a line each, and in full if asked`() throws {
    let folder = TemporaryFolder()
    let command = [Self.definition, Self.weights, "-o", "a.keras", "--force"]
    let short = try ToolRun("resnet-convert", command, in: folder.path)
    let full = try ToolRun("resnet-convert", command + ["--verbose"], in: folder.path)
    #expect(short.exitCode == 0 && full.exitCode == 0)
    #expect(short.output == full.output && short.output.split(separator: "\n").count == 1)
    let (lines, whole) = (short.errors.split(separator: "\n"), full.errors.split(separator: "\n"))
    #expect(lines.count == whole.count + 1 && whole.contains { $0.count > 120 })
    #expect(lines.allSatisfy { $0.hasPrefix("note: ") && $0.count <= 120 })
    #expect(lines.last?.hasSuffix("; --verbose prints them in full") == true)
  }

  @Test func `files that are the same are equal at once`() throws {
    let model = "\(Self.definition),\(Self.weights)"
    let text = try ToolRun("resnet-verify", [model, model])
    #expect(text.exitCode == 0)
    #expect(text.output == "EQUAL: the files are the same, byte for byte; nothing was run\n")
    let json = try ToolRun("resnet-verify", [model, model, "--json"])
    #expect(json.exitCode == 0 && json.output.contains("\"weightDifferences\""))
  }

  @Test func `a summary counts what was written`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert", [Self.definition, Self.weights, "-o", "a.keras"], in: folder.path)
    let read = try KerasFormat().readModel(
      from: [InputFile(path: folder.path("a.keras"))], options: ReadingOptions()
    ).model
    let weights = read.network.weights
    let count = weights.reduce(0) { $0 + $1.tensor.shape.elementCount }
    // A factor of batch normalization is in the statistics of Keras, and a layer may be two there.
    #expect(
      run.output.hasPrefix("a.keras: ") && run.output.contains(" \(weights.count) tensors"),
      "\(run.output)")
    #expect(run.output.filter { $0 != "," }.contains(" of \(count) numbers; ledger: "))
  }

  @Test func `weights for Keras may have their definition beside them`() throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert",
      [
        Self.definition, Self.weights, "-o", "a.weights.h5", "-o", "a.json", "--receipt", "r.json",
      ], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let fixture = try ToolRun(
      "resnet-verify", ["a.json", "a.weights.h5", "--fixture", Self.golden], in: folder.path)
    #expect(fixture.exitCode == 0, "\(fixture.output)\(fixture.errors)")
    let receipt = try ToolRun(
      "resnet-verify",
      ["receipt", "r.json", "--sources", Places.fixture("digits"), "--targets", "."],
      in: folder.path)
    #expect(receipt.exitCode == 0, "\(receipt.output)\(receipt.errors)")
  }
}
