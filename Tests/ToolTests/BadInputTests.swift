import Foundation
import ResNetKit
import TestSupport
import Testing

/// Each bad request ends in one line, the documented code, and nothing left behind.
@Suite struct BadInputTests {
  static let prototxt = Places.fixture("digits/digits-resnet.prototxt")
  static let caffemodel = Places.fixture("digits/digits-resnet.caffemodel")

  /// Converts into an empty folder and checks that it stays empty.
  static func refuse(
    prototxt: String = prototxt, caffemodel: String = caffemodel, limits: String? = nil,
    _ code: Int32, _ fragments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert",
      [
        "caffe-to-native", "--prototxt", prototxt, "--caffemodel", caffemodel,
        "-o", folder.path("out.resnet"),
      ], limits: limits)
    #expect(run.exitCode == code, "\(run.errors)", sourceLocation: sourceLocation)
    let message = try #require(run.message, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(message.hasPrefix("resnet-convert: "), sourceLocation: sourceLocation)
    for fragment in fragments {
      #expect(message.contains(fragment), "\(message)", sourceLocation: sourceLocation)
    }
    #expect(folder.contents.isEmpty, sourceLocation: sourceLocation)
  }

  @Test func `an empty caffemodel`() throws {
    let folder = TemporaryFolder()
    try Self.refuse(caffemodel: folder.write("empty.caffemodel", []), 65, "empty.caffemodel")
  }

  @Test(arguments: [1, 100, 5000, 200_000])
  func `a truncated caffemodel`(_ length: Int) throws {
    let folder = TemporaryFolder()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.caffemodel)).prefix(length)
    try Self.refuse(caffemodel: folder.write("cut.caffemodel", bytes), 65, "cut.caffemodel: ")
  }

  @Test func `text where binary is expected`() throws {
    try Self.refuse(caffemodel: Self.prototxt, 65, "expected a binary caffemodel, found a prototxt")
  }

  @Test func `binary where text is expected`() throws {
    try Self.refuse(prototxt: Self.caffemodel, 65, "digits-resnet.caffemodel")
  }

  @Test func `another kind of file`() throws {
    try Self.refuse(caffemodel: Places.fixture("digits/digits-golden.npz"), 65, "digits-golden.npz")
  }

  @Test func `a file that is not there`() throws {
    try Self.refuse(caffemodel: "/nowhere/x.caffemodel", 66, "/nowhere/x.caffemodel: cannot open")
  }

  @Test func `a folder instead of a file`() throws {
    try Self.refuse(caffemodel: Places.project.path, 66, "expected a regular file")
  }

  /// The definition with one text replaced.
  static func edited(_ old: String, _ new: String, in folder: TemporaryFolder) throws -> String {
    let text = try String(contentsOfFile: prototxt, encoding: .utf8)
    let range = try #require(text.range(of: old))
    return try folder.write("edited.prototxt", text: text.replacingCharacters(in: range, with: new))
  }

  @Test func `an unknown layer type`() throws {
    let folder = TemporaryFolder()
    let path = try Self.edited("type: \"Softmax\"", "type: \"Hardmax\"", in: folder)
    try Self.refuse(prototxt: path, 65, "edited.prototxt", "Hardmax")
  }

  @Test func `a syntax error has line and column`() throws {
    let folder = TemporaryFolder()
    let path = try folder.write("bad.prototxt", text: "name: \"n\"\nlayer { name: }\n")
    try Self.refuse(prototxt: path, 65, "bad.prototxt: 2:15: ")
  }

  @Test func `a weight of another shape`() throws {
    let folder = TemporaryFolder()
    let path = try Self.edited("num_output: 10", "num_output: 11", in: folder)
    try Self.refuse(prototxt: path, 65, "fc10")
  }

  @Test func `weights that no layer uses`() throws {
    let folder = TemporaryFolder()
    let path = try Self.edited("name: \"fc10\"", "name: \"fc11\"", in: folder)
    try Self.refuse(prototxt: path, 65, "fc1")
  }

  @Test(arguments: ["2147483647", "4294967295"])
  func `a huge extent`(_ extent: String) throws {
    let folder = TemporaryFolder()
    let path = try Self.edited("num_output: 10", "num_output: \(extent)", in: folder)
    try Self.refuse(prototxt: path, 65, "fc10")
  }

  @Test func `negative input dimensions`() throws {
    let folder = TemporaryFolder()
    let definition = """
      name: "n"
      input: "data"
      input_dim: 1 input_dim: -3 input_dim: 8 input_dim: 8
      layer { name: "s" type: "Sigmoid" bottom: "data" top: "s" }
      """
    try Self.refuse(prototxt: folder.write("n.prototxt", text: definition), 65, "n.prototxt", "-3")
  }

  @Test func `a folder that cannot be written`() throws {
    let run = try ToolRun(
      "resnet-convert",
      [Self.prototxt, Self.caffemodel, "-o", "/proc/self/out.resnet"])
    #expect(run.exitCode == 73)
    #expect(run.message?.contains("/proc/self/out.resnet") == true)
  }

  @Test func `an output that exists is kept, or replaced when asked`() throws {
    let folder = TemporaryFolder()
    let path = try folder.write("out.resnet", text: "precious")
    let run = try ToolRun("resnet-convert", [Self.prototxt, Self.caffemodel, "-o", path])
    #expect(run.exitCode == 73)
    #expect(run.message?.contains("exists already; replace it with --force") == true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    let forced = try ToolRun(
      "resnet-convert", [Self.prototxt, Self.caffemodel, "-o", path, "--force"])
    #expect(forced.exitCode == 0)
    #expect(try ToolRun("resnet-inspect", [path, "--check"]).exitCode == 0)
    #expect(folder.contents == ["out.resnet"])
  }

  @Test(arguments: ["same", "symbolic", "hard"])
  func `an output that is an input, by whatever link`(_ link: String) throws {
    let folder = TemporaryFolder()
    let input = folder.path("weights.resnet")
    try FileManager.default.copyItem(atPath: Self.caffemodel, toPath: input)
    let output = link == "same" ? input : folder.path("out.resnet")
    if link == "symbolic" {
      try FileManager.default.createSymbolicLink(atPath: output, withDestinationPath: input)
    } else if link == "hard" {
      try FileManager.default.linkItem(atPath: input, toPath: output)
    }
    let run = try ToolRun("resnet-convert", [Self.prototxt, input, "-o", output, "--force"])
    #expect(run.exitCode == 77)
    #expect(run.message?.contains("is an input of this command") == true)
    #expect(FileManager.default.contentsEqual(atPath: input, andPath: Self.caffemodel))
  }

  @Test func `a limit on the size of files`() throws {
    try Self.refuse(limits: "ulimit -f 16", 74, "out.resnet")
    HostileTable.record(
      "62", "output: SIGXFSZ, a limit on the size of files", "resnet-convert", result: "exit 74",
      message: "nothing left")
  }

  static let mayMount: Bool = {
    guard getuid() == 0 else { return false }
    let folder = TemporaryFolder()
    guard shell("mount -t tmpfs -o size=64k none '\(folder.path)'") else { return false }
    return shell("umount '\(folder.path)'")
  }()

  static func shell(_ line: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", line + " 2>/dev/null"]
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  @Test(.enabled(if: mayMount, "needs the right to mount a tmpfs"))
  func `a full disk`() throws {
    let folder = TemporaryFolder()
    #expect(Self.shell("mount -t tmpfs -o size=64k none '\(folder.path)'"))
    defer { _ = Self.shell("umount '\(folder.path)'") }
    let run = try ToolRun(
      "resnet-convert", [Self.prototxt, Self.caffemodel, "-o", folder.path("out.resnet")])
    #expect(run.exitCode == 74)
    #expect(run.message?.contains("No space left") == true, "\(run.errors)")
    #expect(folder.contents.isEmpty)
    HostileTable.record(
      "60", "output: a full disk", "resnet-convert", run,
      message: run.errors.replacingOccurrences(of: folder.path + "/", with: ""))
  }

  @Test(arguments: [
    (["--prototxt", "x"], "Missing expected argument"),
    (["--caffemodel", "x", "-o", "y.resnet", "--nonsense"], "Unknown option '--nonsense'"),
    (
      ["--caffemodel", "x", "-o", "y.pt"],
      "y.pt: files named .pt are not written: expected NAME.resnet"
    ),
  ])
  func `a wrong command line`(_ arguments: [String], _ fragment: String) throws {
    let run = try ToolRun("resnet-convert", ["caffe-to-native"] + arguments)
    #expect(run.exitCode == 64)
    #expect(run.message?.contains(fragment) == true, "\(run.errors)")
  }
}
