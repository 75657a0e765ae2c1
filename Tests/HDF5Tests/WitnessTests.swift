import Files
import Foundation
import HDF5Library
import TestSupport
import Testing

@testable import HDF5

/// libhdf5 and h5py as witnesses: they say the same of a file, or it is refused.
@Suite struct WitnessTests {
  /// The files of `fixtures` that both are to read. In hostile ones libhdf5 finds other faults, and
  /// it knows fewer attributes of one object.
  private static let fixtures: [String] = {
    let top = Places.fixture("")
    let names = FileManager.default.enumerator(atPath: top)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".h5") && !$0.contains("hostile/") }.sorted()
  }()

  @Test(arguments: fixtures)
  func `a file is read as libhdf5 reads it`(name: String) throws {
    let input = try InputFile(path: Places.fixture(name))
    func outcome(_ read: () throws -> any HDF5Reading) -> [String] {
      do { return try read().description } catch { return ["refused"] }
    }
    let expected = outcome { try LibraryFile(input, readsAttributes: true) }
    #expect(outcome { try HDF5File(input, readsAttributes: true) } == expected)
    guard expected != ["refused"] else { return }
    #expect(try HDF5File.kinds(inRootOf: input) == LibraryFile.kinds(inRootOf: input))
    #expect(
      try HDF5File.attributeNames(inRootOf: input) == LibraryFile.attributeNames(inRootOf: input))
  }

  /// What `Tests/interop_hdf5.py` made; the folder is named by `RESNET_TOOLKIT_HDF5`.
  private static let generated = ProcessInfo.processInfo.environment["RESNET_TOOLKIT_HDF5"]

  @Test(.enabled(if: generated != nil, "RESNET_TOOLKIT_HDF5 is not set"))
  func `generated files are read as h5py reads them`() throws {
    let folder = try #require(Self.generated)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".txt") }
    #expect(!names.isEmpty)
    for name in names {
      let path = "\(folder)/\(name.dropLast(4))"
      let expected = try String(contentsOfFile: path + ".txt", encoding: .utf8)
        .split(separator: "\n").map(String.init)
      let file = try HDF5File(InputFile(path: path + ".h5"), readsAttributes: true)
      #expect(file.description == expected, "\(path)")
    }
  }
}
