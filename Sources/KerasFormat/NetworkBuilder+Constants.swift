internal import Files
internal import JSON
internal import ModelGraph
internal import TensorCore

// Values combined with numbers that the definition holds.
extension NetworkBuilder {
  /// `x · scale + shift`.
  ///
  /// Numbers that differ along an axis are applied to each of its elements: the model has no weights
  /// that are not in the file with the weights.
  mutating func affine(
    _ layer: KerasLayer, _ input: KerasValue, named name: String? = nil,
    scale: Constant = Constant(1), shift: Constant = Constant(0)
  ) throws(FormatError) -> KerasValue {
    let name = name ?? layer.path
    if let factor = scale.number, let addend = shift.number {
      try layer.check(scale, fits: input)
      try layer.check(shift, fits: input)
      let power = Layer.Power(scale: factor, shift: addend)
      return try add(name, [Part(nil, .power(power))], to: [input])
    }
    let input = input.arrangement.isFlattened ? try plain(input) : input
    var axes: Set<Int> = []
    for constant in [scale, shift] where constant.number == nil {
      axes.formUnion(try layer.check(constant, fits: input))
    }
    guard axes.count == 1, let axis = axes.first else {
      throw layer.settings.fault(
        "expected numbers that differ along one axis, found \(scale.shape) and \(shift.shape)")
    }
    return try eachElement(
      of: input, along: input.canonicalAxis(axis), of: layer, named: name
    ) { (builder, index, part, name) throws(FormatError) in
      let power = Layer.Power(
        scale: scale.number ?? scale.values[index], shift: shift.number ?? shift.values[index])
      return try builder.add(name, [Part(nil, .power(power))], to: [part])
    }
  }

  /// The layer `Rescaling`: `x · scale + offset`.
  mutating func rescaling(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    try affine(
      layer, input, scale: try layer.constant("scale") ?? Constant(1),
      shift: try layer.constant("offset") ?? Constant(0))
  }

  /// `(x − mean) / max(√variance, 1e-7)` by numbers of the definition, or by stored ones.
  mutating func normalization(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    guard try layer.settings.bool("invert") != true else {
      throw layer.settings.fault("an inverted normalization is not supported")
    }
    let axes = try layer.settings.integers("axis")
    let rank = input.kerasShape.rank
    let last = axes.map { $0.map { $0 < 0 ? $0 + rank : $0 } } ?? []
    guard let mean = try layer.constant("mean"), let variance = try layer.constant("variance")
    else { return try storedNormalization(layer, input, axes: last) }
    guard axes == nil || last == [rank - 1] || mean.number != nil && variance.number != nil else {
      throw layer.settings.fault("expected a normalization of the last axis, found \(last)")
    }
    let difference = try affine(
      layer, input, named: "\(layer.path)/difference", shift: mean.map { -$0 })
    return try affine(
      layer, difference, scale: variance.map { 1 / max($0.squareRoot(), 1e-7) })
  }

  private mutating func storedNormalization(
    _ layer: KerasLayer, _ input: KerasValue, axes: [Int]
  ) throws(FormatError) -> KerasValue {
    let input = input.arrangement.isFlattened ? try plain(input) : input
    guard axes.count == 1, input.kerasShape.rank > axes[0], axes[0] > 0 else {
      throw layer.settings.fault(
        "expected a normalization of one axis of \(input.kerasShape), found \(axes)")
    }
    let extent = input.kerasShape[axes[0]]
    return try perAxis(layer, input, input.canonicalAxis(axes[0])) {
      (builder, _) throws(FormatError) in
      let path = layer.path
      let mean = try builder.vector(.mean, of: layer, count: extent, target: "\(path)/mean")
      let variance = try builder.vector(
        .variance, of: layer, count: extent, target: "\(path)/variance")
      guard variance.doubles.allSatisfy({ $0 >= 1e-14 }) else {
        throw layer.settings.fault(
          "expected variances of 1e-14 or more, found one that Keras replaces when it divides")
      }
      return .batchNormalization(.init(mean: mean, variance: variance, epsilon: 0))
    }
  }
}

extension KerasLayer {
  /// A setting of one number, or of one for each element along the last axes.
  func constant(_ name: String) throws(FormatError) -> Constant? {
    guard let json = settings.value(name) else { return nil }
    guard let constant = Constant(json) else {
      throw settings.fault("expected numbers for \(name), found \(json.kind)")
    }
    return constant
  }

  /// The axes in Keras along which a constant has several elements.
  ///
  /// - Throws: `FormatError` if it would make the value larger, or changes with the sample.
  @discardableResult
  func check(_ constant: Constant, fits value: KerasValue) throws(FormatError) -> Set<Int> {
    let shape = value.kerasShape
    var axes: Set<Int> = []
    for (index, extent) in constant.shape.reversed().enumerated() where extent != 1 {
      let axis = shape.rank - 1 - index
      guard axis > 0, shape[axis] == extent else {
        throw settings.fault("numbers of \(constant.shape) do not fit \(shape)")
      }
      axes.insert(axis)
    }
    guard constant.shape.count <= shape.rank else {
      throw settings.fault("numbers of \(constant.shape) do not fit \(shape)")
    }
    return axes
  }
}
