internal import JSON
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import TensorCore

// Values.
extension KerasGraph {
  /// The value of a canonical name: made before it is read.
  func value(_ name: String) -> DraftValue { values[name]! }

  /// A node's inputs.
  func inputs(_ node: Node) -> [DraftValue] { node.inputs.map(value) }

  /// Takes a value for what a node makes.
  mutating func finish(_ node: Node, _ value: DraftValue) { values[node.outputs[0]] = value }

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
      let extents = (channels: channels, height: height, width: width)
      result = image(of: value, extents, named: nil, "\(name)_image")
      result = arranged(result, .plain(4), for: reader)
      result = flatten(result, named: nil, "\(name)_flatten", to: value.shape, .plain(2))
    case (.axes(let axes), .axes(let order)):
      // Both have each canonical axis once.
      let dimensions = order.map { axes.firstIndex(of: $0)! }
      let node = value.permutation.flatMap { usedPermutations.insert($0.name).inserted ? $0 : nil }
      result = append(
        node.map(self.name) ?? unusedName("\(name)_permute"), of: node, .permute,
        [.init("dims", .integers(Array(dimensions.dropFirst())))], to: [value],
        shape: value.shape, wanted)
      if node == nil { remarks.add(.permutations, layers[result.source.layer].name) }
    case (.axes, .flattened): preconditionFailure("only a flatten layer flattens")
    }
    rearranged[key] = result
    return result
  }

  /// The axes of a value merged into one.
  ///
  /// - Parameters:
  ///   - node: the layer that does so in the canonical network; without one, `name` is as its name.
  mutating func flatten(
    _ value: DraftValue, named node: Node?, _ name: @autoclosure () -> String, to shape: Shape,
    _ arrangement: DraftValue.Arrangement
  ) -> DraftValue {
    if let known = flattened[value.source] {
      return DraftValue(source: known, shape: shape, arrangement: arrangement)
    }
    let result = append(
      node.map(self.name) ?? unusedName(name()), of: node, .flatten, [], to: [value],
      shape: shape, arrangement)
    flattened[value.source] = result.source
    if value.arrangement == .image { images[result.source] = value }
    return result
  }

  /// The image that was flattened, with its channels last.
  mutating func image(
    of value: DraftValue, _ extents: (channels: Int, height: Int, width: Int), named node: Node?,
    _ name: @autoclosure () -> String
  ) -> DraftValue {
    if let known = images[value.source] { return known }
    let (channels, height, width) = extents
    let result = append(
      node.map(self.name) ?? unusedName(name()), of: node, .reshape,
      [.init("target_shape", .integers([height, width, channels]))], to: [value],
      shape: [value.shape[0], channels, height, width], .image)
    images[value.source] = result
    flattened[result.source] = value.source
    return result
  }

  /// The value as an image with its channels last.
  mutating func image(_ value: DraftValue, for node: Node) -> DraftValue {
    arranged(value, .image, for: network.source(of: node.name))
  }

  /// The value in the canonical order.
  mutating func plain(_ value: DraftValue, for node: Node) -> DraftValue {
    arranged(value, .plain(value.shape.rank), for: network.source(of: node.name))
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
