internal import Files
internal import ModelGraph
internal import TensorCore

// What enters a network and what leaves it.
extension NetworkBuilder {
  /// A value that the caller provides.
  mutating func addInput(
    _ layer: KerasLayer, count: Int
  ) throws(FormatError) -> KerasValue {
    var arrangement = KerasValue.Arrangement.plain
    var shape: Shape
    if let inputShape {
      guard count == 1 else {
        throw FormatError(
          .badModel, "expected one input for the shape \(inputShape), found \(count)")
      }
      shape = inputShape
      if shape.rank == 4, dataFormat == .channelsLast { arrangement = .image }
      if arrangement == .image, try layer.inputShape()?.count == 3 {
        guard shape[2] == 1 else {
          throw layer.settings.fault("expected a line [N, C, 1, W] as its shape, found \(shape)")
        }
        arrangement = .line
      }
    } else {
      let declared = try layer.inputShape()
      guard let declared, let batch = declared.first,
        let found = Shape(checking: [batch ?? 1] + declared.dropFirst().map { $0 ?? 0 }),
        found.elementCount > 0
      else {
        throw layer.settings.fault(
          "the definition gives no input shape: name one with --input-shape N,C,H,W")
      }
      shape = found
      if shape.rank == 4, dataFormat == .channelsLast {
        shape = [shape[0], shape[3], shape[1], shape[2]]
        arrangement = .image
      } else if shape.rank == 3, dataFormat == .channelsLast {
        shape = [shape[0], shape[2], 1, shape[1]]
        arrangement = .line
      }
    }
    let name = appendInput(layer.path, shape, isLine: arrangement == .line)
    return KerasValue(name: name, shape: shape, arrangement: arrangement)
  }

  /// Sees to it that the values nobody reads are the model's outputs in their order: what is read,
  /// leaves twice or was made before an earlier output is copied.
  mutating func addOutputs(_ outputs: [KerasValue]) throws(FormatError) {
    var values: [KerasValue] = []
    for output in outputs {
      // The order of elements and the rank of what leaves are those of Keras, images apart.
      let isImage = output.arrangement == .image || output.arrangement == .line
      values.append(isImage ? output : try plain(output))
    }
    try settleParts(keeping: values.map(\.name))
    var uses: [String: Int] = [:]
    for name in nodes.flatMap(\.inputs) + values.map(\.name) { uses[name, default: 0] += 1 }
    let places = Dictionary(
      uniqueKeysWithValues: nodes.enumerated().flatMap { place, node in
        node.outputs.map { ($0, place) }
      })
    var latest = -1
    for (index, value) in values.enumerated() {
      let place = places[value.name]!  // some node made it
      if uses[value.name] == 1, place > latest {
        latest = place
      } else {
        latest = nodes.count
        try add("output\(index)", [.init(nil, .passThrough(.init(kind: .split)))], to: [value])
      }
    }
  }
}

extension KerasLayer {
  /// The shape of the values that enter, batch first; nil where the layer does not say.
  fileprivate func inputShape() throws(FormatError) -> [Int?]? {
    if let shape = try settings.shape("batch_input_shape", "batch_shape") { return shape }
    if let shape = try settings.shape("input_shape", "shape") { return [nil] + shape }
    return try settings.integer("input_dim").map { [nil, $0] }
  }
}
