import Foundation
import ResNetKit
import TestSupport
import Testing

/// Every case of `fixtures/snapshots`: one way each to store Caffe's weights in HDF5.
@Suite struct SnapshotCaseTests {
  static let cases: [String] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: Places.fixture("snapshots"))) ?? []
    return names.filter { $0.hasSuffix(".npz") }.map { String($0.dropLast(4)) }.sorted()
  }()

  static func verification(_ name: String, _ engine: Engine) throws -> FixtureVerification {
    let paths = ["prototxt", "caffemodel.h5"].map { Places.fixture("snapshots/\(name).\($0)") }
    let model = try CaffeFormat().readModel(
      from: try paths.map { try InputFile(path: $0) }, options: ReadingOptions()
    ).model
    let arrays = try NPZ.read(InputFile(path: Places.fixture("snapshots/\(name).npz")))
    let fixture = try Fixture(arrays: arrays, for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    return try FixtureVerification(of: model.network, on: fixture, engine: engine, scale: scale)
  }

  @Test func `the cases are there`() { #expect(Self.cases.count >= 7) }

  @Test(arguments: cases)
  func `the oracle computes what Caffe means`(_ name: String) throws {
    let result = try Self.verification(name, .oracle)
    #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
    #expect(result.comparedCount == result.valueCount)
  }

  @Test(arguments: cases)
  func `the executor stays within rounding of it`(_ name: String) throws {
    let result = try Self.verification(name, .fast(threadCount: 2))
    #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
  }
}
