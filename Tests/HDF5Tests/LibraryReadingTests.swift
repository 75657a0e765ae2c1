import ChildProcesses
import Files
import Foundation
import HDF5Library
import TensorCore
import TestSupport
import Testing

@testable import HDF5

/// What a process answers that reads a file with libhdf5: the same as our reader, or an error.
@Suite struct LibraryReadingTests {
  private static let program = HelperProgram(
    path: Places.tools.appendingPathComponent("resnet-hdf5-reader").path)
  private static let reason = FormatError(.unsupported, "for a test")

  private static func read(_ file: InputFile, by program: HelperProgram) throws -> HDF5File {
    var file = file
    file.outsideReading = try LibraryReading(file, by: program, since: reason)
    return try HDF5File(file, readsAttributes: true)
  }

  /// All files of `fixtures` and all real ones that are not meant to hurt.
  private static let files: [String] = {
    let folders = [Places.fixture("")] + [Places.realData].compactMap { $0 }
    return folders.flatMap { folder in
      let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
      return names.filter { $0.hasSuffix(".h5") && !$0.contains("hostile") }.sorted()
        .map { "\(folder)/\($0)" }
    }
  }()

  @Test(arguments: files)
  func `a process tells what is in a file`(path: String) throws {
    let input = try InputFile(path: path)
    guard let own = try? HDF5File(input, readsAttributes: true) else { return }
    let told = try Self.read(input, by: Self.program)
    #expect(told.notes.count == 1 + own.notes.count)
    for (dataset, other) in zip(own.root.datasets, told.root.datasets)
    where dataset.unsupportedFeature == nil {
      #expect(dataset.path == other.path && dataset.attributes == other.attributes)
      guard let tensor = try? own.tensor(dataset) else { continue }
      #expect(try told.tensor(other).storedBytes == tensor.storedBytes)
    }
    #expect(own.root.datasets.count == told.root.datasets.count)
    guard HDF5File.needForLibrary(input) == nil else { return }
    #expect(own.description == told.description)
  }

  @Test func `what is in memory is told, too`() throws {
    let file = try InputFile(path: Places.fixture("snapshots/plain.caffemodel.h5"))
    let copy = InputFile(path: "archive/member", bytes: Bytes(file.bytes.array))
    #expect(
      try Self.read(copy, by: Self.program).description
        == HDF5File(file, readsAttributes: true).description)
  }

  @Test func `what libhdf5 refuses is told`() throws {
    let whole = try InputFile(path: Places.fixture("snapshots/plain.caffemodel.h5")).bytes.array
    let short = InputFile(path: "short.h5", bytes: Bytes(Array(whole.prefix(1500))))
    let error = #expect(throws: FormatError.self) { try Self.read(short, by: Self.program) }
    #expect(error?.kind == .badModel && error?.file == "short.h5")
    #expect(error?.reason.hasPrefix("expected an HDF5 file, found damage (libhdf5: ") == true)
    let deep = try InputFile(path: Places.fixture("hostile-hdf5/nested-groups.h5"))
    let other = #expect(throws: FormatError.self) { try Self.read(deep, by: Self.program) }
    #expect(other?.kind == .refused)
    #expect(other?.reason == "expected at most 32 groups within each other, found more")
  }

  /// A program that does what a script says.
  private static func script(_ text: String, in folder: TemporaryFolder) throws -> HelperProgram {
    // Copied by another process: a program cannot be started while a child of this one may have it
    // open for writing.
    let source = try folder.write("text", text: "#!/bin/bash\n\(text)\n")
    let path = folder.path("program")
    let copying = try ToolRun(bash: "cp '\(source)' '\(path)' && chmod 755 '\(path)'")
    try #require(copying.exitCode == 0)
    return HelperProgram(path: path)
  }

  @Test func `a process that hangs is ended`() throws {
    let folder = TemporaryFolder()
    let file = try InputFile(path: Places.fixture("snapshots/plain.caffemodel.h5"))
    let hanging = try Self.script(
      "echo $$ >'\(folder.path("id"))'; trap '' TERM; exec sleep 100", in: folder)
    let start = ContinuousClock.now
    let error = #expect(throws: FormatError.self) {
      try hanging.read(file, within: 1, named: "it") { reply throws(FormatError) in
        try reply.byte()
      }
    }
    #expect(error?.kind == .badModel && error?.file == file.path)
    #expect(error?.reason == "it did not answer within 1 s, and was ended")
    #expect(ContinuousClock.now - start < .seconds(20))
    let id = try #require(
      Int32(String(contentsOfFile: folder.path("id"), encoding: .utf8).dropLast()))
    // Not even a process that is waited for.
    #expect(kill(id, 0) == -1 && errno == ESRCH)
  }

  @Test func `a program that is not there is not our fault`() throws {
    let file = try InputFile(path: Places.fixture("snapshots/plain.caffemodel.h5"))
    let error = #expect(throws: FormatError.self) {
      try Self.read(file, by: HelperProgram(path: "/nowhere/reader"))
    }
    #expect(error?.kind == .missingProgram)
    #expect(error?.reason == "cannot start /nowhere/reader: No such file or directory")
  }

  /// A value or an error, never a trap, and nothing allocated for what is not sent.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `a damaged answer is a value or an error`(seed: UInt64) throws {
    let folder = TemporaryFolder()
    let path = Places.fixture("hdf5-library/nbit.weights.h5")
    let file = try InputFile(path: path)
    let answer = folder.path("answer")
    let made = try ToolRun(bash: "'\(Self.program.path)' <'\(path)' | cat >'\(answer)'")
    #expect(made.exitCode == 0)
    let whole = try [UInt8](Data(contentsOf: URL(filePath: answer)))
    let teller = try Self.script("exec cat '\(answer)'", in: folder)
    #expect(try !Self.read(file, by: teller).root.datasets.isEmpty)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<25 {
      var bytes = whole
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      case 1:
        let place = Int.random(in: bytes.indices, using: &random)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      default:
        let place = Int.random(in: 0..<bytes.count - 8, using: &random)
        for index in place..<place + 8 { bytes[index] = 0xff }
      }
      try folder.write("answer", bytes)
      do {
        let told = try Self.read(file, by: teller)
        for dataset in told.root.datasets { _ = try? told.tensor(dataset) }
      } catch let error as FormatError {
        #expect(!error.reason.isEmpty)
      }
    }
  }
}
