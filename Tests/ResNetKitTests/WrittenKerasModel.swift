import ResNetKit
import TestSupport
import Testing

/// A model on its way to the files of Keras and back.
struct WrittenKerasModel {
  let folder = TemporaryFolder()
  let files: KerasFiles
  /// The tensors in each file.
  private(set) var tensors: [KerasFiles.Form: [WrittenTensor]] = [:]
  /// What the reader makes of `.h5` and `.keras`.
  private(set) var copies: [KerasFiles.Form: Model] = [:]

  /// Writes a model in every form and reads those that are whole.
  init(_ model: Model) throws {
    files = try KerasFormat().encode(model)
    for form in KerasFiles.Form.allCases {
      let path = path(form)
      let prepared = try files.prepare(form, for: OutputFile(path: path, replacing: false))
      try prepared.file.publish()
      tensors[form] = prepared.tensors
      try check(prepared.tensors, in: path, model.network)
      guard form != .weights else { continue }
      copies[form] = try KerasFormat().readModel(
        from: KerasSource(weights: InputFile(path: path))
      ).model
    }
  }

  func path(_ form: KerasFiles.Form) -> String {
    switch form {
    case .hdf5: folder.path("model.h5")
    case .weights: folder.path("model.weights.h5")
    case .archive: folder.path("model.keras")
    }
  }

  /// Does again what the writer says it did to each weight.
  private func check(_ tensors: [WrittenTensor], in path: String, _ network: Network) throws {
    let weights = Dictionary(uniqueKeysWithValues: network.allWeights.map { ($0.name, $0.tensor) })
    let bytes = try InputFile(path: path).bytes
    for written in tensors {
      guard let weight = written.weight else { continue }
      let target = written.target
      let offset = try #require(target.byteOffset)
      var tensor = try #require(weights[weight])
      for transform in written.transforms {
        tensor = try #require(transform.applied(to: tensor), "\(transform) of \(weight)")
      }
      #expect(tensor.shape == target.shape && tensor.elementType == target.elementType)
      #expect(bytes.slice(from: offset, count: tensor.byteCount) == tensor.elements.made())
    }
  }
}
