internal import HDF5
public import ModelIO
public import TensorCore

/// The tensors of a file of Keras as they are stored, whatever the layers are that they belong to.
public struct StoredArrays: Sendable {
  /// The tensors in the order of the file, in the layout of Keras, by their paths in it:
  /// `conv1/conv1/kernel:0`, `layers/conv2d/vars/0`.
  public private(set) var arrays: [(name: String, tensor: Tensor)] = []
  /// What was left out, one sentence each.
  public private(set) var notes: [String] = []
}

extension KerasFormat {
  /// The tensors of a model whose layers cannot be read, such as a Lambda or a class of its own:
  /// nothing is executed, and no definition is read.
  ///
  /// - Throws: `FormatError` naming file and place.
  public func storedArrays(in files: [InputFile]) throws(FormatError) -> StoredArrays {
    guard let file = try KerasSource(sorting: files).weights else {
      throw FormatError(
        file: files.first?.path, "expected an HDF5 file or an archive with the weights, found none")
    }
    let weights = try KerasParts.weights(of: file)
    return try inFile(weights) { () throws(FormatError) in
      try StoredArrays(of: try StoredWeights(reading: weights))
    }
  }
}

extension StoredArrays {
  fileprivate init(of stored: StoredWeights) throws(FormatError) {
    notes = stored.notes
    var others: [String] = []
    for path in stored.sources {
      guard case .dataset(let dataset)? = try stored.file.root.object(at: path) else { continue }
      let name = path.hasPrefix("/model_weights/") ? path.dropFirst(15) : path.dropFirst()
      if case .other(let kind) = dataset.elements, dataset.storage != .virtual {
        others.append("\(name) (\(kind))")
      } else {
        arrays.append((String(name), try stored.file.tensor(dataset)))
      }
    }
    if !others.isEmpty {
      notes.append(
        "left out what are no floating-point numbers: \(listed(others).joined(separator: ", "))")
    }
  }
}
