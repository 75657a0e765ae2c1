internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Values.
extension NetDraft {
  /// The value of a canonical name: made before it is read.
  func value(_ name: String) -> DraftValue { values[name]! }

  /// A node's inputs.
  func inputs(_ node: Node) -> [DraftValue] { node.inputs.map(value) }

  /// Takes a value for what a node makes.
  mutating func finish(_ node: Node, _ value: DraftValue, isNonNegative: Bool = false) {
    var value = value
    value.isNonNegative = isNonNegative
    values[node.outputs[0]] = value
  }

  /// The value in some arrangement, by layers of their own where it has another one.
  ///
  /// - Parameter reader: who wants it, for the names of these layers.
  mutating func arranged(
    _ value: DraftValue, _ wanted: DraftValue.Arrangement, for reader: String
  ) -> DraftValue {
    guard value.arrangement != wanted else { return value }
    let key = Rearrangement(source: value.source, arrangement: wanted)
    if let known = rearranged[key] { return known }
    var result = value
    let name = Self.fit(reader)
    switch (value.arrangement, wanted) {
    case (.flattened(let channels, let height, let width), _):
      let image: Shape = [value.shape[0], channels, height, width]
      result = append(
        unusedName("\(name)_image"), .reshape,
        [.init("target_shape", .integers([height, width, channels]))], to: [value], shape: image,
        .image)
      result = arranged(result, .plain(4), for: reader)
      result = append(
        unusedName("\(name)_flatten"), .flatten, [], to: [result], shape: value.shape, .plain(2))
    case (.axes(let axes), .axes(let order)):
      // Both have each canonical axis once.
      let dimensions = order.map { axes.firstIndex(of: $0)! }
      result = append(
        unusedName("\(name)_permute"), .permute,
        [.init("dims", .integers(Array(dimensions.dropFirst())))], to: [value],
        shape: value.shape, wanted)
      remarks.add(.permutations, layers[result.source.layer].name)
    case (.axes, .flattened): preconditionFailure("only a flatten layer flattens")
    }
    result.isNonNegative = value.isNonNegative
    rearranged[key] = result
    return result
  }

  /// The value as an image with its channels last.
  mutating func image(_ value: DraftValue, for node: Node) -> DraftValue {
    arranged(value, .image, for: node.name)
  }

  /// The value in the canonical order.
  mutating func plain(_ value: DraftValue, for node: Node) -> DraftValue {
    arranged(value, .plain(value.shape.rank), for: node.name)
  }

  /// The values in one arrangement.
  mutating func alike(_ values: [DraftValue], for node: Node) -> [DraftValue] {
    guard Set(values.map(\.arrangement)).count > 1 else { return values }
    var alike: [DraftValue] = []
    for value in values {
      alike.append(arranged(value, DraftValue.standard(value.shape.rank), for: node.name))
    }
    return alike
  }
}
