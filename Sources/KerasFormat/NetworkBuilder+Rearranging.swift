internal import Files
internal import ModelGraph
internal import TensorCore

extension NetworkBuilder {
  mutating func flatten(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    // Since Keras 2.2 the layer puts channels last before it flattens.
    let putsChannelsLast = try layer.settings.string("data_format") == "channels_first"
    let source = putsChannelsLast ? try plain(input) : input
    var result = try add(layer.path, [Part(nil, .flatten(.init()))], to: [source])
    let isImage = source.shape.rank == 4 && (putsChannelsLast || source.arrangement != .plain)
    let (channels, size) =
      isImage
      ? (source.shape[1], Extent(height: source.shape[2], width: source.shape[3]))
      : (1, Extent(1))
    result.arrangement =
      channels == 1 || size == Extent(1)
      ? .plain : .flattened(height: size.height, width: size.width, channels: channels)
    guard !putsChannelsLast || source.shape.rank != 3 else {
      throw layer.settings.fault("expected an image, found \(source.kerasShape)")
    }
    return result
  }

  mutating func reshape(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    guard let extents = try layer.settings.integers("target_shape", "dims") else {
      throw layer.settings.fault("expected a shape to bring the input to, found none")
    }
    guard extents.allSatisfy({ $0 == -1 || $0 > 0 }) else {
      throw layer.settings.fault("expected extents of 1 or more, or -1, found \(extents)")
    }
    return try reshaped(layer, named: layer.path, to: extents, input)
  }

  /// The elements, in the order of Keras, under the extents of a sample; one may be −1.
  mutating func reshaped(
    _ layer: KerasLayer, named name: String, to extents: [Int], _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let source = try plain(input)
    let isImage = extents.count == 3 && dataFormat == .channelsLast
    let reshape = Layer.reshape(.init(extents: extents, axis: 1))
    guard isImage else { return try add(name, [Part(nil, reshape)], to: [source]) }
    // The shape that an open extent gets decides whether axes have to be exchanged.
    let node = Node(name, reshape, inputs: [source.name])
    let shape: Shape
    do {
      shape = try node.outputShapes(for: [source.shape])[0]
    } catch {
      throw layer.settings.fault(error.reason)
    }
    let permutation = KerasValue(name: "", shape: shape).permutation([0, 3, 1, 2])
    var parts = [Part("rows", reshape), Part(nil, permutation)]
    if case .reshape = permutation { parts.removeFirst() }
    var result = try add(name, parts, to: [source])
    result.arrangement = .image
    return result
  }

  mutating func permute(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let source = input.arrangement.isFlattened ? try plain(input) : input
    let rank = source.kerasShape.rank
    guard let dims = try layer.settings.integers("dims"), dims.sorted().elementsEqual(1..<rank)
    else { throw layer.settings.fault("expected each axis of \(source.kerasShape) once") }
    guard source.arrangement != .line else {
      return try add(
        layer.path, [Part(nil, .permutation(.init(axes: [0] + dims)))], to: [try plain(source)])
    }
    var axes = [0] + dims
    let isImage = rank == 4 && dataFormat == .channelsLast
    if isImage { axes = [axes[0], axes[3], axes[1], axes[2]] }
    var result = try add(
      layer.path, [Part(nil, source.permutation(axes.map(source.canonicalAxis)))], to: [source])
    result.arrangement = isImage ? .image : .plain
    return result
  }
}

// Several values become one.
extension NetworkBuilder {
  mutating func merge(
    _ layer: KerasLayer, _ type: LayerClass, _ inputs: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    try arrangedAlike(
      layer, type, type == .concatenate ? inputs : try sameRank(layer, inputs))
  }

  /// Inputs in one arrangement.
  mutating func alike(_ inputs: [KerasValue]) throws(FormatError) -> [KerasValue] {
    var inputs = inputs
    if inputs.contains(where: { $0.arrangement != inputs[0].arrangement }) {
      let areImages = inputs.contains { $0.arrangement == .image }
      let areLines = inputs.contains { $0.arrangement == .line }
      for index in inputs.indices {
        inputs[index] =
          areImages && inputs[index].kerasShape.rank == 4
          ? try image(inputs[index])
          : areLines && inputs[index].kerasShape.rank == 3
            ? try line(inputs[index]) : try plain(inputs[index])
      }
    }
    return inputs
  }

  private mutating func arrangedAlike(
    _ layer: KerasLayer, _ type: LayerClass, _ inputs: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    let inputs = try alike(inputs)
    switch type {
    case .add: return try combine(layer, .init(operation: .sum), inputs)
    case .multiply: return try combine(layer, .init(operation: .product), inputs)
    case .maximum: return try combine(layer, .init(operation: .maximum), inputs)
    case .average:
      let share = 1 / Double(inputs.count)
      return try combine(
        layer, .init(operation: .sum, coefficients: inputs.map { _ in share }), inputs)
    case .subtract:
      guard inputs.count == 2 else {
        throw layer.settings.fault("expected 2 inputs, found \(inputs.count)")
      }
      return try combine(layer, .init(operation: .sum, coefficients: [1, -1]), inputs)
    case .concatenate:
      return try concatenate(layer, axis: try layer.settings.integer("axis") ?? -1, inputs)
    case .merge:
      // A function by the name of a mode is code.
      if let kind = try layer.settings.string("mode_type"), kind != "raw" {
        throw layer.settings.fault("expected the name of a mode, found a \(kind)")
      }
      switch try layer.settings.string("mode") ?? "sum" {
      case "sum": return try merge(layer, .add, inputs)
      case "mul": return try merge(layer, .multiply, inputs)
      case "max": return try merge(layer, .maximum, inputs)
      case "ave": return try merge(layer, .average, inputs)
      case "concat":
        let axis = try layer.settings.integer("concat_axis") ?? -1
        return try concatenate(layer, axis: axis, inputs)
      case let mode: throw layer.settings.fault("the mode \(mode) is not supported")
      }
    case .input, .convolution, .depthwiseConvolution, .separableConvolution, .convolution1D,
      .dense, .batchNormalization, .scale, .activation, .relu, .leakyReLU, .prelu, .elu, .softmax,
      .maximumPooling, .averagePooling, .globalMaximumPooling, .globalAveragePooling, .zeroPadding,
      .cropping, .flatten, .reshape, .permute, .rescaling, .normalization, .dropout, .augmentation,
      .identity, .operation, .model:
      preconditionFailure("\(layer.className) is no layer of several inputs")
    }
  }

  mutating func combine(
    _ layer: KerasLayer, _ combination: Layer.Elementwise, _ inputs: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    if inputs.count == 2,
      let result = try broadcast(
        layer, combination.operation, inputs,
        coefficients: combination.coefficients.isEmpty ? [1, 1] : combination.coefficients)
    {
      return result
    }
    return try add(layer.path, [Part(nil, .elementwise(combination))], to: inputs)
  }

  mutating func concatenate(
    _ layer: KerasLayer, axis: Int, _ inputs: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    var inputs = inputs
    if inputs[0].arrangement.isFlattened {
      for index in inputs.indices { inputs[index] = try plain(inputs[index]) }
    }
    let rank = inputs[0].kerasShape.rank
    guard -rank..<rank ~= axis else {
      throw layer.settings.fault("expected an axis of \(inputs[0].kerasShape), found \(axis)")
    }
    let canonical = inputs[0].canonicalAxis(axis < 0 ? axis + rank : axis)
    return try add(
      layer.path, [Part(nil, .concatenation(.init(axis: canonical)))], to: inputs)
  }
}
