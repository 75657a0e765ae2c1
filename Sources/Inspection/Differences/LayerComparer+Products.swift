internal import Alignment
internal import ModelGraph
internal import TensorCore

extension LayerComparer {
  mutating func compareProduct(_ pair: LayerPair) -> NetworkDifference.Layer {
    let (a, b) = (pair.first[0], pair.second[0])
    var layer = NetworkDifference.Layer(pair)
    layer.settings = LayerSettings.differences(pair, shapes.first, shapes.second)
    let input = order(of: a.inputs[0])
    guard let x = a.layer.kernel(reading: shapes.first[a.inputs[0]]),
      let y = b.layer.kernel(reading: shapes.second[b.inputs[0]])
    else {
      layer.weights = pair.weights.map { compare($0, in: nil, &layer.keepsOrder) }
      return layer
    }
    let weights = pair.weights
    var kernel =
      weights.first.map { WeightDifference($0) }
      ?? WeightDifference(
        first: "\(a.name)/kernel", second: "\(b.name)/kernel",
        shapes: (x.shape, y.shape), relation: .equal)
    if x.isAbsent || y.isAbsent {
      kernel.relation = x.shape == y.shape ? .equal : .reshaped
      layer.weights = [kernel]
      return layer
    }
    var output: [Int]?
    if !(input == nil && x.isBitEqual(to: y)) {
      output = compareKernels(
        x, y, input, groups: a.layer.groups, &kernel, &layer.keepsOrder)
    }
    layer.weights = [kernel]
    for weight in weights.dropFirst() {
      layer.weights.append(compare(weight, in: output, &layer.keepsOrder))
    }
    if weights.isEmpty { layer.weights += biases(a, b, count: y.shape[0]) }
    set(output, of: a.outputs)
    if !layer.weights.allSatisfy(\.isSame), isSameWithAffine(pair, x, y) {
      layer.rewriting = "with the normalization behind it, it is the same"
      for index in layer.weights.indices { layer.weights[index].relation = .equivalent }
      foldedValues.insert(a.outputs[0])
    } else if a.layer.typeName != b.layer.typeName, layer.weights.allSatisfy(\.isSame) {
      layer.rewriting = "\(a.layer.typeName) in the first, \(b.layer.typeName) in the second"
    }
    return layer
  }

  /// The biases of layers of two types.
  private func biases(_ a: Node, _ b: Node, count: Int) -> [WeightDifference] {
    let (x, y) = (a.layer.biasNumbers, b.layer.biasNumbers)
    guard x != nil || y != nil else { return [] }
    let zeros = Array(repeating: 0.0, count: count)
    var difference = WeightDifference(
      first: "\(a.name)/bias", second: "\(b.name)/bias", shapes: ([count], [count]),
      relation: .reshaped)
    let (p, q) = (x ?? zeros, y ?? zeros)
    if p.count == q.count {
      difference.compare(WeightRows(p, rowCount: p.count), WeightRows(q, rowCount: q.count))
    }
    return [difference]
  }

  /// Compares kernels whose inputs are in an order, and returns the order of the outputs.
  private func compareKernels(
    _ first: Tensor, _ second: Tensor, _ input: [Int]?, groups: Int,
    _ kernel: inout WeightDifference, _ keepsOrder: inout Bool
  ) -> [Int]? {
    let (a, b) = (WeightRows(of: first), WeightRows(of: second))
    let isDepthwise = groups > 1 && first.shape.rank > 1 && first.shape[1] == 1
    var x = a
    if let input, groups == 1 {
      // A flattened image has several features for each channel.
      let channels = (input.max() ?? 0) + 1
      let count = channelCount(first.shape[1], input, second.shape[1])
      if let count, channels <= count { x = a.parts(input, of: count) }
    } else if let input, isDepthwise, a.rowCount > (input.max() ?? 0) {
      x = a.rows(input)
      if x.elements == b.elements {
        kernel.relation = order(input, of: a.rowCount)
        return input
      }
    }
    guard x.rowLength == b.rowLength else {
      if a.elements.count == b.elements.count {
        kernel.compare(a, b)
      } else {
        kernel.relation = .reshaped
      }
      return nil
    }
    if let places = x.places(of: b) {
      kernel.relation =
        places == Array(0..<x.rowCount) ? .equal : order(places, of: x.rowCount)
      return places
    }
    if x.rowCount == b.rowCount {
      if input != nil, a.elements == b.elements {
        kernel.compare(a, b)
        keepsOrder = true
      } else {
        kernel.compare(x, b)
      }
    } else {
      kernel.relation = .reshaped
    }
    return nil
  }

  private func order(_ places: [Int], of count: Int) -> WeightRelation {
    places.count == count
      ? .permuted(order: places) : .reduced(removed: Self.missing(places, of: count))
  }

  /// How many channels the features of a row are of; nil where they are not of an order's channels.
  private func channelCount(_ features: Int, _ order: [Int], _ others: Int) -> Int? {
    guard !order.isEmpty, others % order.count == 0 else { return nil }
    let perChannel = others / order.count
    return perChannel > 0 && features % perChannel == 0 ? features / perChannel : nil
  }

  /// Whether kernels, biases and what follows them are the same together: a normalization folded in
  /// one network, or a factor that stands in another place.
  private func isSameWithAffine(_ pair: LayerPair, _ x: Tensor, _ y: Tensor) -> Bool {
    guard let behind = affines[pair.first[0].outputs[0]], x.shape[0] == y.shape[0],
      x.shape.elementCount == y.shape.elementCount,
      let s = ComposedAffine(behind.first), let t = ComposedAffine(behind.second)
    else { return false }
    let count = x.shape[0]
    let (a, b) = (
      s.effect(on: WeightRows(of: x), bias: pair.first[0].layer.biasNumbers, count),
      t.effect(on: WeightRows(of: y), bias: pair.second[0].layer.biasNumbers, count)
    )
    guard let a, let b else { return false }
    return (0..<count).allSatisfy { channel in
      let (p, q) = (a.row(channel), b.row(channel))
      let scale = p.reduce(0) { max($0, abs($1)) }
      return zip(p, q).allSatisfy { abs($0 - $1) <= 1e-5 * scale }
    }
  }
}
