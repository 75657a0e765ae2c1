import Foundation
import TestSupport
import Testing

/// `--hdf5 library`: files that only libhdf5 reads, in a process that may die.
@Suite struct HDF5LibraryTests {
  private static func fixture(_ name: String) -> String { Places.fixture("hdf5-library/\(name)") }

  /// The tensors of a file, and how they were got.
  private static func arrays(_ file: String, _ options: String...) throws -> (ToolRun, Data?) {
    let folder = TemporaryFolder()
    let run = try ToolRun(
      "resnet-convert",
      [file, "--weights-only", "-o", folder.path("a.npz"), "--verbose"] + options)
    return (run, try? Data(contentsOf: URL(filePath: folder.path("a.npz"))))
  }

  @Test func `what only libhdf5 reads says so`() throws {
    let (run, data) = try Self.arrays(Self.fixture("nbit.weights.h5"))
    #expect(run.exitCode == 77 && data == nil)
    #expect(
      run.message?.hasSuffix(
        "expected no filters but deflate, shuffle, Fletcher-32 and LZF, found filter 5 (nbit); "
          + "--hdf5 library reads more") == true, "\(run.errors)")
  }

  @Test(arguments: ["nbit.weights.h5", "nbit.keras"])
  func `libhdf5 gives the bits that were stored`(name: String) throws {
    let (run, data) = try Self.arrays(Self.fixture(name), "--hdf5", "library")
    #expect(run.exitCode == 0)
    #expect(run.errors.contains("read by libhdf5 1."), "\(run.errors)")
    #expect(run.errors.contains("found filter 5"), "\(run.errors)")
    let (_, own) = try Self.arrays(Places.fixture("keras/packed/bfloat16.keras"))
    #expect(data != nil && data == own)
  }

  @Test func `a snapshot is read by libhdf5`() throws {
    let folder = TemporaryFolder()
    func convert(_ snapshot: String, _ options: String...) throws -> ToolRun {
      try ToolRun(
        "resnet-convert",
        [
          "caffe-to-native", "--prototxt", Places.fixture("snapshots/repacked.prototxt"),
          "--caffemodel", snapshot, "-o", folder.path("\(options.count).resnet"),
        ] + options)
    }
    #expect(try convert(Places.fixture("snapshots/repacked.caffemodel.h5")).exitCode == 0)
    let run = try convert(Self.fixture("nbit.caffemodel.h5"), "--hdf5", "library")
    #expect(run.exitCode == 0)
    #expect(run.errors.contains("read by libhdf5 1."), "\(run.errors)")
    let comparison = try ToolRun(
      "resnet-verify", [folder.path("0.resnet"), folder.path("2.resnet"), "--json"])
    #expect(comparison.exitCode == 0, "\(comparison.output)\(comparison.errors)")
  }

  @Test func `a receipt has the hash of the file`() throws {
    let folder = TemporaryFolder()
    let source = Self.fixture("nbit.keras")
    let run = try ToolRun(
      "resnet-convert",
      [
        source, "-o", folder.path("a.resnet"), "--receipt", folder.path("r.json"), "--hdf5",
        "library",
      ])
    #expect(run.exitCode == 0, "\(run.errors)")
    let check = try ToolRun(
      "resnet-verify",
      [
        "receipt", folder.path("r.json"), "--hdf5", "library", "--sources",
        Places.fixture("hdf5-library"), "--targets", folder.path,
      ])
    #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
  }

  @Test func `a file that is read here needs no library`() throws {
    let source = Places.fixture("keras/packed/bfloat16.keras")
    let run = try ToolRun("resnet-inspect", [source, "--hdf5", "library"])
    #expect(run.exitCode == 0)
    #expect(!run.errors.contains("libhdf5"))
  }

  @Test func `the option is refused where no file is HDF5`() throws {
    let source = Places.fixture("snapshots/repacked.prototxt")
    let run = try ToolRun("resnet-inspect", [source, "--hdf5", "library"])
    #expect(run.exitCode == 64)
    #expect(run.message == "resnet-inspect: --hdf5 library is for files in HDF5 only")
  }

  /// A tool in a folder of its own, perhaps with something in the place of its helper.
  private static func inspect(
    helper: String?, environment: [String: String] = [:]
  ) throws -> ToolRun {
    let folder = TemporaryFolder()
    let tool = folder.path("resnet-inspect")
    // Copied by another process: a program cannot be started while a child of this one may have it
    // open for writing.
    var lines = ["cp '\(Places.tools.appendingPathComponent("resnet-inspect").path)' '\(tool)'"]
    if let helper {
      let program = folder.path("resnet-hdf5-reader")
      lines += [
        "cp '\(try folder.write("helper", text: helper))' '\(program)'", "chmod 755 '\(program)'",
      ]
    }
    lines += environment.map { "export \($0)='\($1)'" }
    lines.append("exec '\(tool)' '\(Self.fixture("nbit.caffemodel.h5"))' --hdf5 library --verbose")
    return try ToolRun(bash: lines.joined(separator: "; "))
  }

  @Test func `without its program the option says so`() throws {
    let run = try Self.inspect(helper: nil)
    #expect(run.exitCode == 69)
    let message = try #require(run.message)
    #expect(
      message.contains("--hdf5 library needs the program resnet-hdf5-reader, which is neither in "))
    #expect(message.hasSuffix(", and RESNET_TOOLKIT_LIBEXEC names no folder"))
  }

  @Test func `the environment can say where the program is`() throws {
    let run = try Self.inspect(
      helper: nil, environment: ["RESNET_TOOLKIT_LIBEXEC": Places.tools.path])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.errors.contains("read by libhdf5 1."))
  }

  @Test(arguments: [
    ("kill -SEGV $$", 65 as Int32, "died of this file (signal 11)"),
    ("kill -ABRT $$", 65, "died of this file (signal 6)"),
    ("kill -KILL $$", 65, "took too much time or memory"),
    ("exit 3", 65, "ended before it had answered, with exit code 3"),
    ("exit 127", 69, "cannot run: a library that it needs is not installed"),
    ("echo hello", 65, "answered what it must not: another signature"),
    ("head -c 100000 /dev/urandom", 65, "answered what it must not"),
    ("printf 'RTH5\\001'; kill -BUS $$", 65, "died of this file (signal 7)"),
    ("yes", 65, "answered what it must not"),
  ])
  func `a helper that fails is one line`(script: String, code: Int32, fragment: String) throws {
    let run = try Self.inspect(helper: "#!/bin/bash\n\(script)\n")
    #expect(run.exitCode == code, "\(run.errors)")
    #expect(run.message?.contains(fragment) == true, "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  private static let hostile: [String] = {
    guard let data = Places.realData else { return [] }
    let top = "\(data)/hostile-hdf5"
    let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".h5") || $0.hasSuffix(".keras") }.sorted()
      .map { "\(top)/\($0)" }
  }()

  @Test(arguments: hostile)
  func `a hostile file ends the helper at most`(path: String) throws {
    let folder = TemporaryFolder()
    for command in [
      ["resnet-inspect", path],
      ["resnet-convert", path, "-o", folder.path("a.resnet")],
    ] {
      let run = try ToolRun(
        command[0], command.dropFirst() + ["--hdf5", "library"], limits: "ulimit -v 2000000",
        timeLimit: 10)
      #expect([0, 65, 77].contains(run.exitCode), "\(run.errors)")
      #expect(run.exitCode == 0 || run.message != nil, "\(run.errors)")
      #expect(!run.errors.contains("answered what it must not"), "\(run.errors)")
    }
  }
}
