import CaffeFormat
import Containers
import Files
import Foundation
import JSON
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import NativeFormat

/// The targets of the fuzzer without the fuzzer.
@Suite struct `The readers` {
  private static let folder = Places.project.appendingPathComponent("Tests/Fuzzing/Regressions")

  /// What the fuzzer found, by its path in the folder.
  private static let findings: [String] = {
    let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return (paths ?? []).filter { !folder.appendingPathComponent($0).hasDirectoryPath }.sorted()
  }()

  /// The fixtures that have both files, by their names without an extension.
  private static let models: [String] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: Places.fixture("layers"))) ?? []
    let weights = names.filter { $0.hasSuffix(".caffemodel") }.map { String($0.dropLast(11)) }
    // Without an option, nothing says what the input's shape is, or that there are too many weights.
    let others: Set = ["dialect-input-name", "dialect-input-none", "fork-extra-weights"]
    return weights.filter { names.contains($0 + ".prototxt") && !others.contains($0) }.sorted()
  }()

  @Test(.timeLimit(.minutes(10)), arguments: FuzzTarget.allCases, findings)
  func `answer whatever was found once`(target: FuzzTarget, finding: String) throws {
    let input = try InputFile(path: Self.folder.appendingPathComponent(finding).path)
    _ = try target.read(input.bytes)
  }

  /// The inputs of an archive, by their names.
  private static func inputs(of archive: String) throws -> [(name: String, bytes: Bytes)] {
    let archive = try ZipArchive(InputFile(path: archive).bytes)
    return try archive.members.map { ($0.name, try archive.contents(of: $0)) }
  }

  @Test(.timeLimit(.minutes(10)), arguments: FuzzTarget.allCases)
  func `answer the inputs that reach most of them`(target: FuzzTarget) throws {
    let corpora = Places.project.appendingPathComponent("Tests/Fuzzing/Corpora")
    let corpus = corpora.appendingPathComponent("\(target.rawValue).zip").path
    guard FileManager.default.fileExists(atPath: corpus) else { return }
    for (_, bytes) in try Self.inputs(of: corpus) { _ = try target.read(bytes) }
  }

  /// Two paths to one group, and more chunks than a file of that size can hold.
  private static let refused: Set = [
    "growing-pages.h5", "new-links.h5", "new-user-block.h5", "old-links.h5", "old-user-block.h5",
  ]

  @Test func `accept every structure that libhdf5 writes`() throws {
    let inputs = try Self.inputs(of: Places.fixture("hdf5-structures/structures.zip"))
    #expect(inputs.count > 30)
    for (name, bytes) in inputs {
      #expect(try FuzzTarget.hdf5.read(bytes) == !Self.refused.contains(name), "\(name)")
    }
  }

  @Test(arguments: models)
  func `accept the fixtures in each of their forms`(name: String) throws {
    let definition = try InputFile(path: Places.fixture("layers/\(name).prototxt"))
    let weights = try InputFile(path: Places.fixture("layers/\(name).caffemodel"))
    let pair = Bytes(definition.bytes.array + [0] + weights.bytes.array)
    #expect(try FuzzTarget.caffe.read(pair))

    let model = try CaffeFormat().readModel(from: [definition, weights], options: ReadingOptions())
      .model
    let file = try written(model)
    #expect(try FuzzTarget.native.read(file))
    let preamble = try Preamble(decoding: file)
    let header = try #require(
      file.slice(from: preamble.header.lowerBound, count: preamble.headerLength))
    #expect(try FuzzTarget.json.read(header))
    #expect(try FuzzTarget.nativeHeader.read(header))
  }

  @Test(arguments: [[], [0], [0x80], [0x89, 0x52], Array("{]".utf8)], FuzzTarget.allCases)
  func `refuse what is nothing`(bytes: [UInt8], target: FuzzTarget) throws {
    #expect(try !target.read(Bytes(bytes)))
  }
}
