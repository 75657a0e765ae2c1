import Foundation
import TensorCore
import TestSupport
import Testing

@testable import Files

@Suite struct `Several output files` {
  /// What is in the folder before: `b` is the second of three outputs.
  enum Before: CaseIterable, Sendable { case nothing, first, all }

  private static func prepare(
    _ names: [String], in folder: TemporaryFolder, named: Bool
  ) throws -> [PreparedFile] {
    try names.map { name in
      var output = try OutputFile(path: folder.path(name), replacing: true)
      output.usesNamedTemporary = named
      return try output.prepare { (writer) throws(FormatError) in
        try writer.write(Array("new \(name)".utf8))
      }
    }
  }

  private static func texts(_ folder: TemporaryFolder) throws -> [String: String] {
    try folder.contents.reduce(into: [:]) {
      $0[$1] = try String(contentsOfFile: folder.path($1), encoding: .utf8)
    }
  }

  private static func fill(_ folder: TemporaryFolder, _ before: Before) throws {
    let names =
      switch before {
      case .nothing: [String]()
      case .first: ["a"]
      case .all: ["a", "b", "c"]
      }
    for name in names { try folder.write(name, text: "old \(name)") }
  }

  @Test(arguments: Before.allCases, [false, true])
  func `appear all`(_ before: Before, named: Bool) throws {
    let folder = TemporaryFolder()
    try Self.fill(folder, before)
    try PreparedFile.publish(Self.prepare(["a", "b", "c"], in: folder, named: named))
    #expect(try Self.texts(folder) == ["a": "new a", "b": "new b", "c": "new c"])
  }

  @Test(arguments: [Before.nothing, .first], [false, true])
  func `appear not at all if the last cannot`(_ before: Before, named: Bool) throws {
    let folder = TemporaryFolder()
    try Self.fill(folder, before)
    var texts = try Self.texts(folder)
    do {
      let files = try Self.prepare(["a", "b", "c"], in: folder, named: named)
      try folder.write("c", text: "theirs")
      let error = #expect(throws: FormatError.self) { try PreparedFile.publish(files) }
      #expect(error?.description == "\(folder.path("c")): was created by somebody else meanwhile")
    }
    texts["c"] = "theirs"
    #expect(try Self.texts(folder) == texts)
  }

  @Test func `leave alone what somebody else has put in the place of one`() throws {
    let folder = TemporaryFolder()
    do {
      let files = try Self.prepare(["a", "b"], in: folder, named: false)
      try folder.write("a", text: "theirs")
      #expect(throws: FormatError.self) { try PreparedFile.publish(files) }
    }
    #expect(try Self.texts(folder) == ["a": "theirs"])
  }

  @Test(arguments: [Before.nothing, .all], ["a", "./a"])
  func `cannot share a name`(_ before: Before, _ path: String) throws {
    let folder = TemporaryFolder()
    try Self.fill(folder, before)
    let texts = try Self.texts(folder)
    do {
      let files = try Self.prepare(["a", path], in: folder, named: false)
      let error = #expect(throws: FormatError.self) { try PreparedFile.publish(files) }
      #expect(error?.kind == .refused)
      #expect(error?.reason == "is two outputs of this command; name another one")
    }
    #expect(try Self.texts(folder) == texts)
  }
}
