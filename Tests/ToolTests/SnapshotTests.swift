import Foundation
import TestSupport
import Testing

/// Snapshots in HDF5 from the command line: whatever is wrong with one, the tool ends by itself.
@Suite struct SnapshotTests {
  private static let definition = """
    input: "data" input_shape { dim: 1 dim: 2 }
    layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
      inner_product_param { num_output: 3 } }
    """

  /// Converts with little memory and time.
  private static func convert(_ snapshot: String, in folder: TemporaryFolder) throws -> ToolRun {
    try ToolRun(
      "resnet-convert",
      [
        try folder.write("net.prototxt", text: definition), snapshot,
        "-o", folder.path("out.resnet"),
      ], limits: "ulimit -t 10; ulimit -v 2000000")
  }

  @Test func `a snapshot is converted`() throws {
    let folder = TemporaryFolder()
    let run = try Self.convert(Places.fixture("hostile-hdf5/snapshot.h5"), in: folder)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(folder.contents == ["net.prototxt", "out.resnet"])
  }

  @Test(arguments: [
    ("snapshot-external-link", 77 as Int32, "/data/ip/0: "),
    ("snapshot-external-storage", 77, "/data/ip/0: "),
    ("snapshot-virtual", 77, "/data/ip/0: "),
    ("snapshot-soft-link", 77, "/data/ip/0: "),
    ("snapshot-blob-missing", 65, "ip/kernel is not filled"),
    ("group-in-itself", 77, "/data/inner/again: "),
  ])
  func `a hostile snapshot is refused in one line`(
    name: String, code: Int32, fragment: String
  ) throws {
    let folder = TemporaryFolder()
    let run = try Self.convert(Places.fixture("hostile-hdf5/\(name).h5"), in: folder)
    #expect(run.exitCode == code, "\(run.errors)")
    #expect(run.message?.contains("\(name).h5: \(fragment)") == true || code == 65, "\(run.errors)")
    #expect(run.message?.contains(fragment) == true, "\(run.errors)")
    #expect(folder.contents == ["net.prototxt"])
  }

  /// Flips that libhdf5 1.10.8 survives: it does not survive all. Without a checksum in the format,
  /// a flip in the elements goes unnoticed.
  @Test(arguments: 0..<8)
  func `flipped bits make a model or an error`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let whole = try Data(contentsOf: URL(filePath: Places.fixture("hostile-hdf5/snapshot.h5")))
    for _ in 0..<20 {
      let folder = TemporaryFolder()
      var bytes = whole
      bytes[Int.random(in: bytes.indices, using: &random)] ^=
        1 << UInt8.random(in: 0..<8, using: &random)
      let run = try Self.convert(folder.write("flipped.h5", bytes), in: folder)
      let isKnown = [0, 65, 77].contains(run.exitCode)
      #expect(isKnown, "\(run.exitCode.map(String.init) ?? "a signal"): \(run.errors)")
      #expect(folder.contents.contains("out.resnet") == (run.exitCode == 0))
    }
  }
}
