internal import Containers
public import Files
internal import HDF5
internal import JSON
internal import ModelGraph
public import ModelIO
internal import TensorCore

/// A model in Keras' terms, ready to be written.
public struct KerasFiles: Sendable {
  /// The files that Keras knows.
  public enum Form: Sendable, CaseIterable {
    /// `.h5`: the whole model for Keras 2 and 3.
    case hdf5
    /// `.weights.h5`: the weights alone, for a model of the same layers in Keras 2.15 and 3.
    case weights
    /// `.keras`: the whole model for Keras 2.15 and 3.
    case archive
  }

  /// Each rewriting and each loss in one sentence.
  public let notes: [String]
  /// The layers as they are written.
  public var layerCount: Int { definition.layers.count }
  let definition: KerasDefinition
}

extension KerasFiles {
  /// Writes a file and reads it back, but leaves it without a name.
  ///
  /// Tensors go to the file one at a time, from where they lie.
  /// - Returns: the file, and where in it the tensors lie.
  /// - Throws: `FormatError` if it cannot be written.
  public func prepare(
    _ form: Form, for output: OutputFile
  ) throws(FormatError) -> (file: PreparedFile, tensors: [WrittenTensor]) {
    do {
      switch form {
      case .hdf5:
        return try prepare(
          definition.legacyContents, of: definition.layersByName, isWhole: true, for: output)
      case .weights:
        return try prepare(
          definition.weightsContents, of: definition.layers, isWhole: false, for: output)
      case .archive: return try prepareArchive(for: output)
      }
    } catch {
      throw error.inFile(output.path)
    }
  }

  /// Writes the definition as Keras 3's `to_json` gives it and reads it back with its weights, but
  /// leaves the file without a name.
  ///
  /// - Parameter weights: what `prepare` wrote in the form `weights`.
  /// - Throws: `FormatError` if it cannot be written.
  public func prepareDefinition(
    for output: OutputFile, weights: PreparedFile
  ) throws(FormatError) -> PreparedFile {
    let text = Bytes(definition.json(.keras3).utf8())
    return try output.prepare(byteCount: text.count) { (writer) throws(FormatError) in
      try writer.write(text)
    } verify: { (bytes) throws(FormatError) in
      try output.requireAsWritten(bytes == text, "the definition")
      let source = KerasSource(
        definition: InputFile(path: output.path, bytes: bytes),
        weights: InputFile(path: weights.path, bytes: weights.contents))
      _ = try KerasFormat().readModel(from: source)
    }
  }

  /// What was written is a model for our reader as well.
  private func checkReading(of bytes: Bytes, for output: OutputFile) throws(FormatError) {
    let file = InputFile(path: output.path, bytes: bytes)
    _ = try KerasFormat().readModel(from: KerasSource(weights: file))
  }

  private func prepare(
    _ contents: HDF5Draft, of layers: [LayerDraft], isWhole: Bool, for output: OutputFile
  ) throws(FormatError) -> (file: PreparedFile, tensors: [WrittenTensor]) {
    let layout = try HDF5Layout(contents)
    let file = try output.prepare(byteCount: layout.byteCount) { (writer) throws(FormatError) in
      for piece in layout.pieces { try writer.write(piece) }
    } verify: { (bytes) throws(FormatError) in
      try verify(bytes, contents, layout, for: output)
      if isWhole { try checkReading(of: bytes, for: output) }
    }
    return (file, tensors(layout, of: layers, from: 0, in: output))
  }

  private func prepareArchive(
    for output: OutputFile
  ) throws(FormatError) -> (file: PreparedFile, tensors: [WrittenTensor]) {
    let contents = definition.weightsContents
    let layout = try HDF5Layout(contents)
    let texts = [
      ("metadata.json", Bytes(KerasDefinition.metadata.utf8())),
      ("config.json", Bytes(definition.json(.keras3).utf8())),
    ]
    var archive = ZipWriter()
    for (name, text) in texts { try archive.add(name, [.stored(text)]) }
    let start = try archive.add("model.weights.h5", layout.pieces)
    let pieces = archive.finished()
    let byteCount = pieces.reduce(0) { $0 + $1.byteCount }
    let file = try output.prepare(byteCount: byteCount) { (writer) throws(FormatError) in
      for piece in pieces { try writer.write(piece) }
    } verify: { (bytes) throws(FormatError) in
      let members = try ZipArchive(bytes)
      for (name, text) in texts {
        let found = try members[name].map(members.contents)
        try output.requireAsWritten(found == text, name)
      }
      guard let member = members["model.weights.h5"] else {
        return try output.requireAsWritten(false, "model.weights.h5")
      }
      try verify(try members.contents(of: member), contents, layout, for: output)
      try checkReading(of: bytes, for: output)
    }
    return (file, tensors(layout, of: definition.layers, from: start, in: output))
  }

  /// Where the tensors are, in the order of the file.
  private func tensors(
    _ layout: HDF5Layout, of layers: [LayerDraft], from start: Int, in output: OutputFile
  ) -> [WrittenTensor] {
    zip(layers.flatMap(\.weights), layout.datasets).map { weight, dataset in
      WrittenTensor(
        weight: weight.weight, transforms: weight.transforms,
        target: StoredTensor(
          file: output.name, object: dataset.path, byteOffset: start + dataset.byteOffset,
          elementType: dataset.tensor.elementType, shape: dataset.tensor.shape))
    }
  }

  /// The library finds the same groups and attributes, and the same bits at the planned places.
  private func verify(
    _ bytes: Bytes, _ contents: HDF5Draft, _ layout: HDF5Layout, for output: OutputFile
  ) throws(FormatError) {
    let file = try HDF5File(InputFile(path: output.path, bytes: bytes), readsAttributes: true)
    var found = 0
    try verify(file.root, contents.root, in: file, &found, for: output)
    try output.requireAsWritten(found == layout.datasets.count, "\(layout.datasets.count) tensors")
  }

  private func verify(
    _ group: HDF5File.Group, _ draft: HDF5Draft.Group, in file: HDF5File, _ count: inout Int,
    for output: OutputFile
  ) throws(FormatError) {
    try output.requireAsWritten(
      group.members.count == draft.members.count
        && group.attributes.count == draft.attributes.count, group.path)
    for (name, value) in draft.attributes {
      try output.requireAsWritten(group.attributes[name] == .strings(value.strings), name)
    }
    for (name, object) in draft.members {
      switch (object, group[name]) {
      case (.group(let inner), .group(let found)?):
        try verify(found, inner, in: file, &count, for: output)
      case (.dataset(let tensor), .dataset(let found)?):
        try output.requireAsWritten(try file.tensor(found).isBitEqual(to: tensor), found.path)
        count += 1
      case (.group, _), (.dataset, _): try output.requireAsWritten(false, "\(group.path)/\(name)")
      }
    }
  }
}

extension HDF5Draft.Attribute {
  /// The texts it holds.
  fileprivate var strings: [String] {
    switch self {
    case .string(let string), .text(let string): [string]
    case .strings(let strings): strings
    }
  }
}
