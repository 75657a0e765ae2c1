public import Files
internal import Lowering
public import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

extension CaffeFormat {
  /// What a model becomes in Caffe's terms: a definition and a caffemodel of the present dialect.
  ///
  /// What Caffe cannot express is rewritten so that it computes the same, and the notes say so.
  /// The same model gives the same bytes in any process, locale and folder.
  /// - Throws: `FormatError` naming the layer that Caffe cannot express.
  public func encode(_ model: Model) throws(FormatError) -> EncodedCaffeModel {
    let draft = try CaffeGraph(model.network)
    let layout = try CaffemodelLayout(name: model.network.name, layers: draft.layers)
    let preprocessing = model.preprocessing?.comments ?? []
    let definition =
      preprocessing.map { "# \($0)\n" }.joined()
      + (try TextFormatWriter.text(of: layout.definition, as: .net))
    try draft.checkReading(of: definition)
    try checkLabels(model.labels)
    let mean = model.preprocessing?.meanImage
    if let mean, mean.shape.rank != 3 || mean.shape.elementCount == 0 {
      throw FormatError(
        at: .object("mean image"), "expected [channels, height, width], found \(mean.shape)")
    }

    var notes = draft.notes(on: model.provenance)
    if !preprocessing.isEmpty {
      notes.append(
        "the preprocessing is a comment in the definition, which has no fields for it: "
          + preprocessing.joined(separator: "; "))
    }
    return EncodedCaffeModel(
      notes: notes, definition: definition, layerCount: draft.layers.count, layout: layout,
      mean: mean,
      labels: model.labels)
  }

  /// Refuses labels that would not be the same when they are read.
  private func checkLabels(_ labels: [String]) throws(FormatError) {
    for (index, label) in labels.enumerated() {
      let isLine =
        !label.isEmpty && !label.utf8.contains { [ascii("\n"), ascii("\r")].contains($0) }
      guard isLine else {
        throw FormatError(
          at: .object("label \(index)"),
          "expected a label that fits one line, found \(quoted(label))"
        )
      }
    }
  }
}

extension CaffeGraph {
  /// The remarks, and what only the source of the model tells.
  fileprivate func notes(on provenance: Provenance) -> [String] {
    var remarks = remarks
    // Other formats have all matrices the other way round; here it is worth a word.
    for entry in provenance.ledger.entries
    where provenance.format.hasPrefix("caffe") && entry.transforms.contains(.transpose) {
      remarks.add(.untransposed, entry.target)
    }
    return remarks.sentences
  }

  /// What the reader would not understand, or otherwise, is not written: names that are too long,
  /// windows that are too large.
  fileprivate func checkReading(of definition: String) throws(FormatError) {
    let net = try CaffeNet(text: Bytes(Array(definition.utf8)))
    let inference = try TestPhaseNet(net, isFiltered: false)
    let inputShapes = try inference.inputShapes(options: ReadingOptions(), mean: nil)
    let builder = try NetworkBuilder(inference, inputShapes: inputShapes)
    let drafts = Dictionary(uniqueKeysWithValues: layers.map { ($0.name, $0) })
    let nodes = Dictionary(uniqueKeysWithValues: network.nodes.map { ($0.name, $0) })
    for (layer, plan) in builder.weightedLayers {
      let stored = drafts[layer.name]?.blobs.map(\.tensor.shape) ?? []
      let wanted = plan.weights.map(\.storedShape)
      guard stored == wanted else {
        throw FormatError(
          at: .object(layer.name), "expected weights of \(wanted) in Caffe, found \(stored)")
      }
      // A layer that only Caffe needs has the shapes of the one before it.
      guard let outputs = nodes[layer.name]?.outputs.compactMap({ network.shapes[$0] }) else {
        continue
      }
      guard outputs == plan.outputShapes else {
        throw FormatError(
          at: .object(layer.name),
          "expected outputs of \(outputs), found \(plan.outputShapes) in Caffe")
      }
    }
  }
}

extension Preprocessing {
  /// The mean image; nil where there is none.
  fileprivate var meanImage: Tensor? {
    guard case .image(let image) = mean else { return nil }
    // Caffe has no half precision.
    return image.elementType.byteCount == 2 ? Tensor(image.shape, image.floats) : image
  }

  /// What has no field in a definition, a line each.
  fileprivate var comments: [String] {
    var lines: [String] = []
    if let channelOrder { lines.append("channel order: \(channelOrder.rawValue)") }
    switch mean {
    case .channels(let means):
      lines.append("mean of each channel: \(means.map { decimal(of: $0) }.joined(separator: " "))")
    case .image, nil: break
    }
    if scales != [1] {
      let factors = scales.map { decimal(of: $0) }.joined(separator: " ")
      lines.append("scale after the mean is subtracted: \(factors)")
    }
    return lines
  }
}
