public import Files
internal import HDF5
public import ModelGraph
public import ModelIO
internal import TensorCore

extension KerasFormat {
  /// Every tensor in the file with the weights, whether or not there is a definition of its layers.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func storedTensors(in files: [InputFile]) throws(FormatError) -> [StoredTensor] {
    let source = try KerasSource(sorting: files)
    guard let file = source.weights else { return [] }
    let weights = try KerasParts.weights(of: file)
    return try inFile(weights) { () throws(FormatError) in
      let stored = try StoredWeights(reading: weights, shards: source.shards)
      return try stored.contents().tensors.map { dataset, tensor in
        StoredTensor(
          file: stored.file.shardName(of: dataset) ?? file.name, object: dataset.path,
          byteOffset: dataset.run == nil ? nil : tensor.storedBytes?.offset,
          elementType: tensor.elementType, shape: tensor.shape)
      }
    }
  }

  /// The tensors of a model whose layers cannot be read, such as a Lambda or a class of its own:
  /// nothing is executed, and no definition is read.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func storedArrays(in files: [InputFile]) throws(FormatError) -> StoredArrays {
    let source = try KerasSource(sorting: files)
    guard let file = source.weights else {
      throw FormatError(
        file: files.first?.path, "expected an HDF5 file or an archive with the weights, found none")
    }
    let weights = try KerasParts.weights(of: file)
    return try inFile(weights) { () throws(FormatError) in
      try StoredArrays(of: try StoredWeights(reading: weights, shards: source.shards))
    }
  }
}

extension StoredArrays {
  fileprivate init(of stored: StoredWeights) throws(FormatError) {
    func name(_ path: String) -> String {
      String(path.hasPrefix("/model_weights/") ? path.dropFirst(15) : path.dropFirst())
    }
    let contents = try stored.contents()
    let arrays = contents.tensors.map { (name($0.path), $1) }
    guard !arrays.isEmpty else {
      throw FormatError(
        .badModel, "expected tensors of floating-point numbers, found none in this file")
    }
    var notes = stored.notes
    let others = contents.others.map { "\(name($0.path)) (\($0.kind))" }
    if !others.isEmpty {
      notes.append(
        "left out what are no floating-point numbers: \(listed(others).joined(separator: ", "))")
    }
    self.init(arrays: arrays, notes: notes)
  }
}

extension StoredWeights {
  /// The tensors of floating-point numbers in the order of the file, and what holds other elements.
  fileprivate func contents() throws(FormatError) -> (
    tensors: [(dataset: HDF5File.Dataset, tensor: Tensor)], others: [(path: String, kind: String)]
  ) {
    var tensors: [(dataset: HDF5File.Dataset, tensor: Tensor)] = []
    var others: [(path: String, kind: String)] = []
    for path in sources {
      guard case .dataset(let dataset)? = try file.root.object(at: path) else { continue }
      // Of a virtual one nobody knows what it holds.
      if !dataset.elements.areNumbers, dataset.storage != .virtual {
        others.append((path, dataset.elements.description))
      } else {
        tensors.append((dataset, try file.tensor(dataset)))
      }
    }
    return (tensors, others)
  }
}

extension HDF5File.Elements {
  fileprivate var areNumbers: Bool {
    switch self {
    case .numbers: true
    case .opaque, .other: false
    }
  }
}
