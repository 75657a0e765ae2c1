import Foundation
import ResNetKit
import TestSupport
import Testing

/// Outputs that cannot be written, or must not be.
@Suite struct `A hostile output` {
  /// What is there under the name of the output.
  enum Object: String, CaseIterable, Sendable {
    case folder, pipe, device, missingFolder, symbolicLink, descriptor
  }

  @Test(arguments: Object.allCases)
  func `is refused and left alone`(_ object: Object) throws {
    let folder = TemporaryFolder()
    let path = folder.path("out.resnet")
    var (output, code, fragment) = (path, Int32(73), "expected a regular file, found ")
    switch object {
    case .folder:
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case .pipe: #expect(mkfifo(path, 0o600) == 0)
    case .device:
      #expect(symlink("/dev/null", path) == 0)
      (code, fragment) = (77, "symbolic link")
    case .missingFolder:
      (output, fragment) = (folder.path("no/out.resnet"), "cannot open the folder")
    case .symbolicLink:
      #expect(symlink("nowhere", path) == 0)
      (code, fragment) = (77, "is a symbolic link")
    case .descriptor: (output, fragment) = ("/proc/self/fd/9.resnet", "cannot create")
    }
    let before = folder.contents
    let run = try ToolRun(
      "resnet-convert",
      [BadInputTests.prototxt, BadInputTests.caffemodel, "-o", output, "--force"], timeLimit: 10)
    #expect(run.exitCode == code, "\(run.errors)")
    let message = try #require(run.message)
    #expect(message.hasPrefix("resnet-convert: \(output): ") && message.contains(fragment))
    #expect(folder.contents == before)
    HostileTable.record(
      "64", "output: \(object.rawValue)", "resnet-convert", run,
      message: message.replacingOccurrences(of: folder.path + "/", with: ""))
  }

  /// How the path of an output can be that of an input.
  enum Way: String, CaseIterable, Sendable {
    case samePath, dotPath, symbolicLink, hardLink, folderDescriptor, bindMount

    /// Whether this process may do it.
    var isPossible: Bool { self != .bindMount || BadInputTests.mayMount }
  }

  @Test(arguments: Way.allCases.filter(\.isPossible), ["caffemodel", "prototxt", "native"])
  func `that is an input is refused before anything is written`(
    _ way: Way, _ part: String
  ) throws {
    let folder = TemporaryFolder()
    // Its name is that of an output, for the path may be the same.
    let isNative = part == "native"
    let input = folder.path(isNative ? "in.caffemodel" : "in.resnet")
    if isNative {
      let native = folder.path("native.resnet")
      try #require(ConversionTests.convert(to: native).exitCode == 0)
      try FileManager.default.moveItem(atPath: native, toPath: input)
    } else {
      let source = part == "prototxt" ? BadInputTests.prototxt : BadInputTests.caffemodel
      try FileManager.default.copyItem(atPath: source, toPath: input)
    }
    let before = FileManager.default.contents(atPath: input)
    var (output, prelude) = (folder.path(isNative ? "out.caffemodel" : "out.resnet"), ":")
    switch way {
    case .samePath: output = input
    case .dotPath: output = input.replacingOccurrences(of: "/in.", with: "/./in.")
    case .symbolicLink: #expect(symlink(input, output) == 0)
    case .hardLink: #expect(link(input, output) == 0)
    case .folderDescriptor:
      output = "/proc/self/fd/9" + input.dropFirst(folder.path.count)
      prelude = "exec 9<'\(folder.path)'"
    case .bindMount:
      try folder.write(String(output.dropFirst(folder.path.count + 1)), [])
      #expect(BadInputTests.shell("mount --bind '\(input)' '\(output)'"))
    }
    defer { if way == .bindMount { _ = BadInputTests.shell("umount '\(output)'") } }
    let arguments =
      switch part {
      case "native": ["native-to-caffe", input, "-o", folder.path("out.prototxt")]
      case "prototxt": ["--prototxt", input, "--caffemodel", BadInputTests.caffemodel]
      default: ["--prototxt", BadInputTests.prototxt, "--caffemodel", input]
      }
    let listing = folder.contents
    let run = try ToolRun(
      "resnet-convert",
      (isNative ? [] : ["caffe-to-native"]) + arguments + ["-o", output, "--force"],
      limits: prelude, timeLimit: 10)
    #expect(run.exitCode == 77, "\(run.errors)")
    #expect(
      run.message
        == "resnet-convert: \(output): is an input of this command; name another output")
    #expect(folder.contents == listing)
    #expect(FileManager.default.contents(atPath: input) == before)
    HostileTable.record(
      "63", "\(part): the output is the input by \(way)", "resnet-convert", run,
      message: run.errors.replacingOccurrences(of: folder.path + "/", with: ""))
  }

  @Test func `has one name only`() throws {
    let folder = TemporaryFolder()
    let command = try FaultCommand(.nativeToCaffe("small", .small))
    let path = folder.path("a.prototxt")
    let run = try ToolRun(
      "resnet-convert",
      command.arguments + ["-o", path, "-o", folder.path("a.caffemodel"), "--receipt", path])
    #expect(run.exitCode == 77)
    #expect(run.message?.hasSuffix("is two outputs of this command; name another one") == true)
    #expect(folder.contents == [])
    HostileTable.record(
      "63", "two outputs of one name", "resnet-convert", run,
      message: run.errors.replacingOccurrences(of: folder.path + "/", with: ""))
  }

  /// Shell text that spoils what the tool prints to; and the code of a tool that did its work.
  static let standardOutputs: [(String, Int32)] = [
    ("exec >/dev/full", 74), ("exec > >(exec true); sleep 0.05", 74), ("exec >&-", 74),
    ("exec <&- >&- 2>&-", 74), ("exec 2>/dev/full", 0),
  ]

  @Test(arguments: standardOutputs)
  func `is whole even if the report cannot be printed`(_ prelude: String, _ code: Int32) throws {
    let command = try FaultCommand(.nativeToCaffe("small", .small))
    let outcome = try command.run(isReplacing: true, limits: prelude)
    #expect(outcome.run.exitCode == code, "\(outcome.run.errors)")
    #expect(outcome.bytes == command.new)
    #expect(outcome.leftovers.isEmpty)
    HostileTable.record(
      "62", "standard output and error: \(prelude)", "resnet-convert", outcome.run,
      message: "the new files, whole")
  }
}
