import Foundation
import TensorCore
import TestSupport
import Testing

@testable import Files

@Suite struct `An output file` {
  private static func write(_ text: String, to output: OutputFile) throws(FormatError) {
    try output.write(byteCount: text.utf8.count) { (writer) throws(FormatError) in
      try writer.write(Array(text.utf8))
    }
  }

  private static func content(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private static func listing(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// With and without `O_TMPFILE`.
  static let ways = [false, true]

  private static func output(
    _ path: String, replacing: Bool, named: Bool
  ) throws(FormatError) -> OutputFile {
    var output = try OutputFile(path: path, replacing: replacing)
    output.usesNamedTemporary = named
    return output
  }

  @Test(arguments: ways)
  func `appears whole under its name, and nothing else does`(named: Bool) throws {
    try withTemporaryFolder { folder in
      let output = try Self.output(folder + "/a", replacing: false, named: named)
      try output.write { (writer) throws(FormatError) in
        try writer.write(Array("one ".utf8))
        try writer.write(Bytes(Array("two".utf8)))
        #expect(writer.byteCount == 7)
        #expect(!FileManager.default.fileExists(atPath: folder + "/a"))
      }
      #expect(try Self.content(folder + "/a") == "one two")
      #expect(try Self.listing(folder) == ["a"])
    }
  }

  @Test(arguments: ways)
  func `may be larger than one system call writes`(named: Bool) throws {
    let bytes = Bytes(count: 20 << 20) {
      $0.storeBytes(of: 7, toByteOffset: 19 << 20, as: UInt8.self)
    }
    try withTemporaryFolder { folder in
      let output = try Self.output(folder + "/a", replacing: false, named: named)
      try output.write(byteCount: bytes.count) { (writer) throws(FormatError) in
        try writer.write(bytes)
      }
      #expect(try InputFile(path: folder + "/a").bytes == bytes)
    }
  }

  @Test func `may be empty`() throws {
    try withTemporaryFolder { folder in
      try Self.write("", to: OutputFile(path: folder + "/a", replacing: false))
      #expect(try Self.content(folder + "/a") == "")
    }
  }

  @Test func `is refused where a file exists`() throws {
    try withTemporaryFolder { folder in
      try Self.write("old", to: OutputFile(path: folder + "/a", replacing: false))
      let error = #expect(throws: FormatError.self) {
        try OutputFile(path: folder + "/a", replacing: false)
      }
      #expect(error?.kind == .outputExists)
      #expect(error?.description == "\(folder)/a: exists already")
    }
  }

  @Test(arguments: ways)
  func `replaces a file and keeps its permissions`(named: Bool) throws {
    try withTemporaryFolder { folder in
      try Self.write("old", to: OutputFile(path: folder + "/a", replacing: false))
      chmod(folder + "/a", 0o640)
      try Self.write("new", to: Self.output(folder + "/a", replacing: true, named: named))
      #expect(try Self.content(folder + "/a") == "new")
      #expect(try Self.listing(folder) == ["a"])
      var status = stat()
      #expect(stat(folder + "/a", &status) == 0)
      #expect(status.st_mode & 0o7777 == 0o640)
    }
  }

  @Test(arguments: ways)
  func `never wins over a file that appeared meanwhile`(named: Bool) throws {
    try withTemporaryFolder { folder in
      let output = try Self.output(folder + "/a", replacing: false, named: named)
      let error = #expect(throws: FormatError.self) {
        try output.write { (writer) throws(FormatError) in
          try writer.write(Array("mine".utf8))
          _ = FileManager.default.createFile(atPath: folder + "/a", contents: Data("theirs".utf8))
        }
      }
      #expect(error?.kind == .cannotCreate)
      #expect(try Self.content(folder + "/a") == "theirs")
      #expect(try Self.listing(folder) == ["a"])
    }
  }

