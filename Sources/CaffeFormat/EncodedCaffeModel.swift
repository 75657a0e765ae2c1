public import Files
internal import ModelGraph
public import ModelIO
internal import Protobuf
internal import TensorCore

/// A model in Caffe's terms, ready to be written.
public struct EncodedCaffeModel: Sendable {
  /// Each rewriting and each loss in one sentence.
  public let notes: [String]
  /// The definition, a prototxt.
  public let definition: String
  /// The bytes that the caffemodel will have.
  public var weightsByteCount: Int { layout.byteCount }
  /// Whether there is anything to write to a caffemodel; a model without weights is its definition.
  public var hasWeights: Bool { !layout.blobs.isEmpty }
  /// Whether the model has a mean image, which Caffe keeps in a file of its own.
  public var hasMean: Bool { mean != nil }
  /// Whether the model has labels, which Caffe's users keep in a file of their own.
  public var hasLabels: Bool { !labels.isEmpty }

  /// The layers as they are written.
  public let layerCount: Int
  let layout: CaffemodelLayout
  let mean: Tensor?  // [channels, height, width]
  let labels: [String]
}

extension EncodedCaffeModel {
  /// Writes the definition and reads it back, but leaves the file without a name.
  ///
  /// - Throws: `FormatError` if it cannot be written.
  public func prepareDefinition(for output: OutputFile) throws(FormatError) -> PreparedFile {
    let text = Bytes(Array(definition.utf8))
    return try output.prepare(byteCount: text.count) { (writer) throws(FormatError) in
      try writer.write(text)
    } verify: { (bytes) throws(FormatError) in
      try output.requireAsWritten(bytes == text, "the definition")
    }
  }

  /// Writes the caffemodel and reads it back, but leaves the file without a name.
  ///
  /// Tensors go to the file from where they lie, deferred ones as they are made. What the reader finds must be the same layers and
  /// the same bits.
  /// - Returns: the file, and where in it the tensors lie; a weight that layers share is stored with
  ///   each of them.
  /// - Throws: `FormatError` if it cannot be written, or if the model has no weights.
  public func prepareWeights(
    for output: OutputFile
  ) throws(FormatError) -> (file: PreparedFile, tensors: [WrittenTensor]) {
    guard hasWeights else {
      throw FormatError(
        .cannotCreate, file: output.path,
        "expected weights to write, found none: the definition is the whole model")
    }
    let file = try output.prepare(byteCount: layout.byteCount) { (writer) throws(FormatError) in
      for piece in layout.pieces {
        switch piece {
        case .bytes(let bytes): try writer.write(bytes)
        case .elements(let blob): try writer.write(blob.tensor.elements)
        }
      }
    } verify: { (bytes) throws(FormatError) in
      try verify(bytes, for: output)
    }
    let tensors = layout.blobs.map { placed in
      WrittenTensor(
        weight: placed.blob.weight, transforms: placed.blob.transforms,
        target: StoredTensor(
          file: output.name, object: placed.name, byteOffset: placed.byteOffset,
          elementType: placed.blob.tensor.elementType, shape: placed.blob.tensor.shape))
    }
    return (file, tensors)
  }

  private func verify(_ bytes: Bytes, for output: OutputFile) throws(FormatError) {
    let message = try NetMessage(bytes)
    try output.requireAsWritten(message.definition == layout.definition, "the layers")
    let found = message.blobs.flatMap { $0 }
    try output.requireAsWritten(found.count == layout.blobs.count, "\(layout.blobs.count) tensors")
    for (blob, placed) in zip(found, layout.blobs) {
      try output.requireAsWritten(
        blob.byteOffset == placed.byteOffset && blob.tensor.isBitEqual(to: placed.blob.tensor),
        placed.name)
    }
    let text = Bytes(Array(definition.utf8))
    let source = CaffeSource(
      definition: InputFile(path: "the definition for \(output.path)", bytes: text),
      weights: InputFile(path: output.path, bytes: bytes))
    _ = try CaffeFormat().readModel(from: source)
  }

  /// Writes the mean image as Caffe's tools do and reads it back, but leaves the file without a
  /// name. The model must have one.
  ///
  /// - Throws: `FormatError` if it cannot be written.
  public func prepareMean(for output: OutputFile) throws(FormatError) -> PreparedFile {
    guard let mean else { preconditionFailure("the model has no mean image") }
    let blob = BlobDraft(tensor: mean)
    var message = MessageBuilder(.blob)
    for (field, extent) in zip(
      ["num", "channels", "height", "width"], [1] + mean.shape.dimensions)
    {
      message.add(field, extent)
    }
    let field: UInt32 = blob.tensor.elementType == .float64 ? 8 : 5
    let head = message.bytes() + lengthPrefix(field, blob.byteCount)
    return try output.prepare(byteCount: head.count + blob.byteCount) {
      (writer) throws(FormatError) in
      try writer.write(head)
      try writer.write(blob.tensor.elements)
    } verify: { (bytes) throws(FormatError) in
      let found = try MeanImage(reading: bytes).tensor
      try output.requireAsWritten(found.isBitEqual(to: blob.tensor), "the mean image")
    }
  }

  /// Writes the labels, one a line, and reads them back, but leaves the file without a name. The
  /// model must have some.
  ///
  /// - Throws: `FormatError` if it cannot be written.
  public func prepareLabels(for output: OutputFile) throws(FormatError) -> PreparedFile {
    precondition(hasLabels, "the model has no labels")
    let text = Bytes(labels.flatMap { Array($0.utf8) + [ascii("\n")] })
    return try output.prepare(byteCount: text.count) { (writer) throws(FormatError) in
      try writer.write(text)
    } verify: { (bytes) throws(FormatError) in
      try output.requireAsWritten(bytes == text, "the labels")
    }
  }
}
