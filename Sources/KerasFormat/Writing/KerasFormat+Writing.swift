public import Files
public import ModelGraph
internal import ModelIO

extension KerasFormat {
  /// What a model becomes in Keras' terms: layers with their channels last.
  ///
  /// What Keras cannot express is rewritten so that it computes the same, and the notes say so.
  /// The same model gives the same bytes in any process, locale and folder.
  /// - Throws: `FormatError` naming the layer that Keras cannot express.
  public func encode(_ model: Model) throws(FormatError) -> KerasFiles {
    let draft = LineRestoring.apply(to: try KerasGraph(model.network))
    let definition = KerasDefinition(draft)
    var remarks = draft.remarks
    for layer in definition.layers {
      guard let node = layer.node, node != layer.name else { continue }
      remarks.add(.names, "\(node) to \(layer.name)")
    }
    var notes = remarks.sentences
    if let preprocessing = model.preprocessing {
      notes.append("left out the preprocessing, for which Keras has no place: \(preprocessing)")
    }
    if !model.labels.isEmpty {
      notes.append("left out the \(model.labels.count) labels, for which Keras has no place")
    }
    return KerasFiles(notes: notes, definition: definition)
  }
}
