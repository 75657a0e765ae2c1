import Files
import ModelGraph
import ModelIO
import TensorCore
import TestSupport
import Testing

@testable import CaffeFormat

/// Caffe's snapshots in HDF5.
@Suite struct SnapshotTests {
  private static let definition =
    input([1, 2])
    + "layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip' inner_product_param { num_output: 3 } }"

  /// Reads a file of `fixtures/hostile-hdf5` as the weights of a definition.
  private static func read(_ name: String, definition: String? = definition) throws -> Model {
    let files = try TestFiles()
    return try CaffeFormat().readModel(
      from: CaffeSource(
        definition: try definition.map { try files.file("net.prototxt", Array($0.utf8)) },
        weights: try InputFile(path: Places.fixture("hostile-hdf5/\(name).h5")))
    ).model
  }

  @Test func `weights stay in the mapped file, and the ledger says where`() throws {
    let model = try Self.read("snapshot")
    let file = try InputFile(path: Places.fixture("hostile-hdf5/snapshot.h5"))
    let entries = model.provenance.ledger.entries
    #expect(
      entries.map { "\($0.source.object) > \($0.target)" } == [
        "ip/blobs[0] > ip/kernel", "ip/blobs[1] > ip/bias",
      ])
    for (weight, entry) in zip(model.network.weights, entries) {
      let offset = try #require(entry.source.byteOffset)
      let bytes = try #require(weight.tensor.storedBytes)
      #expect(bytes.offset == offset)
      #expect(bytes == file.bytes.slice(from: offset, count: entry.source.byteCount))
    }
    #expect(model.provenance.format == "caffe")
    #expect(
      model.provenance.notes == [
        "took the weights from a snapshot: layer/blobs[i] is /data/layer/i"
      ])
  }

  @Test func `the ledger gives no run of bytes for weights that were decoded`() throws {
    let paths = ["prototxt", "caffemodel.h5"].map { Places.fixture("snapshots/foreign.\($0)") }
    let model = try CaffeFormat().readModel(
      from: try paths.map { try InputFile(path: $0) }, options: ReadingOptions()
    ).model
    let entries = model.provenance.ledger.entries
    #expect(!entries.isEmpty && entries.allSatisfy { $0.source.byteOffset == nil })
    let orders = model.provenance.notes.filter { $0.hasPrefix("numbers of both byte orders: ") }
    #expect(orders.count == 1)
  }

  @Test func `gradients are left out, and that is said`() throws {
    let paths = ["prototxt", "caffemodel.h5"].map { Places.fixture("snapshots/plain.\($0)") }
    let model = try CaffeFormat().readModel(
      from: try paths.map { try InputFile(path: $0) }, options: ReadingOptions()
    ).model
    #expect(model.provenance.notes.last == "left out /diff, the gradients of training")
  }

  @Test(
    arguments: [
      (
        "external-link", FormatError.Kind.refused,
        "/data/ip/0: expected a blob or the group of a layer, found a link to another file"
      ),
      (
        "soft-link", .refused,
        "/data/ip/0: expected a blob or the group of a layer, found a soft link"
      ),
      (
        "external-storage", .refused,
        "/data/ip/0: expected elements in this file, found external storage"
      ),
      (
        "virtual", .refused, "/data/ip/0: expected elements of its own, found a virtual dataset"
      ),
      ("without-layer", .badModel, "/data/0: expected the group of a layer, found a dataset"),
      (
        "word", .badModel,
        "/data/ip/weights: expected the number of a blob for a name, found \"weights\""
      ),
      (
        "leading-zero", .badModel,
        "/data/ip/00: expected the number of a blob for a name, found \"00\""
      ),
      (
        "huge-number", .badModel,
        "/data/ip/99999999999999999999: expected the number of a blob for a name, "
          + "found \"99999999999999999999\""
      ),
      (
        "blob-missing", .badModel,
        "expected the weights of the definition: ip/kernel is not filled"
      ),
      (
        "blob-too-many", .badModel,
        "expected the weights of the definition: ip/blobs[3] is not used by any layer"
      ),
      (
        "other-layer", .badModel,
        "expected the weights of the definition: ip/more/blobs[0] is not used by any layer; "
          + "--ignore-extra-weights leaves out what belongs to no layer of the definition"
      ),
    ])
  func `what is no snapshot is refused with the path of the object`(
    name: String, kind: FormatError.Kind, message: String
  ) throws {
    let path = Places.fixture("hostile-hdf5/snapshot-\(name).h5")
    let error = #expect(throws: FormatError.self) { try Self.read("snapshot-\(name)") }
    #expect(error?.kind == kind)
    #expect(error?.description == "\(path): \(message)")
  }

  @Test(arguments: [
    ("integers", "a dataset"), ("external-link", "a link to another file"),
    ("soft-links", "none"),
  ])
  func `an HDF5 file without layers is no snapshot`(name: String, found: String) throws {
    let file = try InputFile(path: Places.fixture("hostile-hdf5/\(name).h5"))
    #expect(CaffeFormat().recognize(file) == .no)
    let error = #expect(throws: FormatError.self) { try Self.read(name) }
    #expect(
      error?.description
        == "\(file.path): /data: expected the group of all layers in a snapshot, found \(found)")
  }

  @Test func `a snapshot alone is not enough`() throws {
    let error = #expect(throws: FormatError.self) { try Self.read("snapshot", definition: nil) }
    #expect(
      error?.reason
        == "expected a definition (prototxt) beside the snapshot, which holds weights only, found none"
    )
  }

  @Test func `a snapshot is recognized by its group of layers`() throws {
    let file = try InputFile(path: Places.fixture("hostile-hdf5/snapshot.h5"))
    #expect(CaffeFormat().recognize(file) == .certain)
    let caffemodel = try InputFile(path: Places.fixture("layers/scale-plain.caffemodel"))
    #expect(
      failure { try CaffeSource(sorting: [file, caffemodel]) }
        == "\(caffemodel.path): expected one file of each kind, found a binary caffemodel beside "
        + file.path)
  }
}
