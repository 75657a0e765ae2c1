import Files
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import HDF5

/// The files of `fixtures/hostile-hdf5`: each fault is told with the path of its object.
@Suite struct HostileFileTests {
  static func input(_ name: String) throws -> InputFile {
    try InputFile(path: Places.fixture("hostile-hdf5/\(name).h5"))
  }

  private static func file(_ name: String) throws -> HDF5File { try HDF5File(input(name)) }

  @Test(arguments: [
    (
      "group-in-itself", FormatError.Kind.refused,
      "/data/inner/again: expected one path to each group, found /data to this one"
    ),
    (
      "nested-groups", .refused,
      String(repeating: "/g", count: 33)
        + ": expected at most 32 groups within each other, found more"
    ),
    (
      "declared-bomb", .refused,
      "/data: expected datasets that a file of 2064 bytes can hold, compressed at best 1032 to 1, "
        + "found 4611686018427387904 bytes here and 0 before"
    ),
    (
      "cumulative-bomb", .refused,
      "/data17: expected datasets that a file of 39792 bytes can hold, compressed at best 1032 to "
        + "1, found 4194304 bytes here and 37748736 before"
    ),
    ("slash-in-name", .badModel, "/: expected names that a path can have, found \"a/b\""),
    ("name-not-utf8", .badModel, "/: expected names in UTF-8, found other bytes"),
    (
      "extent-too-large", .badModel,
      "/data: expected 8000 elements of 4 bytes in a file of 3580, found 1516 bytes from byte 2064 on"
    ),
    (
      "huge-extent", .badModel,
      "/data: expected 1152921504606846976 elements of 4 bytes in a file of 3580, "
        + "found 1516 bytes from byte 2064 on"
    ),
    (
      "lying-byte-count", .badModel,
      "/data: expected 379 elements of 4 bytes in a file of 3580, "
        + "found 4611686018427387904 bytes from byte 2064 on"
    ),
  ])
  func `a file that lies about what it holds is refused`(
    name: String, kind: FormatError.Kind, message: String
  ) throws {
    let input = try Self.input(name)
    let error = #expect(throws: FormatError.self) { try HDF5File(input) }
    #expect(error?.kind == kind)
    #expect(error?.description == "\(input.path): \(message)")
  }

  @Test func `groups with two names each are refused before their paths are counted`() throws {
    let error = #expect(throws: FormatError.self) { try Self.file("doubled-paths") }
    #expect(error?.kind == .refused)
    #expect(error?.reason.hasPrefix("expected one path to each group") == true)
  }

  @Test func `an extent beyond all numbers is damage`() throws {
    let error = #expect(throws: FormatError.self) { try Self.file("overflowing-extent") }
    #expect(error?.location == .object("/data"))
  }

  @Test(arguments: [
    (
      "external-storage", FormatError.Kind.refused,
      "expected elements in this file, found external storage"
    ),
    ("virtual", .refused, "expected elements of its own, found a virtual dataset"),
    ("virtual-unlimited", .refused, "expected elements of its own, found a virtual dataset"),
    ("virtual-here", .refused, "expected elements of its own, found a virtual dataset"),
    (
      "unknown-filter", .unsupported,
      "expected no filters but deflate, shuffle, Fletcher-32 and LZF, found filter 32015"
    ),
    (
      "huge-chunk", .refused, "expected chunks of at most 64 MiB, found [16777217] elements"
    ),
    (
      "chunk-bomb", .badModel,
      "expected a chunk of 16 bytes at [0], found what its filters do not decode to that"
    ),
    (
      "small-chunk", .badModel,
      "expected a chunk of 16 bytes at [0], found what its filters do not decode to that"
    ),
    (
      "wrong-checksum", .badModel,
      "expected a chunk of 16 bytes at [0], found what its filters do not decode to that"
    ),
    (
      "bad-lzf", .badModel,
      "expected a chunk of 16 bytes at [0], found what its filters do not decode to that"
    ),
    ("unwritten", .badModel, "expected elements, found that none were written"),
    ("null-space", .badModel, "expected floating-point numbers, found nothing"),
    ("integers", .badModel, "expected floating-point numbers, found integers"),
    ("strings", .badModel, "expected floating-point numbers, found strings"),
    ("compound", .badModel, "expected floating-point numbers, found compounds"),
    ("enumeration", .badModel, "expected floating-point numbers, found enumerated values"),
    ("opaque", .badModel, "expected floating-point numbers, found opaque data"),
    ("lists", .badModel, "expected floating-point numbers, found lists of variable length"),
    ("reference", .badModel, "expected floating-point numbers, found references"),
    (
      "odd-float", .badModel,
      "expected floating-point numbers, found numbers of 4 bytes that are not IEEE 754"
    ),
  ])
  func `a dataset that is no array of weights is listed, but not read`(
    name: String, kind: FormatError.Kind, reason: String
  ) throws {
    let file = try Self.file(name)
    let dataset = try file.dataset("/data")
    let error = #expect(throws: FormatError.self) { try file.tensor(dataset) }
    #expect(error?.kind == kind)
    #expect(error?.location == .object("/data"))
    #expect(error?.reason == reason)
    #expect(error?.file == file.file.path)
    #expect(try file.tensor(file.dataset("/good")).floats == [0, 1, 2, 3])
  }

  @Test func `a chunk that was never written is missed`() throws {
    let file = try Self.file("missing-chunk")
    let error = #expect(throws: FormatError.self) { try file.tensor(file.dataset("/data")) }
    #expect(error?.location == .object("/data"))
    #expect(error?.reason.contains("at [4]") == true)
  }

  @Test(arguments: [
    ("external-link", "data", "a link to another file"), ("soft-links", "a", "a soft link"),
    ("named-type", "data", "a datatype"),
  ])
  func `links are told, not followed`(name: String, member: String, kind: String) throws {
    #expect(try Self.file(name).root[member]?.description == kind)
  }

  @Test func `the kinds in the root are told without a look at the rest`() throws {
    let kinds = try HDF5File.kinds(inRootOf: Self.input("nested-groups"))
    #expect(kinds == ["g": .group, "good": .dataset])
    #expect(try HDF5File.kinds(inRootOf: Self.input("soft-links"))["a"] == .link)
  }

  @Test func `every truncation is refused`() throws {
    let folder = TemporaryFolder()
    let whole = try Data(
      contentsOf: URL(filePath: Places.fixture("hostile-hdf5/integers.h5")))
    _ = try HDF5File(InputFile(path: folder.write("whole.h5", whole)))
    for count in 0..<whole.count {
      let input = try InputFile(path: folder.write("cut.h5", whole.prefix(count)))
      #expect(throws: FormatError.self, "\(count) bytes") { try HDF5File(input) }
    }
  }

  @Test(arguments: [0, 3, 7])
  func `a wrong signature is refused`(index: Int) throws {
    let folder = TemporaryFolder()
    var bytes = try Data(contentsOf: URL(filePath: Places.fixture("hostile-hdf5/integers.h5")))
    bytes[index] ^= 1
    let input = try InputFile(path: folder.write("other.h5", bytes))
    let error = #expect(throws: FormatError.self) { try HDF5File(input) }
    #expect(error?.reason.hasPrefix("expected an HDF5 file, found damage") == true)
  }
}
