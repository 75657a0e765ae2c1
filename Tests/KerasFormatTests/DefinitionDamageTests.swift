import Files
import Foundation
import JSON
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import KerasFormat

/// Definitions in which one value is another: an error or a sound model comes of each, never a trap.
@Suite struct DefinitionDamageTests {
  /// What no program writes at most places.
  static let strange: [JSON] = [
    .null, .bool(true), .integer(-1), .integer(0), .integer(3), .integer(1 << 31), .integer(.max),
    .integer(.min), .double(0.5), .double(1e308), .double(-1e308), .string(""), .string("same"),
    .array([]), .array([.integer(.max), .integer(.max)]), .array([.integer(-1), .integer(0)]),
    .array([.array([.integer(.max), .integer(1)]), .array([.integer(2), .integer(-1)])]),
    .object([]),
  ]

  static let files: [[String]] = {
    let layers = try? FileManager.default.contentsOfDirectory(
      atPath: Places.fixture("keras/layers"))
    let archives = (layers ?? []).filter { $0.hasSuffix(".keras") }.sorted()
    return archives.map { ["layers/\($0)"] } + [
      ["lines/separable.keras"], ["lines/reshaped.keras"],
      ["eras/tf2.12.h5"], ["hostile/sound.h5"], ["old/keras0.3.h5", "old/keras0.3.json"],
      ["old/keras1.0.5.h5", "old/keras1.0.5.json"],
    ]
  }()

  @Test(arguments: files)
  func `each value of a definition may be any other`(_ names: [String]) throws {
    let source = try KerasSource(
      sorting: names.map { try InputFile(path: Places.fixture("keras/\($0)")) })
    let file = try #require(source.weights)
    var parts = try KerasParts(file, definition: source.definition)
    let stored = try StoredWeights(reading: parts.weights)
    let text = Bytes(Array((stored.definition ?? "").utf8))
    let whole = try parts.definition ?? JSON(parsing: text)
    var (accepted, refused) = (0, 0)
    try whole.forEachDamaged { definition throws(NetworkError) in
      parts.definition = definition
      let model: Model
      do throws(FormatError) {
        model = try KerasFormat().model(parts, stored, source, file, ReadingOptions())
      } catch {
        refused += 1
        #expect(!error.reason.isEmpty)
        return
      }
      accepted += 1
      _ = try model.network.costs()
    }
    #expect(accepted > 0 && refused > 0, "\(accepted) accepted, \(refused) refused")
  }
}

extension JSON {
  /// Calls `body` with copies in which one value is a strange one, is not there, or is there twice.
  fileprivate func forEachDamaged<Failure: Error>(
    _ body: (JSON) throws(Failure) -> Void
  ) throws(Failure) {
    for value in DefinitionDamageTests.strange where value != self { try body(value) }
    switch self {
    case .array(let values):
      for index in values.indices {
        var copy = values
        copy.remove(at: index)
        try body(.array(copy))
        copy = values
        copy.insert(values[index], at: index)
        try body(.array(copy))
        try values[index].forEachDamaged { (value) throws(Failure) in
          copy = values
          copy[index] = value
          try body(.array(copy))
        }
      }
    case .object(let members):
      for index in members.indices {
        var copy = members
        copy.remove(at: index)
        try body(.object(copy))
        try members[index].value.forEachDamaged { (value) throws(Failure) in
          copy = members
          copy[index].value = value
          try body(.object(copy))
        }
      }
    case .null, .bool, .integer, .double, .string: break
    }
  }
}
