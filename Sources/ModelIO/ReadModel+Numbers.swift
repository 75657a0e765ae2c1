public import Files
internal import ModelGraph
internal import TensorCore

extension ReadModel {
  /// The model, if its numbers can work; with notes about those that are unusual.
  ///
  /// Statistics of batch normalization that are not finite, a variance that is not above 0 with
  /// epsilon, and a negative factor make every output wrong: they are refused, unless the options
  /// allow them. Other weights that are not finite may be meant: they are counted.
  /// - Parameter files: those the model was read from, for errors.
  /// - Throws: `FormatError` naming file and layer.
  public func settlingNumbers(
    of files: [InputFile], options: ReadingOptions
  ) throws(FormatError) -> ReadModel {
    var impossible: [String] = []
    var untrained: [String] = []
    for node in model.network.nodes {
      guard case .batchNormalization(let layer) = node.layer else { continue }
      if layer.isUntrained { untrained.append(node.name) }
      guard let reason = layer.impossibility else { continue }
      guard options.allowsNonFinite else {
        throw FormatError(
          file: path(of: node, among: files), at: .object(node.name),
          "\(reason) (--allow-nonfinite)")
      }
      impossible.append(node.name)
    }
    let nonFinite = model.network.weights.compactMap { weight in
      let count = nonFiniteCount(of: weight.tensor, named: weight.name)
      return count == 0 ? nil : "\(weight.name) (\(count))"
    }
    var copy = self
    for (sentence, list) in [
      ("batch normalization that cannot work was let pass, as was asked for", impossible),
      ("batch normalization has statistics of 0: no batch was ever seen (factor 0)", untrained),
      ("weights with numbers that are not finite", nonFinite),
    ] where !list.isEmpty {
      let note = "\(sentence): \(listed(list).joined(separator: ", "))"
      // A native file tells what was found when it was made.
      if !copy.model.provenance.notes.contains(note) { copy.model.provenance.notes.append(note) }
    }
    return copy
  }

  private func nonFiniteCount(of tensor: Tensor, named name: String) -> Int {
    if let nonFiniteCounts { return nonFiniteCounts[name] ?? 0 }
    // A model of any size takes no memory here.
    defer { tensor.discardPages() }
    return tensor.nonFiniteCount
  }

  /// The file that holds the statistics of a layer; the first where it is not known.
  private func path(of node: Node, among files: [InputFile]) -> String? {
    let entry = ledger.entries.first { $0.target == "\(node.name)/variance" }
    return (files.first { $0.name == entry?.source.file } ?? files.first)?.path
  }
}
