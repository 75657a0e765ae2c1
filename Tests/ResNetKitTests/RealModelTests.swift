import Foundation
import ResNetKit
import TestSupport
import Testing

/// Files that others trained and wrote; skipped where `RESNET_TOOLKIT_DATA` names no folder.
@Suite(.enabled(if: Places.realData != nil, "RESNET_TOOLKIT_DATA is not set"))
struct RealModelTests {
  static func data(_ name: String) -> String { "\(Places.realData ?? "")/\(name)" }

  @Test(arguments: [
    ("cifar10_quick", "cifar10_quick_iter_5000", 10), ("lenet", "lenet_iter_10000", 7),
  ])
  func `the nets of 2014 agree in every golden value`(
    _ name: String, _ weights: String, _ count: Int
  ) throws {
    let files = [
      try InputFile(path: Self.data("caffe-v1/\(name).prototxt")),
      try InputFile(path: Self.data("caffe-v1/\(weights).caffemodel")),
    ]
    let model = try CaffeFormat().readModel(from: files, options: ReadingOptions()).model
    #expect(model.provenance.format == "caffe-v1")
    let arrays = try ["", "_layers_sample0"].flatMap { part in
      try NPZ.read(InputFile(path: Self.data("caffe-v1/golden/\(name)\(part).npz")))
    }
    let fixture = try Fixture(arrays: arrays, for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    for engine in [Engine.fast(threadCount: 2), .oracle] {
      let result = try FixtureVerification(
        of: model.network, on: fixture, engine: engine, scale: scale)
      #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
      #expect(result.comparedCount == count && result.valueCount == count)
    }
  }

  @Test func `a snapshot in HDF5 agrees in every golden value`() throws {
    let weights = Self.data("caffe-hdf5/cifar10_quick_iter_5000.caffemodel.h5")
    let model = try CaffeFormat().readModel(
      from: [
        try InputFile(path: Self.data("caffe-hdf5/cifar10_quick.prototxt")),
        try InputFile(path: weights),
      ], options: ReadingOptions()
    ).model
    let arrays = try ["", "_layers_sample0"].flatMap { part in
      try NPZ.read(InputFile(path: Self.data("caffe-hdf5/golden/cifar10_quick_h5\(part).npz")))
    }
    // The output once more, by an engine that cannot read the file itself.
    let fixture = try Fixture(
      arrays: arrays.filter { $0.name != "final_opencv_reencoded" }, for: model)
    let scale = try RoundingScale(of: model.network, for: fixture)
    for engine in [Engine.fast(threadCount: 2), .oracle] {
      let result = try FixtureVerification(
        of: model.network, on: fixture, engine: engine, scale: scale)
      #expect(result.passes, "\(result.firstDiverging.map { "\($0)" } ?? "\(result.unmatched)")")
      #expect(result.comparedCount == 10 && result.valueCount == 10)
    }
  }

  /// Weights are matched by name, so definitions alone do not load; their structure must still be
  /// understood before the first weight is missed.
  @Test(arguments: [
    "ResNet-50-deploy", "ResNet-101-deploy", "ResNet-152-deploy", "cvgj_ResNet10_preact",
    "cvgj_ResNet50_preact", "open_nsfw_deploy", "yihui-he_resnet20_trainval",
  ])
  func `a definition without weights says which are missing`(_ name: String) throws {
    let file = try InputFile(path: Self.data("caffe-msra/\(name).prototxt"))
    let options = ReadingOptions(inputShape: name.contains("trainval") ? [1, 3, 32, 32] : nil)
    let error = #expect(throws: FormatError.self) {
      try CaffeFormat().readModel(from: [file], options: options).model
    }
    #expect(error?.file?.hasSuffix("\(name).prototxt") == true)
    let reason = error?.reason ?? ""
    #expect(reason.hasPrefix("expected a caffemodel with the weights of "), "\(reason)")
  }
}