  @Test(arguments: ways)
  func `leaves everything as it was if writing or verifying fails`(named: Bool) throws {
    try withTemporaryFolder { folder in
      try Self.write("old", to: OutputFile(path: folder + "/a", replacing: false))
      let output = try Self.output(folder + "/a", replacing: true, named: named)
      let fault = FormatError(.badModel, "no")
      #expect(throws: fault) {
        try output.write { (writer) throws(FormatError) in
          try writer.write([1, 2, 3])
          throw fault
        }
      }
      #expect(throws: fault) {
        try output.write { (writer) throws(FormatError) in
          try writer.write([1, 2, 3])
        } verify: { (bytes) throws(FormatError) in
          #expect(bytes.array == [1, 2, 3])
          throw fault
        }
      }
      #expect(try Self.content(folder + "/a") == "old")
      #expect(try Self.listing(folder) == ["a"])
    }
  }

  @Test(arguments: ways)
  func `that was prepared but never published leaves nothing`(named: Bool) throws {
    try withTemporaryFolder { folder in
      let output = try Self.output(folder + "/a", replacing: false, named: named)
      do {
        let prepared = try output.prepare { (writer) throws(FormatError) in
          try writer.write([1])
        }
        withExtendedLifetime(prepared) {}
      }
      #expect(try Self.listing(folder) == [])
    }
  }

  @Test func `that is too large for the disk is refused before it is written`() throws {
    try withTemporaryFolder { folder in
      let output = try OutputFile(path: folder + "/a", replacing: false)
      let error = #expect(throws: FormatError.self) {
        try output.write(byteCount: 1 << 60) { (_) throws(FormatError) in
          Issue.record("the body ran")
        }
      }
      #expect(error?.kind == .inputOutput)
      #expect(error?.reason.hasPrefix("cannot take 1152921504606846976 bytes: ") == true)
      #expect(try Self.listing(folder) == [])
    }
  }

  @Test(arguments: ["symbolic link", "hard link", "dot path"])
  func `is refused if it is an input by any path`(way: String) throws {
    try withTemporaryFolder { folder in
      let input = folder + "/in"
      try Self.write("weights", to: OutputFile(path: input, replacing: false))
      let path: String
      switch way {
      case "symbolic link":
        path = folder + "/link"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "in")
      case "hard link":
        path = folder + "/link"
        try FileManager.default.linkItem(atPath: input, toPath: path)
      default: path = folder + "/./in"
      }
      let file = try InputFile(path: input)
      let error = #expect(throws: FormatError.self) {
        try OutputFile(path: path, replacing: true, inputs: [file])
      }
      #expect(error?.kind == .refused)
      #expect(try Self.content(input) == "weights")
    }
  }

  @Test(arguments: [true, false])
  func `is refused where a symbolic link is`(dangling: Bool) throws {
    try withTemporaryFolder { folder in
      if !dangling { try Self.write("x", to: OutputFile(path: folder + "/a", replacing: false)) }
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: "a")
      let error = #expect(throws: FormatError.self) {
        try OutputFile(path: folder + "/link", replacing: true)
      }
      #expect(error?.kind == .refused)
    }
  }

  static let impossible: [(path: String, reason: String)] = [
    ("", "expected the name of a file"), ("/tmp/", "expected the name of a file"),
    ("/tmp/..", "expected the name of a file"),
    ("/tmp", "expected a regular file, found a folder"),
    ("/dev/null", "expected a regular file, found a device, pipe or socket"),
    ("/nowhere/at/all/a", "cannot open the folder: No such file or directory"),
    ("/etc/passwd/a", "cannot open the folder: Not a directory"),
  ]

  @Test(arguments: impossible)
  func `is refused where no file can be`(path: String, reason: String) {
    let error = #expect(throws: FormatError.self) { try OutputFile(path: path, replacing: true) }
    #expect(error?.kind == .cannotCreate)
    #expect(error?.reason == reason)
  }

  @Test func `is refused before the work where its name is too long`() throws {
    try withTemporaryFolder { folder in
      _ = try Self.output(
        "\(folder)/\(String(repeating: "a", count: 255))", replacing: false, named: false)
      let path = "\(folder)/\(String(repeating: "a", count: 256))"
      let error = #expect(throws: FormatError.self) { try OutputFile(path: path, replacing: true) }
      #expect(error?.kind == .cannotCreate)
      #expect(error?.reason == "cannot create: File name too long")
    }
  }

  @Test func `is refused in a folder that nobody can write`() throws {
    // Root may write everywhere, but not into /proc.
    let output = try OutputFile(path: "/proc/self/a", replacing: false)
    let error = #expect(throws: FormatError.self) { try Self.write("x", to: output) }
    #expect(error?.kind == .cannotCreate)
  }

  @Test func `is removed by a signal handler while it is unfinished`() throws {
    try withTemporaryFolder { folder in
      let output = try Self.output(folder + "/a", replacing: false, named: true)
      let error = #expect(throws: FormatError.self) {
        try output.write { (writer) throws(FormatError) in
          #expect((try? Self.listing(folder))?.count == 1)
          OutputFile.removeUnfinished()
          #expect((try? Self.listing(folder)) == [])
        }
      }
      #expect(error?.kind == .inputOutput)
    }
  }
}

/// A file system of 1 MiB, where this process may mount one.
enum SmallDisk {
  static let isAvailable = (try? run { _ in }) != nil

  static func run(_ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      guard mount("tmpfs", folder, "tmpfs", 0, "size=1m") == 0 else {
        throw FormatError(.inputOutput, "cannot mount")
      }
      defer { umount2(folder, Int32(MNT_DETACH)) }
      try body(folder)
    }
  }
}

// Skipped where the process may not mount: it needs root.
@Suite(.enabled(if: SmallDisk.isAvailable, "needs the right to mount a tmpfs"), .serialized)
struct `A full disk` {
  @Test(arguments: [nil, 2 << 20], [false, true])
  func `is reported and leaves the old file`(byteCount: Int?, named: Bool) throws {
    try SmallDisk.run { folder in
      _ = FileManager.default.createFile(atPath: folder + "/a", contents: Data("old".utf8))
      var output = try OutputFile(path: folder + "/a", replacing: true)
      output.usesNamedTemporary = named
      let error = #expect(throws: FormatError.self) {
        try output.write(byteCount: byteCount) { (writer) throws(FormatError) in
          try writer.write([UInt8](repeating: 1, count: 2 << 20))
        }
      }
      #expect(error?.kind == .inputOutput)
      #expect(error?.reason.hasSuffix("No space left on device") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
      #expect(try String(contentsOfFile: folder + "/a", encoding: .utf8) == "old")
    }
  }
}
