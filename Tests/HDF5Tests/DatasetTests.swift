import Files
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import HDF5

extension HDF5File {
  /// The dataset at a path.
  func dataset(_ path: String) throws -> Dataset {
    var object = Object.group(root)
    for name in path.split(separator: "/") {
      guard case .group(let group) = object else { break }
      object = try #require(group[String(name)], "\(path)")
    }
    guard case .dataset(let dataset) = object else {
      throw FormatError(file: file.path, at: .object(path), "no dataset")
    }
    return dataset
  }

  /// All datasets, by their paths.
  var datasets: [String: Dataset] {
    func below(_ object: Object) -> [Dataset] {
      switch object {
      case .group(let group): group.members.flatMap { below($0.object) }
      case .dataset(let dataset): [dataset]
      case .namedType, .link: []
      }
    }
    return Dictionary(uniqueKeysWithValues: below(.group(root)).map { ($0.path, $0) })
  }
}

/// How elements are stored, and that they come out the same.
@Suite struct DatasetTests {
  private static func snapshot(_ name: String) throws -> HDF5File {
    try HDF5File(InputFile(path: Places.fixture("snapshots/\(name).caffemodel.h5")))
  }

  @Test func `contiguous elements stay in the mapped file`() throws {
    let file = try Self.snapshot("plain")
    for dataset in file.datasets.values {
      let run = try #require(dataset.run)
      let place = try #require(file.file.bytes.slice(from: run.lowerBound, count: run.count))
      #expect(
        try #require(file.tensor(dataset).storedBytes).isIdentical(to: place), "\(dataset.path)")
    }
    #expect(file.datasets.count == 2 * 8)
  }

  @Test func `a description says what the elements are and how they are stored`() throws {
    let repacked = try Self.snapshot("repacked").dataset("/data/conv1/0")
    #expect(repacked.shape == [4, 3, 3, 3])
    #expect(repacked.elements == .numbers(.float32, isBigEndian: false))
    #expect(
      repacked.storage
        == .chunked(
          shape: [3, 3, 3, 3], filters: [.shuffle(elementByteCount: 4), .deflate, .fletcher32]))
    #expect(repacked.run == nil)
    let foreign = try Self.snapshot("foreign")
    #expect(try foreign.dataset("/data/ip1/0").elements == .numbers(.float32, isBigEndian: true))
    #expect(try foreign.dataset("/data/ip1/1").storage == .compact)
    let lzf = try foreign.dataset("/data/conv1/0")
    guard case .chunked(_, filters: [.shuffle(elementByteCount: 4), .lzf]) = lzf.storage else {
      Issue.record("\(lzf.storage)")
      return
    }
    #expect(
      try Self.snapshot("double").dataset("/data/bn1/2").elements
        == .numbers(.float64, isBigEndian: false))
  }

  @Test func `members come in the order of the file`() throws {
    let file = try Self.snapshot("plain")
    #expect(file.root.members.map(\.name) == ["data", "diff"])
    guard case .group(let data)? = file.root["data"], case .group(let relu)? = data["relu1"] else {
      Issue.record("no groups")
      return
    }
    #expect(relu.path == "/data/relu1" && relu.members.isEmpty)
    #expect(data["none"] == nil)
  }

  @Test func `questions may come from many threads at once`() async throws {
    let file = try Self.snapshot("repacked")
    let dataset = try file.dataset("/data/conv1/0")
    let expected = try file.tensor(dataset)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<64 {
        group.addTask { (try? file.tensor(dataset))?.isBitEqual(to: expected) == true }
      }
      for await isEqual in group { #expect(isEqual) }
    }
  }

  /// Ten storage layouts of one Keras model; skipped where `RESNET_TOOLKIT_DATA` names no folder.
  @Test(
    .enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"),
    arguments: [
      ("bigendian_f32", 0, false), ("chunked_gzip_shuffle", 0, false),
      ("chunked_resizable_latest", 0, false), ("fixed_strings", 0, true), ("float16", 4e-3, true),
      ("float64", 0, true), ("lzf", 0, false), ("userblock512", 0, true),
      ("vlen_utf8_strings_latest", 0, true),
    ])
  func `a model in another layout has the same weights`(
    name: String, tolerance: Double, isInPlace: Bool
  ) throws {
    func file(_ name: String) throws -> HDF5File {
      try HDF5File(InputFile(path: "\(Places.realData ?? "")/hdf5-layouts/\(name).h5"))
    }
    let (plain, other) = (try file("earliest_contiguous"), try file(name))
    let (expected, found) = (plain.datasets, other.datasets)
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (path, dataset) in found {
      let (a, b) = (try plain.tensor(try plain.dataset(path)), try other.tensor(dataset))
      #expect(a.shape == b.shape, "\(path)")
      #expect(dataset.run == nil || b.storedBytes?.offset == dataset.run?.lowerBound)
      let difference = zip(a.doubles, b.doubles).map { abs($0 - $1) }.max() ?? 0
      #expect(difference <= tolerance * (a.doubles.map(abs).max() ?? 0), "\(path)")
    }
    #expect(found.values.allSatisfy { ($0.run != nil) == isInPlace })
  }
}
