internal import ModelGraph
internal import TensorCore

/// `x · scale + shift` for each channel, in float64: what batch normalizations, scales and biases in
/// a row are together.
struct ChannelAffine {
  var scale: [Double]
  var shift: [Double]

  /// Nothing yet.
  init(channels: Int) {
    scale = Array(repeating: 1, count: channels)
    shift = Array(repeating: 0, count: channels)
  }

  /// Then multiplies: by one number for each channel, or by one for all.
  mutating func multiply(by factors: [Double]) {
    for channel in scale.indices {
      let factor = factors[factors.count == 1 ? 0 : channel]
      scale[channel] *= factor
      shift[channel] *= factor
    }
  }

  /// Then adds: one number for each channel, or one for all.
  mutating func add(_ addends: [Double]) {
    for channel in shift.indices { shift[channel] += addends[addends.count == 1 ? 0 : channel] }
  }

  /// Then normalizes: in the four steps that a normalization and a scale behind it would take.
  mutating func normalize(_ layer: Layer.BatchNormalization) {
    let factor = layer.factor?.rounded32[0]
    func statistic(_ tensor: Tensor) -> [Double] {
      guard let factor else { return tensor.rounded32 }
      // A factor of 0 means that no batch was ever seen: both are 0 then.
      return tensor.rounded32.map { factor == 0 ? 0 : ($0 / factor).rounded32 }
    }
    let epsilon = layer.epsilon.rounded32
    add(statistic(layer.mean).map { -$0 })
    multiply(by: statistic(layer.variance).map { 1 / ($0 + epsilon).squareRoot() })
    if let gamma = layer.gamma { multiply(by: gamma.rounded32) }
    if let beta = layer.beta { add(beta.rounded32) }
  }

  /// Whether nothing changes once it is rounded.
  var isIdentity: Bool {
    scale.allSatisfy { Float($0) == 1 } && shift.allSatisfy { Float($0) == 0 }
  }

  /// Whether it leaves what is not below zero so.
  var keepsNonNegative: Bool {
    scale.allSatisfy { Float($0) >= 0 } && shift.allSatisfy { Float($0) >= 0 }
  }
}

extension NormalForm {
  /// Adds what is multiplied and added to the channels of a term, with what was before.
  mutating func append(affine change: (inout ChannelAffine) -> Void, to index: Int) -> Int {
    var source = index
    var affine = ChannelAffine(channels: self[index].extent(1))
    if case .affine(let base, let before) = self[index].form { (source, affine) = (base, before) }
    change(&affine)
    if affine.isIdentity { return source }
    let term = self[source]
    return append(
      "affine channels=\(affine.scale.count)", [source], extents: term.extents,
      isNonNegative: term.isNonNegative && affine.keepsNonNegative,
      form: .affine(of: source, affine)
    ) { hash in
      hash.update(affine.scale)
      hash.update(affine.shift)
    }
  }

  /// Adds a product with constants and a sum with others, broadcast from an axis on.
  mutating func append(
    factor: Tensor?, addend: Tensor?, axis: Int, to index: Int
  ) -> Int {
    guard let operand = factor ?? addend else { return index }
    let isScalar = operand.shape.elementCount == 1
    let extents =
      (Array(repeating: 1, count: axis) + operand.shape.dimensions).withoutTrailingOnes
    if isScalar || extents.count == 2 && extents[0] == 1 {
      return append(
        affine: { affine in
          if let factor { affine.multiply(by: factor.rounded32) }
          if let addend { affine.add(addend.rounded32) }
        }, to: index)
    }
    let count = operand.shape.elementCount
    return append(
      "scale shape=\(extents.list)", [index], extents: self[index].extents
    ) { hash in
      hash.update(factor?.rounded32 ?? Array(repeating: 1, count: count))
      hash.update(addend?.rounded32 ?? Array(repeating: 0, count: count))
    }
  }
}
