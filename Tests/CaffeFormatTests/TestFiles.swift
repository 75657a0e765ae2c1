import Files
import Foundation
import ModelGraph
import ModelIO
import Protobuf
import TensorCore
import Testing

@testable import CaffeFormat

/// Files of one test in a folder of their own, removed with it.
final class TestFiles {
  let folder: URL

  init() throws {
    // In memory where there is such a folder: tests write thousands of files.
    let memory = URL(filePath: "/dev/shm", directoryHint: .isDirectory)
    let isThere = FileManager.default.isWritableFile(atPath: memory.path)
    folder = (isThere ? memory : FileManager.default.temporaryDirectory)
      .appending(path: "caffe-format-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A new file in place of an old one: whoever has mapped the old one keeps it.
  func file(_ name: String, _ bytes: [UInt8]) throws -> InputFile {
    let url = folder.appending(path: name)
    try? FileManager.default.removeItem(at: url)
    try Data(bytes).write(to: url)
    return try InputFile(path: url.path)
  }
}

/// A caffemodel written as text: the same message encoded in binary.
func encoded(_ text: String) throws -> [UInt8] {
  var parser = try TextFormatParser(Bytes(Array(text.utf8)), rules: CaffeNet.textRules)
  let bytes = try parser.message(.net)
  #expect(parser.unknownFields.isEmpty)
  return bytes
}

/// A caffemodel as Caffe writes it, each tensor one packed run that counts up from 1.
func packed(_ layers: [(name: String, shapes: [[Int]])]) -> [UInt8] {
  func message(_ build: (inout WireWriter) -> Void) -> [UInt8] {
    var writer = WireWriter()
    build(&writer)
    return writer.bytes
  }
  return message { net in
    for layer in layers {
      let content = message { writer in
        writer.field(1, bytes: Array(layer.name.utf8))
        for shape in layer.shapes {
          let dimensions = message { for extent in shape { $0.field(1, varint: UInt64(extent)) } }
          let elements = (0..<shape.reduce(1, *)).flatMap { index in
            withUnsafeBytes(of: Float(index + 1).bitPattern.littleEndian, Array.init)
          }
          writer.field(
            7,
            bytes: message { blob in
              blob.field(7, bytes: dimensions)
              blob.field(5, bytes: elements)
            })
        }
      }
      net.field(100, bytes: content)
    }
  }
}

/// A tensor as text, its elements counting up from `start`.
func blob(_ shape: [Int], from start: Int = 1) -> String {
  let dimensions = shape.map { "dim: \($0) " }.joined()
  let count = shape.reduce(1, *)
  let elements = (0..<count).map { "\(start + $0)" }.joined(separator: ", ")
  return "blobs { shape { \(dimensions)} data: [\(elements)] }"
}

/// A tensor as text with the four extents of 2014.
func legacyBlob(_ shape: [Int]) -> String {
  let names = ["num", "channels", "height", "width"]
  let extents = zip(names, shape).map { "\($0): \($1) " }.joined()
  let elements = (1...shape.reduce(1, *)).map { "\($0)" }.joined(separator: ", ")
  return "blobs { \(extents)data: [\(elements)] }"
}

/// Reads a model whose definition and caffemodel are given as text.
func read(
  _ definition: String?, weights: String? = nil, mean: [UInt8]? = nil, labels: String? = nil,
  inputShape: Shape? = nil, ignoring fields: [String] = [], ignoringExtraWeights: Bool = false,
  state: CaffeOptions.State = .init(), dialect: CaffeOptions.Dialect = .auto,
  bnStatistic: CaffeOptions.BNStatistic = .variance, hasColumnMajorKernels: Bool = false
) throws -> Model {
  let files = try TestFiles()
  let source = CaffeSource(
    definition: try definition.map { try files.file("net.prototxt", Array($0.utf8)) },
    weights: try weights.map { try files.file("net.caffemodel", try encoded($0)) },
    mean: try mean.map { try files.file("mean.binaryproto", $0) },
    labels: try labels.map { try files.file("labels.txt", Array($0.utf8)) })
  do {
    return try CaffeFormat().readModel(
      from: source,
      options: ReadingOptions(
        inputShape: inputShape,
        caffe: .init(
          ignoredFields: fields, ignoresExtraWeights: ignoringExtraWeights, state: state,
          dialect: dialect, bnStatistic: bnStatistic, hasColumnMajorKernels: hasColumnMajorKernels))
    ).model
  } catch {
    // Messages name the file as the user gave it; tests want it without the folder.
    var copy = error
    copy.file = error.file.map { URL(filePath: $0).lastPathComponent }
    throw copy
  }
}

/// The beginning of a definition with one input.
func input(_ shape: [Int], _ name: String = "data") -> String {
  "input: '\(name)' input_shape { \(shape.map { "dim: \($0) " }.joined())} "
}
