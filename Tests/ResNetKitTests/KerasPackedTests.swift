import Foundation
import ResNetKit
import TestSupport
import Testing

/// Weights without a definition, in several files, and in types of their own: see
/// `fixtures/keras/make_packed.py`.
@Suite struct KerasPackedTests {
  private func fixture(_ name: String) -> String { Places.fixture("keras/packed/\(name)") }

  @Test(arguments: [
    ("base.weights.h5", "base", 64), ("base.h5", "base", 64), ("base-v2.weights.h5", "base-v2", 64),
    ("whole.weights.h5", "whole", 64), ("small.weights.h5", "small", 32),
    ("channels1.weights.h5", "channels1", 64), ("channels6.weights.h5", "channels6", 32),
    ("shards.weights.json", "shards", 32),
  ])
  func `a definition is inferred from weights within another model, of any number of channels`(
    _ file: String, _ golden: String, _ side: Int
  ) throws {
    let arrays = try NPZ.read(InputFile(path: fixture("\(golden).npz")))
    let image = try #require(arrays.first { $0.name == "input" })
    let channels = image.tensor.shape[3]
    let model = try ModelFormats.read(
      [InputFile(path: fixture(file))],
      options: ReadingOptions(inputShape: [1, channels, side, side])
    ).model
    try KerasLineTests.verify(model, arrays)
    let isWithin = ["base", "base-v2", "whole", "small"].contains(golden)
    #expect(
      model.provenance.notes.contains { $0.hasPrefix("found the layers in the model") } == isWithin)
    #expect(model.provenance.ledger.entries.count == model.network.weights.count)
  }

  @Test(
    .enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
  func `the number of channels is that of the first kernels`() throws {
    let path = RealModelTests.data("cases/keras/cifar20_1ch.weights.h5")
    let model = try ModelFormats.read([InputFile(path: path)]).model
    #expect(model.network.inputs[0].shape == [1, 1, 32, 32])
    #expect(
      model.network.nodes.count { if case .convolution = $0.layer { true } else { false } } == 21)
  }

  // MARK: Shards

  /// The shards and their index in a folder of their own.
  private func shards(
    _ change: (inout [String: Any]) -> Void = { _ in }
  ) throws -> (folder: TemporaryFolder, index: String) {
    let folder = TemporaryFolder()
    for name in ["shards_00000.weights.h5", "shards_00001.weights.h5"] {
      try folder.write(name, Data(contentsOf: URL(fileURLWithPath: fixture(name))))
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: fixture("shards.weights.json")))
    var index = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var map = try #require(index["weight_map"] as? [String: Any])
    change(&map)
    index["weight_map"] = map
    let path = try folder.write(
      "shards.weights.json", JSONSerialization.data(withJSONObject: index))
    return (folder, path)
  }

  @Test func `shards are found beside their index, or where they are given`() throws {
    let (folder, index) = try shards()
    let options = ReadingOptions(inputShape: [1, 3, 32, 32])
    let model = try ModelFormats.read([InputFile(path: index)], options: options).model
    #expect(model.provenance.notes.contains("joined 2 shards"))
    #expect(
      Set(model.provenance.ledger.entries.map(\.source.file))
        == ["shards_00000.weights.h5", "shards_00001.weights.h5"])
    #expect(model.provenance.files.count == 3)
    let elsewhere = TemporaryFolder()
    let copy = try elsewhere.write(
      "any.weights.json", Data(contentsOf: URL(fileURLWithPath: index)))
    let files = try [copy, fixture("shards_00001.weights.h5"), fixture("shards_00000.weights.h5")]
      .map { try InputFile(path: $0) }
    let other = try ModelFormats.read(files, options: options).model
    #expect(try other.networkFile() == model.networkFile())
    withExtendedLifetime(folder) {}
  }

  @Test func `the tensors of one layer come together from two of three shards`() throws {
    let files = ["split.weights.json", "split.json"].map(fixture)
    let model = try ModelFormats.read(try files.map { try InputFile(path: $0) }).model
    #expect(model.provenance.notes.contains("joined 3 shards"))
    try KerasLineTests.verify(model, try NPZ.read(InputFile(path: fixture("split.npz"))))
  }

  @Test func `the shards of others come together`() throws {
    guard Places.realData != nil else { return }
    let path = RealModelTests.data("cases/keras/sharded")
    let files = [path + ".weights.json", fixture("two-units.json")]
    let model = try ModelFormats.read(try files.map { try InputFile(path: $0) }).model
    let names = ["x0": "input", "y0": "output"]
    let arrays = try NPZ.read(InputFile(path: path + ".io.npz"))
    try KerasLineTests.verify(model, arrays.map { (names[$0.name] ?? $0.name, $0.tensor) })
  }

  @Test func `a shard that is missing is named, and is no input`() throws {
    let (folder, index) = try shards()
    try FileManager.default.removeItem(atPath: folder.path("shards_00001.weights.h5"))
    let error = #expect(throws: FormatError.self) {
      try ModelFormats.read([InputFile(path: index)]).model
    }
    #expect(error?.kind == .noInput)
    #expect(error?.description.contains("the shard shards_00001.weights.h5") == true)
  }

  @Test(arguments: [
    (
      "/layers/dense/vars", "shards_00000.weights.h5", "expected shards_00001.weights.h5, which has"
    ),
    ("/layers/dense/vars", nil, "found no such entry"),
    ("/layers/none/vars", "shards_00000.weights.h5", "expected tensors of /layers/none/vars in"),
    ("/layers/dense/vars", "../shards_00001.weights.h5", "in the folder of the index"),
    ("/layers/dense/vars", "/etc/passwd.h5", "in the folder of the index"),
  ])
  func `an index that lies is told so`(_ group: String, _ file: String?, _ message: String) throws {
    let (folder, index) = try shards { $0[group] = file }
    let error = #expect(throws: FormatError.self) {
      try ModelFormats.read([InputFile(path: index)]).model
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("shards.weights.json") == true)
    withExtendedLifetime(folder) {}
  }

  @Test func `shards without their index are told what is missing`() throws {
    let files = try ["shards_00000.weights.h5", "shards_00001.weights.h5"].map {
      try InputFile(path: fixture($0))
    }
    let error = #expect(throws: FormatError.self) {
      try KerasFormat().readModel(from: files, options: ReadingOptions()).model
    }
    #expect(error?.description.contains("the index of shards") == true)
  }

  // MARK: bfloat16

  @Test(arguments: [
    ["bfloat16.keras"], ["bfloat16.h5"], ["bfloat16.weights.h5", "bfloat16.json"],
  ])
  func `bfloat16 is read as it is`(_ files: [String]) throws {
    let model = try ModelFormats.read(try files.map { try InputFile(path: fixture($0)) }).model
    #expect(model.network.weights.allSatisfy { $0.tensor.elementType == .bfloat16 })
    // In `.h5` nothing says what two bytes are; Keras itself does not read its own file.
    let isUntold = model.provenance.notes.contains { $0.contains("without a type for bfloat16") }
    #expect(isUntold == (files == ["bfloat16.h5"]))
    try KerasLineTests.verify(
      model, try NPZ.read(InputFile(path: fixture("bfloat16.npz"))))
    let written = try WrittenKerasModel(model)
    for copy in written.copies.values {
      for (name, tensor) in copy.network.weights {
        let original = try #require(model.network.weights.first { $0.name == name })
        #expect(tensor.doubles == original.tensor.doubles, "\(name)")
      }
    }
  }
}
